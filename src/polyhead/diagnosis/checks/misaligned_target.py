"""Predictions that fit the labels of other windows.

What it finds
    Labels that are shifted against their windows, in training or where the network is judged: the prediction of a
    window goes with the label some windows later or earlier far better than with its own.

Why it matters
    A shift by a few rows, from a header line, a lag that was applied twice or a slice of another length, keeps every
    shape right. The network learns what it can of a label that belongs elsewhere, and its errors look like noise of the
    data.

Evidence
    The correlation of predictions with labels at each lag, each recording about its own mean, and how much it exceeds
    that of the same windows at lag 0, with an interval over recordings that allows for the lags and splits looked at.
    Every split is looked at, training too: a network that reads the window says what belongs to it, whatever it was
    taught beside it.

Remedy
    Align the labels. Cut windows and labels by the same indices, and keep the index beside both.

When it can be wrong
    A window may truly tell a later state better than its own, or an earlier one where it looks back a long way. A label
    that is a straight line in every recording fits at every lag, and nothing can be told. A shift so far that labels
    have nothing to do with their windows teaches nothing, and predictions that know nothing show no lag. Where labels
    of every split are shifted alike and windows tell the shifted label too, the shift does not show.

Example
    Labels 0 1 0 -1 repeated and predictions of the labels one window later, 1 0 -1 0: the correlation is 0 at lag 0 and
    1 at lag 1.

References
    Box, Jenkins and Reinsel, Time Series Analysis, chapter 12 (cross-correlation function).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.scoring.interval import FEWEST_RECORDINGS, draws

MARGIN = 0.05
"""Correlation by which another lag must be better, at the lower end of its interval: less is what smooth labels and a
little noise give."""
PEAK = 0.3
"""Least correlation at the peak: the lag of a prediction that knows nothing means nothing."""
CHANCE = 4.0
"""Times 1 / sqrt(windows), by which predictions that know nothing correlate with any labels: 4 leave one in a thousand
for a dozen lags of several splits and tasks."""
ERROR_MARGIN = 0.2
"""From here on, most of what the prediction knows belongs to other windows."""
SPLITS = ("test", "val", "train")
_FURTHEST = 32  # windows
_LENGTH = 4  # a recording is as many times as long as the furthest lag, so that three quarters overlap
_SHORTEST = 6  # windows
_TIE = 1e-6  # of a correlation: the nearest lag is meant where labels repeat

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Alignment:
    """The lag (windows; positive where predictions fit later labels) at which an output of a task gains most, its
    correlation `peak` there, that of the same windows at lag 0, `own`, and an interval of the gain over `recordings`
    that holds for all lags and splits at once. They have `windows` in all."""

    task: str
    output: int | None
    split: str
    lag: int
    peak: float
    own: float
    interval: tuple[float, float]
    recordings: int
    windows: int

    @property
    def gain(self) -> float:
        return self.peak - self.own


def measure(case: Case) -> Iterator[Alignment]:
    """Each number of each task, on the split in which another lag is surest to be better, else on the most independent
    one; of those with enough recordings of several windows."""
    found = False
    for task, facts in case.tasks.items():
        if facts.kind not in (None, "regression"):
            continue
        of = [(split, own[task]) for split in SPLITS if task in (own := (case.predictions or {}).get(split, {}))]
        surest: dict[int | None, Alignment] = {}
        for split, one in of:
            for each in _aligned(task, split, one, len(of)):
                best = surest.setdefault(each.output, each)
                surest[each.output] = each if each.interval[0] > best.interval[0] + _TIE else best
        found = found or bool(surest)
        yield from surest.values()
    if not found:
        raise NotCheckedError(f"no number with predictions of {FEWEST_RECORDINGS} recordings of several windows")


def _aligned(task: str, split: str, one: Predicted, splits: int) -> Iterator[Alignment]:
    """The alignment of each output; the interval holds for all lags and so many `splits` at once."""
    if one.truth.dtype.kind not in "fiu" or one.pred.dtype.kind not in "fiu" or not one.mask.any():
        return
    truth, pred = (values.reshape(len(values), -1).astype(float) for values in (one.truth, one.pred))
    used = one.mask & np.isfinite(truth).all(axis=1) & np.isfinite(pred).all(axis=1)
    truth, pred = truth[used], pred[used]
    _, index, counts = np.unique(one.recording[used], return_inverse=True, return_counts=True)
    rows = np.split(np.argsort(index, kind="stable"), np.cumsum(counts)[:-1])
    rows = [row for row in rows if len(row) >= _SHORTEST]
    if len(rows) < FEWEST_RECORDINGS:
        return
    furthest = min(_FURTHEST, int(np.median([len(row) for row in rows])) // _LENGTH)
    lags = np.arange(-furthest, furthest + 1)
    for output in range(truth.shape[1]):
        sums = np.stack([_sums(pred[row, output], truth[row, output], lags) for row in rows])
        there, own = _correlations(sums.sum(axis=0))
        gain = there - own
        best = int(np.argmin(np.where(gain >= gain.max() - _TIE, np.abs(lags), furthest + 1)))
        drawn = [np.subtract(*_correlations(times @ sums[:, best])) for times in draws(len(rows), seed=0)]
        tail = 2.5 / len(lags) / splits  # the best of so many was taken (Bonferroni)
        low, high = np.percentile(drawn, [tail, 100 - tail])
        yield Alignment(
            task,
            output if truth.shape[1] > 1 else None,
            split,
            int(lags[best]),
            float(there[best]),
            float(own[best]),
            (float(low), float(high)),
            len(rows),
            sum(map(len, rows)),
        )


def _sums(pred: Numbers, truth: Numbers, lags: NDArray[np.int64]) -> Numbers:
    """(lag, 7) over the windows that overlap at each lag, all about their means there: of predictions with the labels
    at the lag, product and squares; of the same predictions with their own labels, and of the same labels with their
    own predictions, product and the square that is new. On other windows a straight line would fit better or worse."""
    n, found = len(pred), []
    for lag in lags:
        early, late = slice(max(0, -lag), n - max(0, lag)), slice(max(0, lag), n - max(0, -lag))
        p, t, q, u = (one - one.mean() for one in (pred[early], truth[early], pred[late], truth[late]))
        found.append((p @ u, p @ p, u @ u, p @ t, t @ t, q @ u, q @ q))
    return np.array(found)


def _correlations(sums: Numbers) -> tuple[Numbers, Numbers]:
    """From (.., 7) the correlation at the lag, and the better one of the same windows at lag 0; 0 where one of both
    does not vary."""
    pu, pp, uu, pt, tt, qu, qq = np.moveaxis(sums, -1, 0)
    there, first, second = (
        np.divide(a, np.sqrt(b), out=np.zeros_like(a), where=b > 0)
        for a, b in ((pu, pp * uu), (pt, pp * tt), (qu, qq * uu))
    )
    return there, np.maximum(first, second)


def judge(one: Alignment) -> Finding | None:
    """A warning where another lag is better beyond doubt, an error where most of the fit is there."""
    least = max(PEAK, CHANCE / sqrt(one.windows))
    if one.lag == 0 or one.peak < least or one.interval[0] < MARGIN:
        return None
    name = one.task if one.output is None else f"{one.task}.{one.output}"
    return Finding(
        severity="error" if one.interval[0] >= ERROR_MARGIN else "warning",
        what=f"{name}, {one.split}: predictions correlate {one.peak:.2f} with the label {abs(one.lag)} window"
        f"{'' if abs(one.lag) == 1 else 's'} {'later' if one.lag > 0 else 'earlier'}, {one.own:.2f} with their own",
        scope=Scope(task=one.task, split=one.split, channel=None if one.output is None else str(one.output)),
        evidence=(
            Fact("gain in correlation at the best lag", one.gain, one.interval, MARGIN, window=one.split),
            Fact("best lag in windows", one.lag, threshold=0, window=f"{one.recordings} recordings"),
            Fact("correlation at the best lag", one.peak, threshold=least, window=one.split),
        ),
        alternatives=(
            Alternative("broadcast-target", "the variance of labels within a batch is 0 where one label was copied"),
            Alternative("swapped-targets", "compare with the labels of the other outputs at lag 0"),
        ),
        fixes=(
            Fix(
                f"shift the labels by {-one.lag} windows within each recording, or mend what cut them",
                {},
                f"the peak moves to lag 0 and stays near {one.peak:.2f}",
                risk=f"{abs(one.lag)} windows at an end of each recording lose their label",
            ),
        ),
    )


CHECK = Check(
    id="misaligned-target",
    needs=("predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "constant-output", "overfitting", "information-ceiling"),
)
