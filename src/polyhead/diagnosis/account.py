"""What went right, and what a diagnosis of one run cannot tell: both stand beside the findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.scoring.metric import Score
from polyhead.scoring.standing import standing

_ABOUT = {
    "non-finite": "every loss and gradient is finite",
    "exploding-gradient": "gradients stay within their own range",
    "split-leakage": "no recording and no sample stands on both sides of the split",
    "missing-class": "every class is in every split",
    "overfitting": "no task has overfitted",
    "feature-drift": "inputs stay where they were",
    "orphan-head": "every head gets gradient",
    "stale-checkpoint": "the judged checkpoint is every task's best, or near it",
}
"""What the silence of a check says, of those whose silence is worth a line."""
_OF_STEPS = ("orphan-head", "non-finite")
"""Those that say less where no gradient was recorded."""


def went_right(case: Case, silent: Sequence[str], accused: Collection[str] = ()) -> tuple[str, ...]:
    """Tasks that beat their floor and are not `accused` of the contrary, losses that fell, and checks whose silence
    says something."""
    seen = [id for id in silent if id not in _OF_STEPS or case.steps is not None or case.gradients is not None]
    seen = [id for id in seen if id != "split-leakage" or _grouped(case)]
    return (*_beaten(case, accused), *_fallen(case), *(_ABOUT[id] for id in seen if id in _ABOUT))


def _grouped(case: Case) -> bool:
    """Whether it is told which windows one measurement produced: else each row counts as a recording of its own."""
    return case.config is None or case.config.data.group is not None


def _beaten(case: Case, accused: Collection[str]) -> list[str]:
    lines = []
    for task in case.tasks:
        scored = case.score(task)
        if task not in accused and scored is not None and standing(scored[1].as_dict()) == "beats":
            lines.append(f"{task} beats its floor on {case.judged}: {_said(*scored)}")
    return lines


def _said(name: str, score: Score) -> str:
    low, high = score.interval or (None, None)
    between = "" if low is None or high is None else f" ({low:.3g} to {high:.3g})"
    return f"{name} {score.value:.3g}{between} against {score.floor:.3g}"


def _fallen(case: Case) -> list[str]:
    losses = (case.losses or {}).get("val") or (case.losses or {}).get("train") or {}
    lines = []
    for task in case.tasks:
        values = losses.get(task, np.zeros(0))
        values = values[np.isfinite(values)]
        if len(values) > 2 and values[0] > 0 and values.min() < 0.5 * values[0]:
            lines.append(f"the loss of {task} fell from {values[0]:.3g} to {values.min():.3g}")
    return lines


def cannot_tell(case: Case, skipped: Sequence[str]) -> tuple[str, ...]:
    """What is beyond one run, and beyond what this one has written."""
    lines = []
    if case.metrics or case.losses or case.scores:
        lines.append("one run is one seed: a difference to another run may be chance")
        lines.append("a cause is suspected until a trial with and without it has shown it")
    if case.metrics and "val" in case.metrics and "test" not in case.metrics:
        lines.append("no test split was judged: scores are of data that chose the checkpoint")
    if case.metrics is None and case.losses is None and case.scores is None:
        lines.append("nothing has been trained: whether the network learns is not seen")
    if case.profile is None:
        lines.append("the data were not seen: labels, inputs and split are taken as they are")
    if skipped:
        many = f"{len(skipped)} checks" if len(skipped) > 1 else "1 check"
        lines.append(f"{many} could not look; what is not checked is neither right nor wrong")
    return tuple(lines)
