"""A run that ends, or slows down, while it still gains.

What it finds
    Training that stopped while validation was still getting better, a learning rate that was cut while it still gained,
    and one that was next to nothing for most of the run.

Why it matters
    What a run reaches is then set by its schedule, not by its data and network, so a comparison with another run is one
    of patience. A plateau schedule that counts noisy epochs as no progress cuts the rate before there is a plateau,
    each cut makes the next likelier, and training freezes early.

Evidence
    The slope of the monitor (validation loss where there is none) over the last fifth of the epochs, at least five,
    with its 95 % interval; whether they are the best of the run by their median, and what ended it. At each cut of the
    learning rate by a tenth or more, from one that was held or by a plateau schedule, the slope over the four or five
    epochs before. The share of epochs at less than a thousandth of the largest rate. A run whose epochs are used up is
    worth a warning where it gains, at a rate that is still held, at more than half of its average pace, surely, and its
    tasks are on average less than half of the way to perfect: a curve that comes to rest exponentially has then less
    than 72 % of its gain behind it. One cut is worth one where it took three quarters of the rate while the run gained,
    left less than half of its pace, and a task stayed less than half of the way.

Remedy
    More epochs or patience (train.early_stopping), a larger rate where the curve has not bent yet, a longer patience of
    the schedule, or one without memory (cosine).

When it can be wrong
    The interval takes epochs as independent; a slow swing of the curve looks like a trend. A cosine or one-cycle rate
    falls all the time and its end is meant to be small. More epochs may gain too little to be worth it. A run that is
    meant as one of many short trials ends early on purpose.

Example
    Values .10, .12, .14, .16, .18 in the last five epochs have slope .02 with an interval of width 0: over the next
    five, 0.10 more, unless the curve bends. If they came from 0 in eleven epochs, at 0.018 an epoch, the pace at the
    end is 0.02 / 0.018 = 1.11 of the average. Of 1 - exp(-t / T) it is one half at t = 1.26 T, where 1 - exp(-1.26) =
    72 % is gained.

References
    Prechelt, "Early stopping, but when?", 1998: slower criteria gain 4 % for four times the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import Curve, curve_of, slope, smooth
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

EPOCHS = 10
"""Fewer epochs have no last fifth to speak of."""
WINDOW = 5
"""Epochs, at least, that a slope is taken over."""
WORTH = 0.05
"""Share of all that was gained: what as many epochs again as the window would add, at the lower bound of the slope."""
FEWEST = 4
"""Epochs before a cut from which on a slope with an interval says something."""
EARLY = 2
"""Cuts that came while it gained; one alone may be bad luck."""
QUARTER = 0.25
"""What two cuts by one half leave: one cut that takes as much is no less than two."""
PACE = 0.5
"""Of the average pace of the run, at the lower bound of the slope."""
KEPT = 0.5
"""Of its largest value, so that a rate has not been brought down yet."""
POOR = 0.5
"""Half of the way from floor to perfect: what got there has gained the more, and has the less before it."""
NOTHING = 1e-3
"""Of the largest rate; a cosine is below it for the last 2 % of its steps."""
HELD = 0.01
"""Share by which a rate may differ from that of the epoch before and still count as held."""
MOST = 0.5


@dataclass(frozen=True)
class Pace:
    """The end of the run: slope of the curve (higher is better) with interval over `window` epochs, the share of all
    gain that it would add in as many again and that its lower bound would, epochs since the best, and whether the last
    window is the highest by its median; or the learning rate: how often it was cut, how often while gaining, what those
    cuts left together and whether each `slowed` it to less than half, the share of epochs at next to nothing and the
    lowest rate as a share of the largest.
    `pace` is the lower bound of the slope over the average of the run, `kept` the rate of the last window over the
    largest (0 where it is not known), `worst` the worst task and `mean` the progress of all, `lr` the rate in the
    configuration."""

    curve: str
    epochs: tuple[int, int]
    stopped_by: str | None = None
    slope: float | None = None
    interval: tuple[float, float] | None = None
    worth: float = 0.0
    surely: float = 0.0
    window: int = 0
    since: int = 0
    highest: bool = False
    cuts: int = 0
    early: int = 0
    nothing: float = 0.0
    lowest: float = 1.0
    left: float = 1.0
    slowed: bool = True
    pace: float = 0.0
    kept: float = 0.0
    worst: Progress | None = None
    mean: float | None = None
    lr: float | None = None


def measure(case: Case) -> Iterator[Pace]:
    """The end of the run, then its learning rate where it was logged."""
    if (case.state or {}).get("status") in ("training", "evaluating"):
        raise NotCheckedError("the run is still going on")
    curve = _followed(case)
    if curve is None or len(curve) < EPOCHS:
        raise NotCheckedError(f"fewer than {EPOCHS} epochs with a monitor or a loss of validation")
    better, window = curve.better, max(WINDOW, len(curve) // 5)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(better, window), axis=1)
    found, low, high = slope(better[-window:])
    gained = float(smooth(better).max() - better[0])
    reached, train = _reached(case), case.config.train if case.config else None
    worst = reached[0] if reached else None
    rates = (case.epochs or {}).get("lr", np.zeros(0))
    yield Pace(
        curve.name,
        (int(curve.epoch[-window]), int(curve.epoch[-1])),
        (case.state or {}).get("stopped_by"),
        found,
        (low, high),
        worth=found * window / gained if gained > 0 else 0.0,
        surely=low * window / gained if gained > 0 else 0.0,
        window=window,
        since=len(better) - 1 - int(np.argmax(better)),
        highest=bool(medians[-1] == medians.max()),
        pace=low * (len(better) - 1) / gained if gained > 0 else 0.0,
        kept=_kept(rates, window),
        mean=float(np.mean([max(0.0, one.value) for one in reached])) if reached else None,
        lr=train.lr if train else None,
    )
    if not np.isfinite(rates).any() or case.epochs is None:
        return
    rate = curve_of(case.epochs, "lr")
    # A cut falls from a rate that was held: cosine and exponential schedules, which fall all the time, have none.
    held = np.isclose(rate.value[1:-1], rate.value[:-2], rtol=HELD, atol=0)
    if train is not None and getattr(train.schedule, "name", train.schedule) == "plateau":
        held |= True
    cuts = (2 + np.flatnonzero(held & (rate.value[2:] < 0.9 * rate.value[1:-1]))).tolist()
    early = [i for i in cuts if _gaining(curve, rate.epoch[i], gained)]
    yield Pace(
        curve.name,
        (int(rate.epoch[0]), int(rate.epoch[-1])),
        cuts=len(cuts),
        early=len(early),
        left=float(np.prod([rate.value[i] / rate.value[i - 1] for i in early])),
        slowed=all(_slowed(curve, rate.epoch[i]) for i in early),
        worst=worst,
        nothing=float(np.mean(rate.value < NOTHING * rate.value.max())),
        lowest=float(rate.value.min() / rate.value.max()) if rate.value.max() > 0 else 1.0,
    )


def _kept(rates: NDArray[np.float64], window: int) -> float:
    """The median rate of the last epochs over the largest; 0 where none of them is known."""
    late = rates[-window:][np.isfinite(rates[-window:])]
    return float(np.median(late) / np.nanmax(rates)) if late.any() else 0.0


def _reached(case: Case) -> list[Progress]:
    """Where the tasks ended on validation, which the curve is of, the worst first."""
    if (case.metrics or {}).get("val"):
        case = replace(case, metrics={"val": (case.metrics or {})["val"]})
    return progress_of(case)


def _followed(case: Case) -> Curve | None:
    """The monitor where it is among the columns, else the skill or the loss of validation."""
    monitor = str((((case.state or {}).get("best")) or {}).get("monitor") or "").replace("/", "_")
    for name in (monitor, "val_skill", "val_loss"):
        if (
            case.epochs is not None
            and name in case.epochs
            and (found := curve_of(case.epochs, name)).sign
            and len(found)
        ):
            return found
    return None


def _gaining(curve: Curve, at: float, gained: float) -> bool:
    """Whether the curve surely rose over the epochs before epoch `at`, by a share of the gain that is worth it."""
    before = curve.better[curve.epoch < at][-WINDOW:]
    if len(before) < FEWEST:
        return False
    rise, low, _ = slope(before)
    return low > 0 and rise * WINDOW > WORTH * gained


def _slowed(curve: Curve, at: float) -> bool:
    """Whether the curve rose less than half as fast over the epochs from epoch `at` on as before."""
    before, after = curve.better[curve.epoch < at][-WINDOW:], curve.better[curve.epoch >= at][:WINDOW]
    return len(after) < FEWEST or slope(after)[0] < slope(before)[0] / 2


def judge(pace: Pace) -> Finding | None:
    """A warning where patience ended a run that gained, cuts froze it, or its epochs were used up before it bent; a
    note where they were used up later."""
    if pace.interval is not None:
        return _judge_end(pace)
    if pace.nothing > MOST:
        what = f"the learning rate is below a thousandth of its largest for {pace.nothing:.0%} of the epochs"
        fact = Fact("share of epochs at next to nothing", pace.nothing, None, MOST, "train.schedule")
        patch: dict[str, object] = {"train.schedule": "cosine"}
        return _finding(
            "learning rate", what, pace, fact, Fix("fall to the end, not before", patch, "gains to the end")
        )
    poor = pace.worst is not None and pace.worst.value < POOR
    if pace.early >= EARLY or (pace.early and pace.left <= QUARTER and poor and pace.slowed):
        what = f"{pace.early} of {pace.cuts} cuts of the learning rate came while {pace.curve} surely gained,"
        what += f" down to {pace.lowest:.2g} of the largest"
        fact = Fact("cuts while gaining", pace.early, None, EARLY, f"of {pace.cuts}; slope of five epochs before")
        harm = () if pace.worst is None else (pace.worst.fact(POOR),)
        took = Fact("of the rate left by these cuts", pace.left, None, QUARTER)
        patch = {"train.schedule": {"name": "plateau", "patience": 10}}
        fix = Fix("wait longer", patch, "no cut while validation gains")
        return _finding("learning rate", what, pace, fact, fix, further=(took, *harm))
    return None


def _judge_end(pace: Pace) -> Finding | None:
    assert pace.interval is not None
    if pace.surely < WORTH:
        return None
    by_patience = pace.stopped_by == "early_stopping"
    if not pace.highest or (not by_patience and pace.since > 0):
        return None
    why = "early stopping ended the run" if by_patience else "the run ended at its best epoch"
    what = f"{why} while {pace.curve} still gained: {pace.slope:.2g} an epoch over the last {pace.window}"
    what += f", {pace.worth:.0%} of all its gain in as many again"
    fact = Fact("slope", pace.slope, pace.interval, 0.0, "least squares", f"last {pace.window} epochs")
    key, value = ("train.early_stopping", None) if by_patience else ("train.epochs", pace.epochs[1] * 3 // 2)
    fixes = [Fix("train on", {key: value}, "the slope's interval holds 0 at the end", "more time; may overfit")]
    unbent = not by_patience and pace.pace >= PACE and pace.kept >= KEPT
    if not unbent or pace.mean is None or pace.mean >= POOR:
        return _finding("end", what, pace, fact, *fixes, key=key, severity="warning" if by_patience else "note")
    if pace.lr is not None:
        patch: dict[str, object] = {"train.lr": float(f"{3 * pace.lr:.1g}")}
        fixes.append(Fix("three times the rate", patch, "the same gain in fewer epochs", "steps that are too long"))
    bend = Fact("pace at the end over the average", pace.pace, None, PACE, "lower bound of the slope")
    harm = Fact("mean progress of the tasks", pace.mean, None, POOR)
    return _finding("end", what, pace, fact, *fixes, key=key, further=(bend, harm))


def _finding(
    about: str,
    what: str,
    pace: Pace,
    fact: Fact,
    *fixes: Fix,
    key: str = "train.schedule",
    severity: str = "warning",
    further: tuple[Fact, ...] = (),
) -> Finding:
    return Finding(
        severity="note" if severity == "note" else "warning",
        what=what,
        scope=Scope(split="val", epochs=pace.epochs, parameter=about, key=key),
        evidence=(fact, *further),
        alternatives=(
            Alternative("stalled-training", "the loss of training: flat in a stall, falling where only time was short"),
        ),
        fixes=fixes,
    )


CHECK = Check(
    id="schedule-pathology",
    needs=("epochs",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("stalled-training", "unequal-budget", "below-floor", "below-majority", "probability-collapse"),
)
