"""A task's weight that lies at its limit.

What it finds
    A weight that came to lie at the floor or ceiling of what the balance allows, and stayed there while the task's
    loss still moved and the task was left behind.

Why it matters
    A limit that is always reached makes a learned balance a fixed one, and the fixed ratio is then an accident of the
    limit. What the method would have done is not seen in its weights any more, because they no longer answer to the
    losses.

Evidence
    Since when the weight, or where all of them move together its share, has not changed; the limit that the
    configuration sets, or the extreme of its own values; how far the task's loss moved meanwhile.

Remedy
    A wider limit (balance.min_share, another form of balance), or a balance with fixed weights that are chosen.

When it can be wrong
    A task whose loss is at rest has a weight at rest. A schedule of weights that rises to its end value and holds it
    looks the same in a log of another program; it is a note as long as the task does well.

Example
    With K tasks and a least share m the weights are m S + (1 - K m) w for a sum S: of two tasks with m = .1 a weight
    that wants 0 becomes .1 of the sum. A published run with temperature 3 and m = .1 had weights of .9 and .1 for as
    long as it ran.

References
    Liu, Johns and Davison, CVPR 2019, on temperature; Kendall, Gal and Cipolla, CVPR 2018.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.config.balance import KendallOptions, SoftmaxOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import Standing, standing_of
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.weighing import weighing

STILL = 1e-3
"""Relative range within which a weight has not changed: printed with three digits it would look constant."""
AT_SHARE = 0.02
"""A share this close, relatively, to the least one allowed is at it: a softmax never gets to 0."""
EPOCHS, PART = 5, 0.2
"""At least so many epochs, and this part of the run, must a weight lie still."""
MOVED = 0.1
"""A loss that changed by less than 10 % meanwhile is at rest, and so may be its weight."""


@dataclass(frozen=True)
class Pinned:
    """A weight of `value` has lain still for `epochs` of `of`, at the `side` of its range; `limit` is what the
    configuration allows, None where it says nothing; `moved` the loss's change, relative to where it then was."""

    task: str
    side: str
    value: float
    limit: float | None
    epochs: tuple[int, int]
    still: int
    of: int
    moved: float
    standing: Standing
    key: str | None


def measure(case: Case) -> Iterator[Pinned]:
    """Every task whose weight lies still at an extreme for more than two epochs. Raises NotCheckedError where no
    weight ever moves, which is then the method."""
    found = weighing(case)
    if found is None or found.weights is None or len(found.weights) < 2 or len(found.epochs) < EPOCHS:
        raise NotCheckedError(f"fewer than two tasks with weights over {EPOCHS} epochs")
    values, limit, key = _limited(case, {name: np.nan_to_num(one) for name, one in found.weights.items()})
    fixed = all(_still(one) == len(one) for one in values.values())
    if fixed and limit is None:
        raise NotCheckedError("the weights are fixed")
    for task, value in values.items():
        side = "floor" if value[-1] - value.min() <= value.max() - value[-1] else "ceiling"
        still = _still(value)
        if limit is not None:
            away = np.flatnonzero(np.abs(value - limit) > AT_SHARE * limit)
            still, side = len(value) - (away[-1] + 1 if len(away) else 0), "floor"
        near = STILL * abs(value[-1])
        extreme = limit is not None or min(value[-1] - value.min(), value.max() - value[-1]) <= near
        moved_before = still < len(value) or limit is not None
        if still > 2 and extreme and moved_before:
            loss = found.losses[task][-still:]
            loss = loss[np.isfinite(loss)]
            third = max(1, len(loss) // 3)
            before, after = (float(np.median(part)) if len(part) else 0.0 for part in (loss[:third], loss[-third:]))
            span = (int(found.epochs[-still]), int(found.epochs[-1]))
            moved = abs(after - before) / max(abs(before), 1e-12)
            standing = standing_of(case, task)
            yield Pinned(task, side, float(value[-1]), limit, span, still, len(value), moved, standing, key)


def _limited(
    case: Case, weights: dict[str, NDArray[np.float64]]
) -> tuple[dict[str, NDArray[np.float64]], float | None, str | None]:
    """What may be pinned: shares where a least share is set, sigmas where these are clamped, or else the weights."""
    options = case.config.balance if case.config else None
    floors = {name: case.tasks[name].floor_loss for name in weights}
    if isinstance(options, KendallOptions | SoftmaxOptions) and options.min_share and all(floors.values()):
        scaled = {name: one * (floors[name] or 1.0) for name, one in weights.items()}
        total = np.sum(list(scaled.values()), axis=0)
        shares = {name: one / np.where(total > 0, total, 1.0) for name, one in scaled.items()}
        return shares, options.min_share, "balance.min_share"
    return weights, None, "balance.form" if isinstance(options, KendallOptions) else None


def _still(values: NDArray[np.float64]) -> int:
    """How many values at the end equal the last one."""
    away = np.flatnonzero(np.abs(values - values[-1]) > STILL * abs(values[-1]))
    return len(values) - (int(away[-1]) + 1 if len(away) else 0)


def judge(one: Pinned) -> Finding | None:
    """Long enough, with a loss that moves; a warning where the task is left behind."""
    if one.still < max(EPOCHS, PART * one.of) or one.moved < MOVED:
        return None
    severity: Severity = "note" if one.standing == "fair" else "warning"
    own = "the limit of the configuration" if one.limit is not None else "the extreme of its own values"
    window = f"epochs {one.epochs[0]} to {one.epochs[1]}"
    wider = Fix(
        "lower the least share",
        {"balance.min_share": float(f"{(one.limit or 0) / 5:.2g}")},
        f"the weight of {one.task} moves with its loss",
        "a share that collapses instead",
    )
    fixed = Fix("weigh by what a constant would lose", {"balance": "floor"}, "a ratio that is chosen, not an accident")
    form = Fix("a form without limits", {"balance.form": "log_var"}, f"the weight of {one.task} moves with its loss")
    fixes = (wider, fixed) if one.limit is not None else (form, fixed) if one.key == "balance.form" else (fixed,)
    return Finding(
        severity=severity,
        what=f"{one.task}: its weight has lain at its {one.side} of {one.value:.3g} for {one.still} of {one.of} epochs,"
        f" while its loss moved by {one.moved:.0%}",
        scope=Scope(task=one.task, epochs=one.epochs, key=one.key or "balance"),
        evidence=(
            Fact(f"weight at its {one.side}", one.value, threshold=one.limit, source=own, window=window),
            Fact("epochs without change", one.still, threshold=max(EPOCHS, PART * one.of), window=window),
            Fact("change of the loss", one.moved, threshold=MOVED, source="relative to where it was", window=window),
        ),
        counter_evidence=(Fact("its metric", "well above its floor"),) if one.standing == "fair" else (),
        alternatives=(Alternative("stalled-training", "widen the limit: a weight that was pinned then moves"),),
        fixes=fixes,
    )


CHECK = Check(
    id="weight-pinned",
    needs=("weights", "losses"),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("loss-dominance",),
)
