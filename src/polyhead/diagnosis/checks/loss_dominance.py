"""One task that takes most of the step.

What it finds
    A task that holds most of the weighted loss, and, where gradients were sampled, of the gradient that reaches the
    shared backbone, over the second half of training, while another task is left behind.

Why it matters
    The backbone moves along the sum of the tasks' weighted gradients. A task that holds most of that sum decides what
    the backbone learns, and the features that another task needs are only learned as far as they help the first. The
    usual reason is a target in other units: a loss counts by its size, not by its importance.

Evidence
    Three shares of each task, medians over the second half of the run, because they are often taken for each other:
    raw (its loss over the sum of losses), weighted (with the weights of the balance) and gradient (weight times norm
    of its gradient at the backbone's output). How every other task stands against its floor on new windows and, where
    that was scored, on those it was trained on: a task that is fitted there was heard, and what it lacks elsewhere is
    not for want of steps. More than nine tenths of the weighted loss are worth a warning where no other task is fitted
    half even there. A task whose weight is 0 is neither heard nor robbed.

Remedy
    A balance that takes losses in units of what a constant would lose (balance: floor), or a smaller weight of this
    task. Scaling the target helps only where the balance keeps the scale.

When it can be wrong
    A task that is hard stays large when the others are solved; nothing is then taken from them, and this is silent or
    a note. A large share of the raw loss alone says nothing, nor does a large share of the weighted loss if its
    gradient is small: both are reported, neither is judged. Nor is a loss that has risen above where it started: that
    is divergence, of which too large a step is the usual cause.

Example
    Losses of .68, .01, .28 and 10.08 have raw shares of 6.2, .1, 2.5 and 91.2 %. With sigma of .83, .41, .60 and 1.47
    the weighted losses L / 2 sigma^2 are .49, .03, .39 and 2.33, together 3.24: the fourth task holds 72 % of what is
    descended, neither the 91.2 % nor the 4.3 % that 1 / sigma^2 alone suggests.

References
    Chen, Badrinarayanan, Lee and Rabinovich, ICML 2018 (GradNorm): norms of gradients as the measure of balance.
    Kendall, Gal and Cipolla, CVPR 2018: weighted losses 1 / (2 sigma^2) L.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import FAIR, FEWEST, FLAT, NOISE, Standing, course_of, late, series, standing_of
from polyhead.diagnosis.curves import noise, sign_of, smooth
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.starving import diverged, fitted, unweighted
from polyhead.diagnosis.weighing import Weighing, weighing

FEW_TASKS, MOST = 4, 0.6
"""With two to four tasks 60 % is more than the others together by half; no published rule exists."""
TIMES_EQUAL = 2.5
"""With more tasks, so many times an equal share."""
MOST_OF_STEP = 0.9
"""Share of the gradient that leaves every other task less than a tenth; any loss of skill beside it counts. Of the
weighted loss it counts where no other task is fitted half: their losses are then still large, and have no voice."""
SET_BACK = 0.05
"""Share of the gain, and more than noise, by which a task ends below what it reached earlier; see course.FLAT."""
SAMPLES = 5
"""Fewer sampled steps do not tell a share of the gradient."""


@dataclass(frozen=True)
class Dominance:
    """Shares of one of `tasks` tasks in [0, 1], None where not known; `gradient` over `sampled` steps with its 95 %
    interval. `behind` names other tasks that are poor, fell or are unknown, `floor` those at their floor, `poor` those
    that are known not to be fitted half on the windows they were trained on, `set_back` those whose skill ended below
    what it reached earlier. `risen` says that its own loss diverged; others that did are not named."""

    task: str
    tasks: int
    raw: float
    weighted: float | None
    source: str
    gradient: float | None
    interval: tuple[float, float] | None
    sampled: int
    floor: tuple[str, ...]
    behind: tuple[str, ...]
    poor: tuple[str, ...]
    set_back: tuple[str, ...]
    risen: bool
    weight: float | None
    balance: str | None
    epochs: tuple[int, int]
    phase: str


def measure(case: Case) -> Iterator[Dominance]:
    """The shares of every task. Raises NotCheckedError with one task, or where a loss is negative."""
    found = weighing(case)
    tasks = [] if found is None else [name for name in found.losses if not unweighted(case, name)]
    if found is None or len(tasks) < 2:
        raise NotCheckedError("fewer than two tasks with a loss and a weight above 0")
    half = slice(len(found.epochs) // 2, None)
    negative = [name for name, loss in found.losses.items() if (loss[half] < 0).any()]
    if negative:
        raise NotCheckedError(f"shares are undefined: the loss of {', '.join(negative)} is negative")
    raw, weighted = _shares(found.losses, half), _weighted(case, found, half)
    if not np.isfinite(list(raw.values())).all():
        raise NotCheckedError("shares are undefined: every loss is 0 or unknown over the second half")
    if weighted is None:
        raise NotCheckedError("the weights of the tasks are not known, and the total is not the plain sum")
    gradient = _gradients(case, tuple(found.losses))
    standing = {name: _standing(case, name) for name in tasks}
    fallen = {name for name in tasks if _set_back(case, name)}
    poor = {name for name in tasks if (skill := fitted(case, name)) is not None and skill < FAIR}
    risen = {name for name in tasks if diverged(case, name)}
    for task in tasks:
        others = [name for name in tasks if name != task and name not in risen]
        shares = gradient.get(task, np.zeros(0))
        yield Dominance(
            task,
            len(tasks),
            raw[task],
            weighted[task] if weighted else None,
            found.source,
            float(np.median(shares)) if len(shares) else None,
            _interval_of_median(shares) if len(shares) else None,
            len(shares),
            tuple(name for name in others if standing[name] == "floor"),
            tuple(name for name in others if standing[name] != "fair"),
            tuple(name for name in others if name in poor),
            tuple(name for name in others if name in fallen),
            task in risen,
            case.config.tasks[task].weight if case.config and task in case.config.tasks else None,
            case.config.balance.method if case.config else None,
            (int(found.epochs[half][0]), int(found.epochs[-1])),
            found.phase,
        )


def _standing(case: Case, task: str) -> Standing:
    """Where the task stands on new windows, or better if it is better on those it was trained on."""
    judged, skill = standing_of(case, task), fitted(case, task)
    if skill is None or judged == "unknown":
        return judged
    if skill >= FAIR:
        return "fair" if judged in ("floor", "poor") else judged
    return "poor" if judged == "floor" and skill > FLAT else judged


def _shares(parts: Mapping[str, NDArray[np.float64]], half: slice) -> dict[str, float]:
    total = np.sum([np.nan_to_num(one[half]) for one in parts.values()], axis=0)
    some = total > 0
    if not some.any():
        return dict.fromkeys(parts, float("nan"))
    return {name: float(np.median(np.nan_to_num(one[half])[some] / total[some])) for name, one in parts.items()}


def _weighted(case: Case, found: Weighing, half: slice) -> dict[str, float] | None:
    """Shares of the weighted loss: of the steps where they were recorded, else of the epochs."""
    steps = case.steps or {}
    if all(f"share.{name}" in steps for name in found.losses):
        at = steps["epoch"] >= found.epochs[half][0]
        shares = {name: one[np.isfinite(one)] for name in found.losses for one in [steps[f"share.{name}"][at]]}
        if all(len(one) for one in shares.values()):
            return {name: float(np.median(one)) for name, one in shares.items()}
    parts = found.weighted()
    of_epochs = None if parts is None else _shares(parts, half)
    return of_epochs if of_epochs and np.isfinite(list(of_epochs.values())).all() else None


def _gradients(case: Case, tasks: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Share of each task in the weighted norms at the sampled steps of the second half; empty without enough."""
    steps = case.steps or {}
    if not all(f"{part}.{name}" in steps for part in ("grad_norm", "weight") for name in tasks):
        return {}
    norms = {name: steps[f"grad_norm.{name}"] * np.abs(steps[f"weight.{name}"]) for name in tasks}
    total = np.sum(list(norms.values()), axis=0)
    good = np.isfinite(total) & (total > 0) & (steps["epoch"] > np.nanmax(steps["epoch"]) / 2)
    return {name: one[good] / total[good] for name, one in norms.items()} if good.sum() >= SAMPLES else {}


def _set_back(case: Case, task: str) -> bool:
    """Whether the metric over epochs ended below its best by SET_BACK of the gain and by more than noise."""
    course = course_of(case, task)
    name, values = series(case, task)
    if course is None or name is None or course.lost < SET_BACK or len(values) < FEWEST:
        return False
    better = sign_of(name) * values
    return float(smooth(better).max() - np.median(better[late(len(better))])) > NOISE * noise(better)


def _interval_of_median(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval by ranks, n / 2 -+ 1.96 sqrt(n) / 2, for values that are independent."""
    ordered, half = np.sort(values), 0.98 * np.sqrt(len(values))
    low, high = int(np.floor(len(values) / 2 - half)), int(np.ceil(len(values) / 2 + half))
    return float(ordered[max(low, 0)]), float(ordered[min(high, len(values) - 1)])


def judge(share: Dominance) -> Finding | None:
    """Judged by the weighted share, and by the gradient's wherever it was sampled; by harm to another task."""
    most = MOST if share.tasks <= FEW_TASKS else TIMES_EQUAL / share.tasks
    least = share.interval[0] if share.interval is not None else share.gradient
    if share.weighted is None or share.weighted <= most or share.risen or (least is not None and least <= most):
        return None
    seen = share.gradient is not None
    robbed = share.set_back if share.gradient is not None and share.gradient > MOST_OF_STEP else ()
    unheard = share.weighted > MOST_OF_STEP and len(share.poor) == share.tasks - 1
    severity: Severity = (
        "error"
        if seen and share.floor
        else "warning"
        if share.floor or (seen and share.behind) or robbed or unheard
        else "note"
    )
    said = f", {share.gradient:.0%} of the gradient" if share.gradient is not None else ", its gradient was not sampled"
    left = f"; at their floor: {', '.join(share.floor)}" if share.floor else ""
    left += f"; below what they reached earlier: {', '.join(robbed)}" if robbed else ""
    left += f"; not fitted half on training windows: {', '.join(share.poor)}" if unheard and not share.floor else ""
    window = f"epochs {share.epochs[0]} to {share.epochs[1]} ({share.phase})"
    facts = [Fact("weighted share", share.weighted, threshold=most, source=share.source, window=window)]
    if share.gradient is not None:
        source = f"weight x norm at the backbone's output, {share.sampled} sampled steps"
        facts.append(Fact("gradient share", share.gradient, share.interval, most, source, window))
    facts.append(Fact("raw share", share.raw, source="unweighted losses", window=window))
    fixes = []
    if share.balance != "floor":
        fixes.append(Fix("weigh losses by what a constant would lose", {"balance": "floor"}, "shares start equal"))
    if share.weight and share.weighted < 1:
        factor = (1 - share.weighted) / (share.weighted * (share.tasks - 1))
        predicts = f"a weighted share of {share.task} near {1 / share.tasks:.0%}"
        patch = {f"tasks.{share.task}.weight": float(f"{share.weight * factor:.2g}")}
        fixes.append(Fix("a smaller weight", patch, predicts, risk=f"{share.task} is learned more slowly"))
    return Finding(
        severity=severity,
        what=f"{share.task} holds {share.weighted:.0%} of the weighted loss ({share.raw:.0%} raw){said}{left}",
        scope=Scope(task=share.task, epochs=share.epochs, key=f"tasks.{share.task}"),
        evidence=tuple(facts),
        counter_evidence=()
        if share.behind or robbed
        else (Fact("other tasks behind", 0, source="all are well above floor"),),
        alternatives=(
            Alternative("label-noise", "train each task left behind alone: one that stays at its floor is not starved"),
        ),
        fixes=tuple(fixes),
    )


CHECK = Check(
    id="loss-dominance",
    needs=("losses",),
    cost="gradients",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
