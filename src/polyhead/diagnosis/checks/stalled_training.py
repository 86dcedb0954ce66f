"""Training that has stopped at the floor of a task.

What it finds
    A task whose training loss no longer falls while it is still about what a constant answer would lose; and whether it
    lies still or swings.

Why it matters
    A loss that lies still at its floor says that the network answers with a constant: more epochs will not help. One
    that swings there says that steps throw away what others learned. A loss that lies still far below its floor is a
    task that has been learned, and no fault.

Evidence
    The slope of the task's own training loss over the last fifth of training, in floors per run, with its 95 % interval
    over ten blocks of steps (or over epochs); how far below its floor the loss lies there; whether blocks scatter more
    than the noise within them explains.

Remedy
    Lying still: a larger learning rate, a larger weight of the task, or a look at whether its labels go with its inputs
    at all. Swinging, or lying still after a loss of several times its floor: a lower rate.

When it can be wrong
    Some tasks rest for long before they fall (grokking, phase changes); some cannot be learned from these inputs, and
    then the floor is where they belong. The interval assumes blocks that are independent.

Example
    Ten blocks of a cross-entropy over four classes, all at 1.37 +- 0.01 with ln 4 = 1.386: progress
    1 - 1.37 / 1.386 = 0.012, slope 0 within its interval. The same slope at 0.05 is a run that has converged.

References
    TheDeepChecker asks for 5 % of improvement in five checks, SageMaker Debugger for any in ten steps; AutoTrainer
    counts jumps of the accuracy. Here the slope's own interval decides, and the noise of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

AT_FLOOR = 0.1
"""Share of the floor that has been learned (deepchecks' gain over a simple model)."""
STEPS, EPOCHS, BLOCKS = 100, 25, 10
"""Steps, or else epochs, needed for a last fifth of 20 and 5; blocks that steps of the last fifth are averaged in."""
SWINGS = 3.0
"""Standard deviation of the blocks over what the noise within them explains; 1 for steps that are independent."""

THROWN = 5.0
"""Floors that the loss stood above at three steps at least: it was thrown there, and a larger rate is no remedy."""


@dataclass(frozen=True)
class Stall:
    """The slope of the last fifth in floors per run with its interval, progress 1 - loss / floor there, the scatter of
    blocks over the noise within them (NaN over epochs), the third largest loss in floors, of the task where that is
    most, and the task's judged skill."""

    task: str
    slope: float
    interval: tuple[float, float]
    learned: float
    floor: str
    scatter: float
    peak: float
    window: str
    skill: Progress | None
    lr: float | None


def measure(case: Case) -> Iterator[Stall]:
    """Every weighted task with enough losses and a floor, or else its own start, to hold them against."""
    judged = {one.task: one for one in progress_of(case)}
    lr = case.config.train.lr if case.config else None
    found = [(task, *_losses(case, task)) for task, facts in case.tasks.items() if facts.weight]
    known = [(task, values, unit, *_floor(case, task, values)) for task, values, unit in found if len(values)]
    known = [one for one in known if one[3] > 0]
    if not known:
        raise NotCheckedError(f"no task with a floor and {STEPS} steps or {EPOCHS} epochs of losses")
    peak = max(float(np.sort(values)[-3] / floor) for _, values, _, floor, _ in known)
    for task, values, unit, floor, said in known:
        late = values[-(len(values) // 5) :]
        blocks = np.array_split(late, BLOCKS) if unit == "steps" else np.array_split(late, len(late))
        means = np.array([block.mean() for block in blocks])
        slope, interval = _slope(means / floor, per=5 * len(means))
        yield Stall(
            task,
            slope,
            interval,
            1 - float(means.mean()) / floor,
            said,
            _scatter(means, blocks) if unit == "steps" else float("nan"),
            peak,
            f"last {len(late)} {unit}",
            judged.get(task),
            lr,
        )


def _floor(case: Case, task: str, values: NDArray[np.float64]) -> tuple[float, str]:
    """What the loss is held against: that of the best constant, else the mean of its own first twentieth."""
    floor = case.tasks[task].floor_loss
    return (floor, "best constant") if floor else (float(np.mean(values[: max(1, len(values) // 20)])), "own start")


def _losses(case: Case, task: str) -> tuple[NDArray[np.float64], str]:
    for values, unit, needed in (
        ((case.steps or {}).get(f"loss.{task}"), "steps", STEPS),
        ((case.losses or {}).get("train", {}).get(task), "epochs", EPOCHS),
    ):
        if values is not None and np.isfinite(values).sum() >= needed:
            return values[np.isfinite(values)], unit
    return np.zeros(0), ""


def _slope(means: NDArray[np.float64], per: int) -> tuple[float, tuple[float, float]]:
    """Least-squares slope times `per` points, and its 95 % interval of Student's t."""
    from scipy.stats import linregress, t

    fit = linregress(np.arange(len(means)), means)
    half = float(t.ppf(0.975, len(means) - 2)) * float(fit.stderr)
    return per * float(fit.slope), (per * (float(fit.slope) - half), per * (float(fit.slope) + half))


def _scatter(means: NDArray[np.float64], blocks: list[NDArray[np.float64]]) -> float:
    within = np.mean([block.var(ddof=1) / len(block) if len(block) > 1 else 0.0 for block in blocks])
    return float(means.std(ddof=1) / max(float(np.sqrt(within)), 1e-12 * float(np.abs(means).max()), 1e-300))


def judge(stall: Stall) -> Finding | None:
    """A warning where the loss stands at its floor and does not fall; an error where the judged skill says so too."""
    falling = stall.interval[1] < 0
    skill = stall.skill
    if falling or stall.learned >= AT_FLOOR or (skill is not None and skill.value >= AT_FLOOR):
        return None
    swings = stall.scatter > SWINGS
    proven = skill is not None and skill.interval is not None and skill.upper < AT_FLOOR
    lower = swings or stall.peak > THROWN
    patch = {"train.lr": float(f"{stall.lr * (1 / 3 if lower else 3):.1g}")} if stall.lr else {}
    better = "" if stall.learned > -AT_FLOOR else "worse than"
    than = "a constant answer" if stall.floor == "best constant" else "at its start"
    stands = f"is {better or 'no better than'} {than}"
    doing = "swings" if swings else "lies still"
    return Finding(
        severity="error" if proven else "warning",
        what=f"{stall.task}: the training loss {doing} over the {stall.window}, and {stands}",
        scope=Scope(task=stall.task, key=f"tasks.{stall.task}"),
        evidence=(
            Fact("slope, floors per run", stall.slope, stall.interval, 0, "least squares over blocks", stall.window),
            Fact("share of the floor learned", stall.learned, threshold=AT_FLOOR, source=stall.floor),
            *((Fact("skill", skill.value, skill.interval, AT_FLOOR, skill.source),) if skill and proven else ()),
            *((Fact("scatter over noise", stall.scatter, threshold=SWINGS),) if swings else ()),
        ),
        alternatives=(
            Alternative("loss-dominance", "train the task alone: it then falls if another one drowned it"),
            Alternative("ignores-input", "overfit one batch of this task: what cannot be learned even so is a defect"),
            Alternative("information-ceiling", "another kind of model on the same inputs stays at the floor as well"),
        ),
        fixes=(
            Fix(
                "a third of the learning rate" if lower else "three times the learning rate",
                patch,
                f"a slope of {stall.task} whose interval lies below 0",
                risk="slower training" if lower else "other tasks may swing",
            ),
        ),
    )


CHECK = Check(
    id="stalled-training",
    needs=("steps.loss.|losses",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("constant-output", "below-floor", "below-majority", "probability-collapse", "loss-metric-divergence"),
)
