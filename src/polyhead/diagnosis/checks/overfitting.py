"""Training goes on to gain while validation loses.

What it finds
    A task whose validation is past its best by more than chance while its training loss still falls, or whose score on
    training windows is far above that on validation.

Why it matters
    What is gained on the training windows alone is noise and particulars of their recordings. Beyond the best epoch
    each step trades skill on new recordings for it, and a best epoch chosen among many such epochs is chosen by luck.

Evidence
    The task's own validation metric (its loss where there is none) over epochs: how far the last epochs lie below the
    best, both as medians over a fifth of the run, in standard deviations of one epoch's noise and as a share of all
    that was gained.
    The training loss over the same epochs; of a log that knows no task, the same of its total losses.
    The skill on training windows minus that on validation and on test, each with an interval from the intervals of
    both. Training recordings too few for an interval of their own are taken to spread as those of the other split do.
    What is said holds on both, for validation alone may be hard by chance.

Remedy
    Fewer parameters, dropout, augmentation, weight decay, early stopping; above all more recordings.

When it can be wrong
    Validation that is held out on purpose (another load) lies below training for the shift, not for overfitting. A
    validation loss may rise through a few overconfident windows while the metric still gains, so the metric counts
    where there is one. A gap while validation still gains, or while training no longer does, is what fitting leaves
    and a note, unless it surely takes half of the skill, or surely is there and training had fewer than 8 recordings.
    Where the best epoch is kept, what came after it has done no harm, and the finding is a note. A validation that
    loses is none of this check where the scores show no training skill above it, or where it had not come a tenth of
    the way from its floor to perfect.

Example
    A signal classifier with 38.3 % of training and 25.6 % of validation windows right, at chance 0.2 %, has lost
    12.7 points of 38.1, a third of its skill, and says so without any curve. Trained on 3 recordings to a skill of
    0.90, one reaches 0.37 +- 0.09 on 13 others: the 3 spread by 0.09 sqrt(13 / 3) = 0.19, so the gap is 0.53 +- 0.21.

References
    Prechelt, "Early stopping, but when?", 1998; thresholds in use: SageMaker Debugger 10 % of the loss, deepchecks 0.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import Curve, curve_of, loss_curve, noise, start_of, task_curve
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.interval import FEWEST_RECORDINGS
from polyhead.scoring.metric import Score

EPOCHS = 10
"""Fewer epochs have no curve to be past the best of."""
WIDTH = 5
"""Epochs, at least, that a median is taken over: its standard deviation is then 0.56 of an epoch's."""
PAST = 5
"""Epochs since the best; fewer are a pause."""
SIGNIFICANT = 2.0
"""Standard deviations of one epoch's noise."""
LOST = 0.1
"""Share of all that validation gained over the floor, or since the first epoch; less is not worth a change."""
LEAST = 0.1
"""Of the way from the floor to perfect: what never gained as much has nothing to lose."""
GAP = 0.1
"""Skill: what deepchecks and AutoTrainer use between training and validation."""
OF_SKILL = 0.25
"""A quarter of what was learned on training windows is not there on others."""
MOST = 0.5
"""More of what was learned on training windows belongs to them alone than to the task."""
NAMES = {"val": "validation", "test": "test"}


@dataclass(frozen=True)
class Gap:
    """Of one task, or of the total loss where `task` is None. `fall` from the best in units of noise, `lost` the share
    of the gain (0 where none stands out of the noise or is worth the name; of the total, of its best if that is more),
    `since` epochs after the best, `learning` whether the training loss still fell in them; None without curves. `rose`
    is the total at its best and at the end. `gaps` in skill from training to validation and test at the judged epoch,
    each with its interval, `skill` that of training and `recordings` how many it had, None where nobody said. `kept`
    says that the judged epoch is no later than the best, `apart` that validation was held out on purpose."""

    task: str | None
    metric: str
    epochs: tuple[int, int] | None = None
    fall: float | None = None
    lost: float | None = None
    since: int | None = None
    learning: bool | None = None
    gaps: Mapping[str, tuple[float, tuple[float, float] | None]] = field(default_factory=dict)
    skill: float = math.nan
    recordings: int | None = None
    rose: tuple[float, float] | None = None
    kept: bool = False
    apart: bool = False

    @property
    def least(self) -> float:
        """The smallest gap, NaN without any."""
        return min((gap for gap, _ in self.gaps.values()), default=math.nan)

    @property
    def surely(self) -> float | None:
        """The lower end of the smallest gap, None where one has no interval."""
        lows = [None if interval is None else interval[0] for _, interval in self.gaps.values()]
        known = [low for low in lows if low is not None]
        return min(known) if known and len(known) == len(lows) else None


def measure(case: Case) -> Iterator[Gap]:
    """Each task with curves of validation and training, or with scores on both; else the total loss. Raises
    NotCheckedError where there is none of these."""
    found, split = False, case.config.data.split if case.config else None
    apart = split is not None and (split.by == "time" or "val" in split.hold_out)
    for task in case.tasks:
        curve, gap = task_curve(case, task), _gap(case, task)
        train = loss_curve(case, task, "train") or _total(case, "train")
        past = {} if curve is None else _past(case, task, curve, train)
        if not gap and not (curve is not None and len(curve) >= EPOCHS and train is not None and len(train) >= EPOCHS):
            continue
        found = True
        told: dict[str, Any] = {"metric": curve.name if curve else "score", "apart": apart, **gap, **past}
        yield Gap(task, **told)
    train, val = _total(case, "train"), _total(case, "val")
    if not found and train is not None and val is not None and min(len(train), len(val)) >= EPOCHS:
        found = True
        told = _past(case, None, val, train)
        yield Gap(None, "loss", **told)
    if not found:
        raise NotCheckedError(
            f"neither {EPOCHS} epochs of validation beside a training curve nor scores of training and validation"
        )


def _total(case: Case, phase: str) -> Curve | None:
    """The total loss over epochs, as the table of losses or that of epochs has it; None where neither does."""
    known, table, column = loss_curve(case, "total", phase), case.epochs, f"{phase}_loss"
    if (known is None or not len(known)) and table is not None and "epoch" in table and column in table:
        known = curve_of(table, column, "loss")
    return known if known is not None and len(known) else None


def _past(case: Case, task: str | None, curve: Curve, train: Curve | None) -> dict[str, Any]:
    if len(curve) < EPOCHS:  # a curve too short to turn is none that has turned
        return {"fall": 0.0, "lost": 0.0, "since": 0} if len(curve) else {}
    width = max(WIDTH, len(curve) // 5)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(curve.better, width), axis=1)
    best = int(np.argmax(medians)) + width // 2  # the middle of the best stretch
    fall, spread = float(medians.max() - medians[-1]), noise(curve.better)
    gained = float(medians.max()) - (float(curve.better[0]) if task is None else start_of(case, task, curve))
    at, end = float(curve.epoch[best]), float(curve.epoch[-1])
    chosen = (((case.state or {}).get("best") or {}).get("epoch")) or end
    way = _way(case, task, curve)
    lost = min(1.0, fall / gained) if gained > SIGNIFICANT * spread and (way is None or gained >= LEAST * way) else 0.0
    told: dict[str, Any] = {}
    if task is None:  # a total that never fell has no gain to lose, so its own size counts beside it
        told = {"rose": (-float(medians.max()), -float(medians[-1]))}
        lost = max(lost, fall / max(abs(float(medians.max())), 1e-300))
    return told | {
        "fall": fall / spread if spread else (np.inf if fall > 0 else 0.0),
        "lost": lost,
        "since": len(curve) - 1 - best,
        "learning": None if train is None else _falls(train, at),
        "epochs": (int(at), int(end)),
        "kept": float(chosen) <= at + 2,
    }


def _way(case: Case, task: str | None, curve: Curve) -> float | None:
    """From the floor of a task's metric to perfect, None where that is not known."""
    score = (case.metrics or {}).get("val", {}).get(task or "", {}).get(curve.name)
    return None if score is None or score.floor is None or score.best is None else abs(score.best - score.floor)


def _falls(train: Curve, since: float) -> bool:
    """Whether the last epochs of training lie below those around epoch `since` by more than noise."""
    near, late = train.value[np.abs(train.epoch - since) <= 2], train.value[-max(3, len(train) // 5) :]
    if len(near) == 0 or len(train) < 3:
        return False
    return bool(np.median(near) - np.median(late) > noise(train.value))


def _gap(case: Case, task: str) -> dict[str, Any]:
    """The gaps from training to each split that it never saw, empty without validation."""
    train, counts = case.score(task, "train"), _recordings(case, task)
    if train is None or train[1].skill is None:
        return {}
    gaps = {}
    for split in NAMES:
        other = case.score(task, split)
        if other is None or other[0] != train[0] or other[1].skill is None:
            continue
        here, there = _half(train[1]), _half(other[1])
        if here is None and there is not None and counts.get("train") and counts.get(split):
            here = there * math.sqrt(counts[split] / counts["train"])
        gap = train[1].skill - other[1].skill
        half = None if here is None or there is None else math.hypot(here, there)
        gaps[split] = (gap, None if half is None else (gap - half, gap + half))
    if "val" not in gaps:
        return {}
    return {"metric": train[0], "gaps": gaps, "skill": train[1].skill, "recordings": counts.get("train")}


def _half(score: Score) -> float | None:
    """Half the width of a score's interval in skill, None without one."""
    if score.interval is None or score.floor is None or score.best is None or score.best == score.floor:
        return None
    return (score.interval[1] - score.interval[0]) / 2 / abs(score.best - score.floor)


def _recordings(case: Case, task: str) -> dict[str, int]:
    """How many recordings with a label of the task each split has, as far as it is known."""
    told = {split: tasks[task] for split, tasks in (case.predictions or {}).items() if task in tasks}
    return {split: len(np.unique(one.recording[one.mask])) for split, one in told.items()}


def judge(gap: Gap) -> Finding | None:
    """A warning where validation loses while training gains, or where a quarter of the skill surely does not carry
    over; a note where the best epoch was kept, validation still gained, or it was held out on purpose."""
    surely = gap.surely
    there = bool(gap.gaps) and gap.least > 0 and (surely is None or surely > 0)
    wide = there and gap.skill > 0 and gap.least >= max(GAP, OF_SKILL * gap.skill)
    turned = gap.fall is not None and gap.lost is not None and gap.since is not None and gap.since >= PAST
    turned = turned and (gap.fall or 0) > SIGNIFICANT and (gap.lost or 0) >= LOST and gap.learning is not False
    turned = turned and (there or gap.kept or not gap.gaps)
    if not turned and not wide:
        return None
    harm = wide or not gap.kept
    long = gap.epochs is not None and surely is not None and surely >= GAP
    ended = (gap.since or 0) >= PAST and gap.learning is not False
    few = gap.recordings is not None and gap.recordings < FEWEST_RECORDINGS and surely is not None
    most = surely is not None and surely >= max(GAP, MOST * gap.skill)
    firm = wide and not gap.apart and ((long and ended) or few or most or gap.fall is None)
    said = []
    facts = []
    if turned:
        said.append(
            f"validation loss rose from {gap.rose[0]:.3g} to {gap.rose[1]:.3g} in {gap.since} epochs since its best,"
            f" {gap.fall:.1f} times the noise of an epoch, while the training loss fell"
            if gap.rose is not None
            else f"validation {gap.metric} lost {gap.lost:.0%} of its gain in the {gap.since} epochs since its best,"
            f" {gap.fall:.1f} times the noise of an epoch{', while the training loss fell' if gap.learning else ''}"
        )
        facts += [
            Fact("fall over noise", gap.fall, None, SIGNIFICANT, "second differences of the curve", "last fifth"),
            Fact(
                f"share of the {'gain or best loss' if gap.rose else 'gain'} lost", gap.lost, None, LOST, "own history"
            ),
        ]
    if wide:
        of = f" ({gap.recordings} recordings)" if few else ""
        below = " and ".join(f"{one:.2f} above that on {NAMES[split]}" for split, (one, _) in gap.gaps.items())
        said.append(f"skill on training{of} is {gap.skill:.2f}, {below}")
        facts += [
            Fact("gap in skill", one, interval, max(GAP, OF_SKILL * gap.skill), f"{gap.metric}, training minus {split}")
            for split, (one, interval) in gap.gaps.items()
        ]
    return Finding(
        severity="warning" if (turned and harm) or firm else "note",
        what=f"{gap.task or 'the total loss'}: {'; '.join(said)}",
        scope=Scope(task=gap.task, split="val", epochs=gap.epochs, key="train"),
        evidence=tuple(facts),
        counter_evidence=(Fact("the best epoch was kept", "yes", source="state.json"),) if turned and gap.kept else (),
        alternatives=(
            Alternative("shifted-input", "compare inputs of training and validation: a shift is there at epoch 1 too"),
            Alternative("label-noise", "train on permuted labels: noise is learned as fast as labels are"),
        ),
        fixes=(
            Fix(
                "stop where validation stops gaining",
                {"train.early_stopping": 10},
                "the last epoch within noise of the best",
                risk="stops a task that learns late",
            ),
            Fix(
                "decay the weights ten times as strongly",
                {"train.weight_decay": 0.1},
                "a gap below 0.1 at the same validation score or better",
                risk="tasks that were short of capacity get worse",
            ),
        ),
    )


CHECK = Check(
    id="overfitting",
    needs=("losses|scores|metrics|epochs",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "stale-checkpoint",
        "below-floor",
        "below-majority",
        "weak-slice",
        "loss-metric-divergence",
    ),
)
