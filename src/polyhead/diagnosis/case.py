"""What a check may read: everything that is known about a run, a log, a table of metrics or a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.document import Document
from polyhead.config.experiment import Experiment
from polyhead.scoring.metric import Score
from polyhead.trace.profile import Profile

Columns = Mapping[str, NDArray[np.float64]]
"""A table by column, all of one length, in order of epoch or step; NaN where a cell is empty."""


@dataclass(frozen=True)
class TaskFacts:
    """What is known of a task; None, empty or 1 where nobody said.

    `loss` is the name of the loss, `floor_loss` the least loss that one constant output reaches on the training set, in
    the loss's own units; `classes` in the order of score columns; `weight` multiplies the loss after balancing.
    """

    name: str
    kind: str | None = None
    loss: str | None = None
    primary: str | None = None
    unit: str = ""
    classes: tuple[str, ...] = ()
    weight: float = 1.0
    floor_loss: float | None = None
    target: str | None = None


@dataclass(frozen=True)
class Predicted:
    """What one task said of one split, physical units and labels.

    `recording` (window,) names; `truth` and `pred` (window, ...) numbers or labels, NaN or arbitrary where `mask`
    (window,) is false; `score` (window,) probability of yes or (window, class), `sd` shaped as `pred`.
    """

    recording: NDArray[Any]
    truth: NDArray[Any]
    pred: NDArray[Any]
    mask: NDArray[np.bool_]
    score: NDArray[np.float64] | None = None
    sd: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Case:
    """Everything that is known; what is not known is None, and then `absent` may say why by part.

    config       the experiment, with all its defaults; `document` has its text and lines
    profile      what the data look like (polyhead.trace.profile)
    epochs       epoch, train_loss, val_loss, val_skill, lr, epoch_time
    scores       {task: {epoch, METRIC ..}} of validation over epochs
    losses       {train | val: {epoch, TASK .., total}} each task's own unweighted loss over epochs
    weights      epoch, sigma_TASK .., weight_TASK .. over epochs
    probabilities {train | val: {epoch, TASK_pos_mean, TASK_neg_mean, .., TASK_separation}}
    features     {(phase, feature): {epoch, mean, std, min, max, median}}
    gradients    epoch, total_grad_norm, norm of each parameter's gradient by its name
    parameters   epoch, sum of absolute values of each parameter by its name
    steps        step, epoch, loss.TASK, weight.TASK, share.TASK, known.TASK, total_loss, total_grad_norm (before
                 clipping), lr, stepped, seconds, and, NaN but at sampled steps, grad_norm.TASK, cosine.A~B,
                 update_ratio, dead_share, effective_rank, checksum; of each batch count.TASK.CLASS, variance.TASK
    predictions  {split: {task: Predicted}}
    metrics      {split: {task: {metric: Score}}} of the judged checkpoint; a score's n is 0 where nobody said
    slices       {split: {task: {column: {value: {metric: Score}}}}}
    state        state.json: status, epoch, epochs, best {monitor, value, epoch}, stopped_by, left_out
    metadata     metadata.json: parameters, backbone {name, receptive_field}, windows per split
    known        what a table of metrics says beside metrics: {task or "": {name: number or word}}
    """

    origin: str
    tasks: Mapping[str, TaskFacts]
    config: Experiment | None = None
    document: Document | None = None
    profile: Profile | None = None
    epochs: Columns | None = None
    scores: Mapping[str, Columns] | None = None
    losses: Mapping[str, Columns] | None = None
    weights: Columns | None = None
    probabilities: Mapping[str, Columns] | None = None
    features: Mapping[tuple[str, str], Columns] | None = None
    gradients: Columns | None = None
    parameters: Columns | None = None
    steps: Columns | None = None
    predictions: Mapping[str, Mapping[str, Predicted]] | None = None
    metrics: Mapping[str, Mapping[str, Mapping[str, Score]]] | None = None
    slices: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Mapping[str, Score]]]]] | None = None
    state: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    known: Mapping[str, Mapping[str, Any]] | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None

    def lacks(self, part: str) -> str | None:
        """Why `part` cannot be read, None where it can. A part is a field, `trials` or `runs`, or with a dot a column
        of steps or of weights whose name begins so (`steps.grad_norm`) or a part of the profile (`profile.time`)."""
        if part in ("trials", "runs"):
            return f"needs {part}"
        name, _, inner = part.partition(".")
        value = getattr(self, name)
        if value is None:
            return self.absent.get(name, f"no {_SAID.get(name, name)}")
        if not inner:
            return None
        if name == "profile":
            return None if getattr(value, inner) else f"the data profile has no {inner}"
        found = [key for key, column in value.items() if key.startswith(inner) and np.isfinite(column).any()]
        return None if found else f"{_SAID.get(name, name)} without {inner}"

    @property
    def judged(self) -> str | None:
        """The most independent split with scores: test, val, or whatever there is; None without any."""
        splits = self.metrics or {}
        return next((split for split in ("test", "val", *splits) if splits.get(split)), None)

    def target(self, task: str) -> str:
        """The target of a task as the configuration names it, the task's own name without one."""
        options = self.config.tasks.get(task) if self.config else None
        return getattr(options, "target", None) or task

    def score(self, task: str, split: str | None = None) -> tuple[str, Score] | None:
        """Name and score of a task's primary metric on a split, the judged one unless named; None without one."""
        scores = (self.metrics or {}).get(split or self.judged or "", {}).get(task, {})
        primary = self.tasks[task].primary if task in self.tasks else None
        found = next((name for name, score in scores.items() if score.primary), primary)
        return (found, scores[found]) if found is not None and found in scores else None


_SAID = {
    "config": "configuration",
    "profile": "data profile",
    "epochs": "losses over epochs",
    "scores": "metrics over epochs",
    "losses": "losses of tasks over epochs",
    "weights": "weights of tasks over epochs",
    "probabilities": "probabilities over epochs",
    "features": "statistics of inputs over epochs",
    "gradients": "gradients of parameters over epochs",
    "parameters": "sums of parameters over epochs",
    "steps": "record of steps",
    "metrics": "final metrics",
    "slices": "metrics by slice",
    "state": "state of the run",
    "metadata": "description of the network",
    "known": "known numbers",
}
