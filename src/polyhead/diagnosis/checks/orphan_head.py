"""A task that is configured and not trained.

What it finds
    A task without a known training label, with weight 0, without a head, whose head gets a gradient of exactly zero,
    or whose loss sends none to the shared backbone.

Why it matters
    Such a task has a name, a loss and a metric like every other, and its output is that of a network that was never
    asked. The total loss still falls, because the other tasks learn.

Evidence
    Known training labels; the weight; how many of the sampled gradients of the head's own parameters, or of the loss
    at the backbone's output, are exactly 0, and since which epoch without exception; how the task stands.

Remedy
    Reconnect what was cut: a detached output, a head that the loss does not read, an unknown target. A gradient of
    exactly 0 has two causes: an output cut off by a ReLU or a clamp, all of whose answers are then one value, and a
    head detached from its loss. A head that died on the way wants a smaller learning rate besides.

When it can be wrong
    A backbone that is frozen for all tasks gets no gradient by intent; then only the heads are looked at. A weight of 0
    can be meant to watch a task without training it. In logs of other programs a task's parameters are found by its
    name in theirs.

Example
    A log has `heads.span.weight` with norms 0, 0, 0, 0, 0 at epochs 10 to 50, and 32 labels of span in each batch: five
    of five samples are zero, from the first on. Rounding never gives exactly zero five times.

References
    PyTorch: `Tensor.detach`; a ReLU whose input is negative for all windows passes no gradient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import Standing, standing_of
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

SAMPLES = 3
"""Gradients that are exactly zero so many times running are no accident of one batch."""
SEVERITY: dict[str, Severity] = {"floor": "error", "fell": "error", "fair": "note"}
"""By how the task stands: it does harm where nothing was learned, or it was lost; else a warning."""
SAID: dict[Standing, str] = {
    "floor": "no better than a trivial predictor's",
    "fell": "lost again what it had gained",
    "poor": "less than half of the way from a trivial predictor's to perfect",
    "fair": "well above a trivial predictor's",
    "unknown": "not known",
}
"""How a task's metric stands, in words."""
PART = 0.2
"""And for the last fifth of the run, where they were not zero before."""


@dataclass(frozen=True)
class Zeros:
    """Of `samples` gradients the last `last` are exactly 0, since epoch `since`; `of` says whose."""

    of: str
    last: int
    samples: int
    since: int

    @property
    def cut(self) -> bool:
        """Zero long enough at the end."""
        return self.last >= max(SAMPLES, PART * self.samples)


@dataclass(frozen=True)
class Orphan:
    """What is known of a task's ties: training `labels`, `weight`, whether it has a `head`, its `zeros`; each None, or
    empty, where not known. `constant` says whether all its answers are one value; `lr` is the learning rate in use."""

    task: str
    labels: int | None
    weight: float | None
    head: bool | None
    zeros: tuple[Zeros, ...]
    standing: Standing
    constant: bool | None
    lr: float | None


def measure(case: Case) -> Iterator[Orphan]:
    """The ties of every task. Raises NotCheckedError where nothing is known of any."""
    trunk = {task: _last_zeros(case, f"grad_norm.{task}") for task in case.tasks}
    frozen = all(one is None or one.last == one.samples for one in trunk.values())
    found = []
    for task in case.tasks:
        zeros = (_head_zeros(case, task), None if frozen and len(trunk) > 1 else trunk[task])
        config = case.config.tasks.get(task) if case.config else None
        heads = ((case.metadata or {}).get("parameters") or {}).get("heads")
        found.append(
            Orphan(
                task,
                _labels(case, task),
                config.weight if config else _logged_weight(case, task),
                task in heads if isinstance(heads, dict) else None,
                tuple(one for one in zeros if one is not None),
                standing_of(case, task),
                _constant(case, task),
                case.config.train.lr if case.config else None,
            )
        )
    if all((one.labels, one.weight, one.head, one.zeros) == (None, None, None, ()) for one in found):
        raise NotCheckedError("neither labels nor gradients are known for any task")
    yield from found


def _labels(case: Case, task: str) -> int | None:
    target = case.profile.targets.get(task) if case.profile else None
    if target is not None and "train" in target.splits:
        return target.splits["train"].known
    known = (case.steps or {}).get(f"known.{task}")
    return None if known is None or not np.isfinite(known).any() else int(np.nansum(known))


def _constant(case: Case, task: str) -> bool | None:
    """Whether the task answers every window alike, by its scores where there are some; None without predictions."""
    for said in (case.predictions or {}).values():
        if task in said and said[task].mask.sum() > 1:
            one = said[task]
            answers = (one.pred if one.score is None else one.score)[one.mask]
            return bool((answers == answers[0]).all())
    return None


def _logged_weight(case: Case, task: str) -> float | None:
    """0 where a log says so at every epoch: a weight that moves is a balance's; else None."""
    weights = (case.weights or {}).get(f"weight_{task}", np.zeros(0))
    weights = weights[np.isfinite(weights)]
    return 0.0 if len(weights) >= SAMPLES and not weights.any() else None


def _last_zeros(case: Case, column: str) -> Zeros | None:
    steps = case.steps or {}
    if column not in steps:
        return None
    return _zeros("the backbone", steps["epoch"], steps[column])


def _head_zeros(case: Case, task: str) -> Zeros | None:
    """Of the parameters that carry the task's name, backbones apart; in other programs' logs as task_head as well."""
    table = case.gradients or {}
    named = re.compile(rf"(^|[./_])({re.escape(task)}|{re.escape(task)}_head|head_{re.escape(task)})([./]|$)")
    own = [name for name in table if named.search(name) and not name.startswith("backbone")]
    if not own:
        return None
    return _zeros("its own parameters", table["epoch"], np.sum([np.abs(table[name]) for name in own], axis=0))


def _zeros(of: str, epoch: NDArray[np.float64], norm: NDArray[np.float64]) -> Zeros | None:
    at = np.isfinite(norm)
    alive = np.flatnonzero(norm[at] != 0)
    first = int(alive[-1]) + 1 if len(alive) else 0
    count = int(at.sum())
    return Zeros(of, count - first, count, int(epoch[at][min(first, count - 1)])) if count else None


def judge(one: Orphan) -> Finding | None:
    """The first tie that is missing; an error where the task learned nothing."""
    cut = next((zeros for zeros in one.zeros if zeros.cut), None)
    key = f"tasks.{one.task}"
    more: tuple[Fix, ...] = ()
    if one.labels == 0:
        what, fact = "no training label is known", Fact("known training labels", 0, threshold=1)
        fix = Fix(
            "leave the task out, or mend its target", {f"{key}.enabled": False}, "the other tasks stay as they are"
        )
    elif one.weight == 0:
        what, fact = "its weight is 0", Fact("weight", 0.0, source="configuration, or every epoch of the log")
        key = f"{key}.weight"
        fix = Fix(
            "give it a weight", {key: 1.0}, "its metric leaves its floor", "takes a share of the step from others"
        )
    elif one.head is False:
        what, fact = "the network has no head for it", Fact("parameters of its head", 0, source="metadata.json")
        fix = Fix("build the head, or leave the task out", {f"{key}.enabled": False}, "no metric without a head")
    elif cut is not None:
        dead = cut.last < cut.samples
        since = f" since epoch {cut.since}" if dead else ""
        what = f"the gradient of its loss for {cut.of} is exactly 0 in {cut.last} of {cut.samples} samples{since}"
        fact = Fact(
            "gradients that are exactly 0", cut.last, threshold=SAMPLES, source=cut.of, window="the last samples"
        )
        rate = {} if one.lr is None else {"train.lr": float(f"{one.lr / 3:.2g}")}
        first = "all its answers are one value, which points to the first of two causes: " if one.constant else ""
        text = (
            f"{first}an output cut off by a ReLU or clamp (remove it), or a head detached from its loss (reconnect it)"
        )
        fix = Fix(text, {}, "gradients above 0 at every sample")
        if one.constant:
            what = f"all its answers are one value, and {what}"
        if dead:
            more = (
                Fix("a smaller learning rate: the head died on the way", rate, "gradients above 0 at every sample"),
            )
    else:
        return None
    return Finding(
        severity=SEVERITY.get(one.standing, "warning"),
        what=f"{one.task} is not trained: {what}",
        scope=Scope(task=one.task, key=key),
        evidence=(fact, *(() if one.standing == "fair" else (Fact("its metric", SAID[one.standing]),))),
        counter_evidence=(Fact("its metric", SAID[one.standing]),) if one.standing == "fair" else (),
        alternatives=(
            Alternative("frozen-parameters", "sums of its head's parameters: frozen ones do not change at all"),
        ),
        fixes=(fix, *more),
    )


CHECK = Check(
    id="orphan-head",
    needs=("gradients|steps.grad_norm.|steps.known.|weights.weight_|profile|config",),
    cost="gradients",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        *("below-floor", "below-majority", "constant-output", "probability-collapse", "loss-metric-divergence"),
        "stalled-training",
    ),
)
