"""A loss that means something else in each epoch.

What it finds
    A total of validation that holds weights which moved while training, where the best epoch is chosen by it, and is
    another than the one with the least losses.

Why it matters
    A total is comparable between epochs, and between runs, only if the same things are added with the same weights.
    Learned weights change it from epoch to epoch: it falls when a weight falls. An epoch is then taken for the best
    because of its weights, and two configurations with different weights, forms or terms cannot be ranked by it at all.

Evidence
    Whether the total is the plain sum of the tasks' losses, or of them in units of their floor loss; by what factor
    weights moved; the epoch of the least total beside that of the least sum with fixed weights (each loss in units of
    its floor loss, or else of its first value), and how much larger that sum is at the chosen epoch.

Remedy
    A monitor made of metrics (train.monitor: val/skill), or of losses with fixed weights. Compare runs by the
    unweighted loss of each task, or by metrics.

When it can be wrong
    Where both sums choose the same epoch nothing was lost, and this is at most a note. The fixed weights are a
    choice as well; another one may prefer another epoch. One run does not tell with what it will be compared.

Example
    Losses of 1, .5 and .6 in three epochs, with weights of 1, 1 and .5: the totals are 1, .5 and .3, so the third
    epoch is chosen, in which the loss is 20 % above that of the second.

References
    Kendall, Gal and Cipolla, CVPR 2018: the weights are part of the objective.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.weighing import SAME, weights_of

MOVED = 1.5
"""Weights that moved by less than half of themselves shift a total less than a change of the losses does."""
EXCESS = 0.05
"""The chosen epoch costs at least 5 % of the fixed sum: less is noise between neighbouring epochs."""
EPOCHS = 3
"""Fewer are no choice."""


@dataclass(frozen=True)
class Total:
    """A total that is not a fixed sum of losses. `moved` is the largest ratio of one weight between two epochs, None
    where weights are not known; `chosen` and `fixed` the epochs that the total and the fixed sum prefer, `excess` how
    much larger the fixed sum is at the chosen one, relatively; `monitor` None where not known."""

    phase: str
    monitor: str | None
    moved: float | None
    chosen: int
    fixed: int
    excess: float
    unit: str
    epochs: int


def measure(case: Case) -> Iterator[Total]:
    """The total of validation, or of training, if it is no fixed sum. Raises NotCheckedError without total or losses,
    or where losses are negative, which have no common unit."""
    losses = case.losses or {}
    found = next(((p, losses[p]) for p in ("val", "train") if "total" in losses.get(p, {})), None)
    if found is None:
        raise NotCheckedError("no total loss over epochs")
    phase, table = found
    own = {task: table[task] for task in case.tasks if task in table and np.isfinite(table[task]).any()}
    if not own:
        raise NotCheckedError("no losses of tasks beside the total")
    good = np.isfinite(table["total"]) & np.all([np.isfinite(one) for one in own.values()], axis=0)
    if good.sum() < EPOCHS:
        raise NotCheckedError(f"fewer than {EPOCHS} epochs with a total and all losses")
    if any((one[good] < 0).any() for one in own.values()):
        raise NotCheckedError("a task's loss is negative")
    epoch, total = table["epoch"][good], table["total"][good]
    own = {task: one[good] for task, one in own.items()}
    floors = {task: case.tasks[task].floor_loss for task in own}
    known = {task: floor for task, floor in floors.items() if floor}
    plain = dict.fromkeys(own, 1.0)
    if _is(total, own, plain) or (len(known) == len(own) and _is(total, own, known)):
        return
    unit = "floor loss" if len(known) == len(own) else "first value"
    units = known if len(known) == len(own) else {task: float(one[0]) or 1.0 for task, one in own.items()}
    fixed = _sum(own, units)
    chosen, best = int(np.argmin(total)), int(np.argmin(fixed))
    weights = weights_of(case, tuple(own))
    yield Total(
        phase,
        case.config.train.monitor if case.config else ((case.state or {}).get("best") or {}).get("monitor"),
        _moved(weights[1]) if weights else None,
        int(epoch[chosen]),
        int(epoch[best]),
        float(fixed[chosen] / fixed[best] - 1) if fixed[best] > 0 else 0.0,
        unit,
        len(epoch),
    )


def _sum(losses: Mapping[str, NDArray[np.float64]], units: Mapping[str, float]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.sum([one / units[task] for task, one in losses.items()], axis=0)
    return total


def _is(total: NDArray[np.float64], losses: Mapping[str, NDArray[np.float64]], units: Mapping[str, float]) -> bool:
    """Whether the total is that sum, up to a constant factor such as one over the number of tasks."""
    made = _sum(losses, units)
    if not ((made > 0).all() and (total > 0).all()):
        return False
    ratio = total / made
    return bool(np.abs(ratio / np.median(ratio) - 1).max() <= SAME)


def _moved(weights: Mapping[str, NDArray[np.float64]]) -> float:
    largest = 1.0
    for one in weights.values():
        values = np.abs(one[np.isfinite(one) & (one != 0)])
        largest = max(largest, float(values.max() / values.min())) if len(values) else largest
    return largest


def judge(one: Total) -> Finding | None:
    """A warning where the best epoch was chosen by such a total and another was better; a note where it is not known
    what chose it."""
    rests = one.monitor is None or one.monitor.endswith("loss")
    if not rests or one.moved is None or one.moved < MOVED or one.chosen == one.fixed or one.excess < EXCESS:
        return None
    severity: Severity = "warning" if one.monitor is not None else "note"
    window = f"{one.epochs} epochs of {one.phase}"
    said = f", by which {one.monitor} chooses" if one.monitor else ""
    return Finding(
        severity=severity,
        what=f"the total loss holds weights that moved {one.moved:.2g}-fold{said}: it is least in epoch {one.chosen},"
        f" the losses in epoch {one.fixed}",
        scope=Scope(split=one.phase, key="train.monitor"),
        evidence=(
            Fact("largest ratio of one weight between epochs", one.moved, threshold=MOVED, window=window),
            Fact("epoch of the least total", one.chosen, window=window),
            Fact("epoch of the least fixed sum", one.fixed, source=f"each loss over its {one.unit}", window=window),
            Fact("fixed sum at the chosen epoch, above its least", one.excess, threshold=EXCESS),
        ),
        alternatives=(Alternative("stale-checkpoint", "the metrics at both epochs: equal ones clear the choice"),),
        fixes=(
            Fix(
                "choose the best epoch by the skill of the tasks",
                {"train.monitor": "val/skill"},
                f"epoch {one.fixed}, or one as good, is chosen",
            ),
        ),
    )


CHECK = Check(
    id="incomparable-loss",
    needs=("losses",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("stale-checkpoint",),
)
