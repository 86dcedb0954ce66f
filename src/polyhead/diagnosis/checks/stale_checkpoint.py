"""One best epoch for tasks that are best at different ones.

What it finds
    A judged epoch that is not the best of the very number it was chosen by, or at which a task has lost what it had
    learned at its own best epoch.

Why it matters
    One checkpoint serves all tasks. Where it is chosen by a sum of losses, the task with the largest numbers chooses
    it, and every other task is judged at an epoch that means nothing to it.

Evidence
    The chosen epoch, and whether the monitor was better at another. Of each task the smoothed validation metric (loss
    where there is none) at its own best epoch and at the chosen one: the difference in units of one epoch's noise, and
    as a share of what was gained over the floor, or over the first epoch where no floor is known. A gain within half
    the 95 % interval of the validation score is none that could be lost. Where the monitor counts the task (a mean over
    tasks, the task's own metric), the difference must exceed that too: an epoch that is good for all is what was asked
    for, and a task's own best is then partly the luck of few windows. Where it does not (another task's metric, one of
    training, a sum that another task moves), the noise over epochs is enough. Of a sum of losses the share of its
    movement that one task makes; a loop that says which epoch it kept, and not by what, is taken to have gone by the
    sum where that is least at the kept epoch.

Remedy
    Choose by val/skill, in which every task counts alike, or use the task's own best checkpoint (best-TASK).

When it can be wrong
    Among many noisy epochs the best one is partly luck, which smoothing and the noise allow for only roughly. Half an
    interval is as much as two scores of the same windows differ by chance if they correlate by one half; those of
    neighbouring epochs do so more, so that small losses under a fair monitor go unseen. A task that is there to help
    another need not be at its best.

Example
    A run chose epoch 68 of 100 by a validation loss that fell from 17.79 to 11.05, of which a countdown made
    16.12 - 10.08 = 6.04; classification moved by 0.40, span by 0.32 and pointers by 0.016. So 6.04 / 6.776 = 89 % of
    what chose the epoch is the countdown's.

References
    Caruana, Machine Learning 28, 1997: tasks reach their best at different times; stop each by its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import Curve, Values, curve_of, noise, smooth, start_of, task_curve
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

EPOCHS = 10
"""Fewer epochs have no best one worth the name."""
APART = 3
"""Epochs within which a smoothed curve cannot tell two apart."""
SIGNIFICANT = 3.0
"""Standard deviations of one epoch's noise: the best of some 20 epochs lies 2 above the mean by luck alone."""
LOST = 0.1
"""Share of the task's gain: the least that a change of checkpoint is worth."""
SUMS = 0.02
"""A sum is that of its parts to 2 %: tables are written with two or three digits."""
DOMINANT = 0.6
"""Share of a sum's movement, as for the share of a loss."""
SUM = "the sum of the losses"
"""What chose, where a loop does not say it."""


@dataclass(frozen=True)
class Stale:
    """Of one task, or of the monitor where `task` is None: its best epoch and the chosen one, what it lost in units of
    noise and as a share of its gain. `dominant` is the task that moves the sum which chose, and its share of that.
    `counted` says that the monitor counts the task, `half` is half the 95 % interval of the kept score over what was
    lost, 0 where no interval is known."""

    task: str | None
    metric: str
    best: int
    chosen: int
    over_noise: float
    lost: float
    dominant: tuple[str, float] | None = None
    counted: bool = True
    half: float = 0.0


def measure(case: Case) -> Iterator[Stale]:
    """The monitor, then every task with a curve of validation."""
    if (case.state or {}).get("status") == "training":
        raise NotCheckedError("the run is still going on")
    best = (case.state or {}).get("best") or {}
    if not best.get("epoch"):
        raise NotCheckedError("nothing says which epoch was chosen")
    chosen, found = int(best["epoch"]), 0
    monitor = str(best.get("monitor") or "")
    if not monitor and best.get("kept") and _least(case) == chosen:
        monitor = SUM
    dominant = _dominant(case) if monitor == SUM or monitor.replace("_", "/").endswith("/loss") else None
    followed = _monitored(case, monitor)
    if dominant is not None and (followed is None or chosen not in followed.epoch):
        found += 1
        yield Stale(None, monitor, chosen, chosen, 0.0, 0.0, dominant)
    if followed is not None and chosen in followed.epoch and followed.sign:
        found += 1
        at = int(followed.epoch[int(np.argmax(followed.better))])
        span = float(np.ptp(followed.value)) or 1.0
        lost = float(followed.better.max() - followed.better[followed.epoch == chosen][0]) / span
        yield Stale(None, monitor, at, chosen, np.inf if lost > 1e-6 else 0.0, lost, dominant)
    for task in case.tasks:
        curve = task_curve(case, task)
        if curve is None or len(curve) < EPOCHS or chosen not in curve.epoch:
            continue
        found += 1
        yield _stale(case, task, curve, chosen, dominant, _counts(case, monitor, task, dominant))
    if not found:
        raise NotCheckedError(f"no curve of {EPOCHS} epochs that holds the chosen one")


def _least(case: Case) -> int | None:
    """The epoch at which the sum of the validation losses is least; None where there are too few, or two such."""
    table = (case.losses or {}).get("val") or {}
    if "total" not in table or np.isfinite(table["total"]).sum() < EPOCHS:
        return None
    least = table["epoch"][table["total"] == np.nanmin(table["total"])]
    return int(least[0]) if len(least) == 1 else None


def _monitored(case: Case, monitor: str) -> Curve | None:
    """The column that a monitor names, as polyhead and others write it."""
    if case.epochs is None:
        return None
    if (column := monitor.replace("/", "_")) in case.epochs:
        return curve_of(case.epochs, column)
    split, _, rest = monitor.partition("/")
    task, _, metric = rest.partition("/")
    table = (case.scores or {}).get(task)
    return curve_of(table, metric) if split == "val" and table is not None and metric in table else None


def _dominant(case: Case) -> tuple[str, float] | None:
    """The task whose part of the summed validation loss moves most, and its share of all movement; None where the sum
    is neither that of the losses nor that of the weighted losses, with the logarithms of uncertainty or without."""
    table = (case.losses or {}).get("val") or {}
    tasks = [task for task in case.tasks if task in table]
    if "total" not in table or len(tasks) < 2:
        return None
    plain = {task: table[task] for task in tasks}
    weighted = {task: loss * _column(case, f"weight_{task}", table["epoch"]) for task, loss in plain.items()}
    logarithms = {task: np.log(_column(case, f"sigma_{task}", table["epoch"])) for task in tasks}
    with_logarithms = [{task: loss + n * logarithms[task] for task, loss in weighted.items()} for n in (1, 2)]
    for parts in (plain, weighted, *with_logarithms):
        made = np.sum([*parts.values()], axis=0)
        if not np.allclose(made, table["total"], rtol=SUMS, atol=SUMS * float(np.ptp(table["total"]))):
            continue
        moves = {task: float(np.ptp(part)) for task, part in parts.items()}
        most = max(tasks, key=lambda task: moves[task])
        return (most, moves[most] / sum(moves.values())) if sum(moves.values()) else None
    return None


def _column(case: Case, name: str, epochs: Values) -> Values:
    """A column of weights at `epochs`, NaN where it was not logged."""
    table = case.weights or {}
    if name not in table:
        return np.full(len(epochs), np.nan)
    known = dict(zip(table["epoch"].tolist(), table[name].tolist(), strict=True))
    return np.array([known.get(epoch, np.nan) for epoch in epochs.tolist()])


def _counts(case: Case, monitor: str, task: str, dominant: tuple[str, float] | None) -> bool:
    """Whether the task has a say in the monitor; taken for granted where nothing tells."""
    split, _, rest = monitor.partition("/")
    named = rest.partition("/")[0]
    if split == "train" or (named in case.tasks and named != task):
        return False
    return dominant is None or dominant[0] == task or dominant[1] <= DOMINANT


def _half(case: Case, task: str, metric: str) -> float:
    """Half the 95 % interval of the kept epoch's validation score, 0 where none is known."""
    score = (case.metrics or {}).get("val", {}).get(task, {}).get(metric)
    return 0.0 if score is None or score.interval is None else abs(score.interval[1] - score.interval[0]) / 2


def _stale(
    case: Case, task: str, curve: Curve, chosen: int, dominant: tuple[str, float] | None, counted: bool
) -> Stale:
    better, at = smooth(curve.better), int(np.flatnonzero(curve.epoch == chosen)[0])
    best = int(np.argmax(better))
    lost, spread = float(better[best] - better[at]), noise(curve.better)
    gained, half = float(better[best]) - start_of(case, task, curve), _half(case, task, curve.name)
    return Stale(
        task,
        curve.name,
        int(curve.epoch[best]),
        chosen,
        lost / spread if spread else (np.inf if lost > 0 else 0.0),
        min(1.0, lost / gained) if gained > max(SIGNIFICANT * spread, half) else 0.0,
        dominant if dominant is not None and dominant[0] != task else None,
        counted,
        half / lost if lost > 0 else 0.0,
    )


def judge(stale: Stale) -> Finding | None:
    """A warning where the kept epoch is surely not the best, of the monitor or of a task."""
    if stale.task is None and stale.over_noise == 0 and stale.dominant is not None and stale.dominant[1] > DOMINANT:
        task, share = stale.dominant
        which = "which" if stale.metric == SUM else "a sum that"
        what = f"epoch {stale.chosen} was kept by {stale.metric}, {which} moves by {share:.0%} with {task} alone"
        return _finding("note", what, stale, Fact(f"share of {task} in the sum", share, None, DOMINANT, stale.metric))
    if stale.over_noise <= SIGNIFICANT:
        return None
    if stale.task is not None and (abs(stale.best - stale.chosen) < APART or stale.lost < LOST):
        return None
    if stale.task is not None and stale.counted and stale.half >= 1:
        return None
    if stale.task is None:
        what = f"epoch {stale.chosen} was kept as the best of {stale.metric}, which is better at epoch {stale.best}"
    else:
        what = (
            f"{stale.task}: at the kept epoch {stale.chosen} {stale.metric} has lost {stale.lost:.0%} of what it had at"
            f" its own best epoch {stale.best}"
        )
    facts = [
        Fact("share of the gain lost", stale.lost, None, LOST, stale.metric, "val"),
        Fact("loss over noise", stale.over_noise if np.isfinite(stale.over_noise) else None, None, SIGNIFICANT),
    ]
    if stale.task is not None and not stale.counted:
        facts.append(Fact("the monitor counts this task", "no"))
    elif stale.half > 0:
        facts.append(Fact("loss over half the interval of the score", 1 / stale.half, None, 1.0, stale.metric, "val"))
    if stale.dominant is not None and stale.dominant[1] > DOMINANT:
        what += f"; the sum that chose it moves by {stale.dominant[1]:.0%} with {stale.dominant[0]}"
        facts.append(Fact(f"share of {stale.dominant[0]} in the sum", stale.dominant[1], None, DOMINANT))
    return _finding("warning", what, stale, *facts)


def _finding(severity: Severity, what: str, stale: Stale, *facts: Fact) -> Finding:
    use = f" or use best-{stale.task}.ckpt for this task" if stale.task else ""
    return Finding(
        severity=severity,
        what=what,
        scope=Scope(task=stale.task, split="val", epochs=(stale.best, stale.chosen), key="train.monitor"),
        evidence=facts,
        alternatives=(
            Alternative("overfitting", "the curve since its best: falling while training gains, or swinging"),
            Alternative("loss-dominance", "choose by val/skill: what then differs was the sum's doing"),
        ),
        fixes=(
            Fix(
                f"choose the epoch by skill, in which tasks count alike{use}",
                {"train.monitor": "val/skill"},
                "every task within noise of its own best at the kept epoch",
                risk="the task that chose before is kept a little below its best",
            ),
        ),
    )


CHECK = Check(
    id="stale-checkpoint",
    needs=("state",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor",),
)
