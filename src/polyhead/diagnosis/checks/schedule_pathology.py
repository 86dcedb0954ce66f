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
    learning rate by a tenth or more, from one that was held, the slope over the five epochs before it. The share of
    epochs at less than a thousandth of the largest rate.

Remedy
    More epochs or patience (train.early_stopping), a longer patience of the schedule, or one without memory (cosine).

When it can be wrong
    The interval takes epochs as independent; a slow swing of the curve looks like a trend. A cosine or one-cycle rate
    falls all the time and its end is meant to be small. More epochs may gain too little to be worth it.

Example
    Values .10, .12, .14, .16, .18 in the last five epochs have slope .02 with an interval of width 0: over the next
    five, 0.10 more, unless the curve bends.

References
    Prechelt, "Early stopping, but when?", 1998: slower criteria gain 4 % for four times the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import Curve, curve_of, slope, smooth
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

EPOCHS = 10
"""Fewer epochs have no last fifth to speak of."""
WINDOW = 5
"""Epochs, at least, that a slope is taken over."""
WORTH = 0.05
"""Share of all that was gained: what as many epochs again as the window would add, at the lower bound of the slope."""
EARLY = 2
"""Cuts that came while it gained; one alone may be bad luck."""
NOTHING = 1e-3
"""Of the largest rate; a cosine is below it for the last 2 % of its steps."""
HELD = 0.01
"""Share by which a rate may differ from that of the epoch before and still count as held."""
MOST = 0.5


@dataclass(frozen=True)
class Pace:
    """The end of the run: slope of the curve (higher is better) with interval over `window` epochs, the share of all
    gain that it would add in as many again and that its lower bound would, epochs since the best, and whether the last
    window is the highest by its median; or the learning rate: how often it was cut, how often while gaining, the share
    of epochs at next to nothing and the lowest rate as a share of the largest."""

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
    )
    rates = (case.epochs or {}).get("lr")
    if rates is None or not np.isfinite(rates).any() or case.epochs is None:
        return
    rate = curve_of(case.epochs, "lr")
    # A cut falls from a rate that was held: cosine and exponential schedules, which fall all the time, have none.
    held = np.isclose(rate.value[1:-1], rate.value[:-2], rtol=HELD, atol=0)
    cuts = (2 + np.flatnonzero(held & (rate.value[2:] < 0.9 * rate.value[1:-1]))).tolist()
    yield Pace(
        curve.name,
        (int(rate.epoch[0]), int(rate.epoch[-1])),
        cuts=len(cuts),
        early=sum(_gaining(curve, rate.epoch[i], gained) for i in cuts),
        nothing=float(np.mean(rate.value < NOTHING * rate.value.max())),
        lowest=float(rate.value.min() / rate.value.max()) if rate.value.max() > 0 else 1.0,
    )


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
    if len(before) < WINDOW:
        return False
    rise, low, _ = slope(before)
    return low > 0 and rise * WINDOW > WORTH * gained


def judge(pace: Pace) -> Finding | None:
    """A warning where patience ended a run that gained, or cuts froze it; a note where the epochs were used up."""
    if pace.interval is not None:
        return _judge_end(pace)
    if pace.nothing > MOST:
        what = f"the learning rate is below a thousandth of its largest for {pace.nothing:.0%} of the epochs"
        fact = Fact("share of epochs at next to nothing", pace.nothing, None, MOST, "train.schedule")
        patch: dict[str, object] = {"train.schedule": "cosine"}
        return _finding(
            "learning rate", what, pace, fact, Fix("fall to the end, not before", patch, "gains to the end")
        )
    if pace.early >= EARLY:
        what = f"{pace.early} of {pace.cuts} cuts of the learning rate came while {pace.curve} surely gained,"
        what += f" down to {pace.lowest:.2g} of the largest"
        fact = Fact("cuts while gaining", pace.early, None, EARLY, f"of {pace.cuts}; slope of five epochs before")
        patch = {"train.schedule": {"name": "plateau", "patience": 10}}
        return _finding("learning rate", what, pace, fact, Fix("wait longer", patch, "no cut while validation gains"))
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
    fix = Fix("train on", {key: value}, "the slope's interval holds 0 at the end", "more time; may overfit")
    return _finding("end", what, pace, fact, fix, key, "warning" if by_patience else "note")


def _finding(
    about: str, what: str, pace: Pace, fact: Fact, fix: Fix, key: str = "train.schedule", severity: str = "warning"
) -> Finding:
    return Finding(
        severity="note" if severity == "note" else "warning",
        what=what,
        scope=Scope(split="val", epochs=pace.epochs, parameter=about, key=key),
        evidence=(fact,),
        alternatives=(
            Alternative("stalled-training", "the loss of training: flat in a stall, falling where only time was short"),
        ),
        fixes=(fix,),
    )


CHECK = Check(
    id="schedule-pathology",
    needs=("epochs",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("stalled-training", "unequal-budget"),
)
