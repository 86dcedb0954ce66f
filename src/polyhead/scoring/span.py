"""Scoring of span tasks: which bars of a window are marked, by bar and by span, beside spans that never look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import binary
from polyhead.scoring.classification import LEAST_PROBABILITY
from polyhead.scoring.constant_span import Span, best_by_bars, best_by_overlap
from polyhead.scoring.kind import Kind, Measure, Outcome, Statistic
from polyhead.scoring.known import refuse_labels
from polyhead.scoring.matching import Pairs, cheapest, most, pairs_of
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.scoring.spans import Spans, hits, overlap, spans_of

SPANS = ("constant-span", "constant-match", "median-span")
"""Trivial predictors that mark the same span in every window."""


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Share of marked bars, of each bar's place too, and constant spans of known training marks (window, bar).

    Without a span in training there is no constant span.
    """
    _refuse(truth)
    spans, (windows, bars) = spans_of(truth), truth.shape
    positives = np.sum(truth == 1, axis=0)
    share = float(positives.sum() / truth.size)
    constants: tuple[Span, ...] = ()
    if len(spans):
        first, last = np.floor(np.median(spans.bounds, axis=0)).astype(int).tolist()
        constants = (best_by_bars(positives, windows), best_by_overlap(spans.bounds, bars), (first, last))
    return Reference(
        "span",
        windows,
        prior=(1 - share, share),
        bar_mean=tuple((positives / windows).tolist()),
        spans=tuple(bar for span in constants for bar in span),
    )


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """Every bar marked (none marked scores 0, never more than that); and three constant spans: that of largest bar
    F1 in training (constant-span), that with the most matches at tIoU .5 there (constant-match), and the median
    first and last bar of its spans (median-span). As probability the share of marked bars in training (base-rate),
    and that of each bar's place in the window, with one more window at the base rate so that none is 0 (bar-rate).

    What was learned bar by bar is left out where the windows have another length than in training.
    """
    _refuse(known.truth)
    shape = known.truth.shape
    if known.score is not None and known.score.shape != shape:
        raise ValueError(f"the probability of 1 has shape (window, bar) = {shape}, found {known.score.shape}")
    base = reference.positive_share
    predictors = {
        "all-positive": replace(known, pred=np.ones(shape, dtype=np.int64), score=None),
        "base-rate": replace(known, score=np.full(shape, base)),
    }
    if reference.other_length(shape[1]):
        return predictors
    bars, windows = np.arange(shape[1]), reference.n
    for name, (first, last) in zip(SPANS, np.reshape(reference.spans, (-1, 2)).tolist(), strict=False):
        marks = ((first <= bars) & (bars <= last)).astype(np.int64)
        predictors[name] = replace(known, pred=np.broadcast_to(marks, shape), score=None)
    rate = (np.asarray(reference.bar_mean) * windows + base) / (windows + 1)
    predictors["bar-rate"] = replace(known, score=np.broadcast_to(rate, shape))
    return predictors


def unusable(known: Prediction, reference: Reference) -> str | None:
    """Why constant spans, or all that know a bar by its place, cannot be used on these windows, or None."""
    other = reference.other_length(known.truth.shape[1])
    return other or (None if reference.spans else "floor without constant spans: no span in training")


def statistic(known: Prediction) -> Statistic:
    """F1 of all bars; NaN where no bar with weight is marked."""
    positive, predicted = known.truth == 1, known.pred == 1
    right = np.sum(positive & predicted, axis=1)
    actual = np.sum(positive, axis=1)
    either = actual + np.sum(predicted, axis=1)

    def f1(weight: NDArray[np.float64]) -> float:
        # einsum, not @: see residuals.r2_statistic.
        twice, total, marked = (np.einsum("w,w->", weight, count) for count in (2 * right, either, actual))
        return float(twice / total) if marked > 0 else float("nan")

    return f1


def f1(known: Prediction) -> Outcome:
    """2 TP / (2 TP + FP + FN) over the bars of all windows at once; undefined without a marked bar."""
    return _no_span(known) or Outcome(statistic(known)(np.ones(len(known.truth))))


def precision(known: Prediction) -> Outcome:
    """Share of the bars predicted as marked that are; undefined if none is predicted, or none is marked."""
    return _no_span(known) or _by_bar(known, binary.precision)


def recall(known: Prediction) -> Outcome:
    """Share of the marked bars that are predicted."""
    return _no_span(known) or _by_bar(known, binary.recall)


def average_precision(known: Prediction) -> Outcome:
    """Sum of precision times gain in recall over all bars; a constant probability reaches the share of marked bars."""
    return _no_span(known) or _by_bar(known, binary.average_precision)


def auroc(known: Prediction) -> Outcome:
    """Chance that a marked bar has a higher probability than an unmarked one, of any window, ties counted half."""
    return _no_span(known) or _by_bar(known, binary.auroc)


def separation(known: Prediction) -> Outcome:
    """Mean probability of the bars inside spans minus that of the bars outside, over all windows."""
    # From the first score on: the means of equal ones then differ by 0, not by a rounding.
    score = None if known.score is None else known.score.astype(np.float64)
    shifted = known if score is None else replace(known, score=score - score[0, 0])
    return _no_span(known) or _by_bar(shifted, binary.separation)


def log_loss(known: Prediction) -> Outcome:
    """Mean over bars of -ln of the probability of what the bar is, in nats."""
    if known.score is None:
        return binary.NO_SCORE
    score = known.score.astype(np.float64)
    of_truth = np.where(known.truth == 1, score, 1 - score)
    return Outcome(float(-np.mean(np.log(np.clip(of_truth, LEAST_PROBABILITY, 1.0)))) + 0.0)


def span_f1(least: float) -> Callable[[Prediction], Outcome]:
    """F1 of whole spans, matched where tIoU reaches `least`."""

    def compute(known: Prediction) -> Outcome:
        true, pred, pairs = _spans(known)
        fits = overlap(pairs.true_bounds, pairs.pred_bounds) >= least
        return _no_span(known) or Outcome(2 * most(fits, pairs) / (len(true) + len(pred)))

    compute.__doc__ = (
        f"2 TP / (true + predicted spans) over all windows, TP the most one-to-one matches with a tIoU of {least:g}; "
        "0 where none is predicted."
    )
    return compute


def hit_3(known: Prediction) -> Outcome:
    """Share of true spans with a predicted span of their own whose first and last bars are off by 3 at most."""
    true, _, pairs = _spans(known)
    fits = hits(pairs.true_bounds, pairs.pred_bounds)
    return _no_span(known) or Outcome(most(fits, pairs) / len(true))


def boundary_mae(known: Prediction) -> Outcome:
    """Mean over true spans of how far both ends of its predicted span are off, the window's length if it has none.

    The pairs of a window are one to one and of least total distance. Nothing that was missed vanishes, but a span
    predicted beside the true ones costs nothing here; it does in span_f1.
    """
    true, _, pairs = _spans(known)
    distance = np.abs(pairs.true_bounds - pairs.pred_bounds).mean(axis=1)
    paired = distance[cheapest(distance, pairs)]
    missed = (len(true) - len(paired)) * known.truth.shape[1]
    return _no_span(known) or Outcome(float((paired.sum() + missed) / len(true)))


def _spans(known: Prediction) -> tuple[Spans, Spans, Pairs]:
    true, pred = spans_of(known.truth), spans_of(known.pred)
    return true, pred, pairs_of(true, pred)


def _by_bar(known: Prediction, metric: Callable[[Prediction], Outcome]) -> Outcome:
    """A metric of binary with every bar a case of its own."""
    score = None if known.score is None else known.score.ravel()
    return metric(replace(known, truth=known.truth.ravel(), pred=known.pred.ravel(), score=score))


def _no_span(known: Prediction) -> Outcome | None:
    if (known.truth == 1).any():
        return None
    return Outcome(None, f"none of the {len(known.truth)} known windows has a span")


def _refuse(truth: NDArray[np.generic]) -> None:
    if truth.ndim != 2:
        raise ValueError(f"marks have shape (window, bar), found {truth.shape}")
    refuse_labels(truth.ravel(), 2)


RATES = ("base-rate", "bar-rate")
MARKS = ("all-positive", *SPANS)

KIND = Kind(
    name="span",
    fit=fit,
    trivial=trivial,
    measures=(
        Measure(Metric("f1", "higher", 1.0), f1, MARKS),
        Measure(Metric("precision", "higher", 1.0), precision, MARKS),
        Measure(Metric("recall", "higher", 1.0), recall, MARKS),
        Measure(Metric("average_precision", "higher", 1.0), average_precision, RATES),
        Measure(Metric("auroc", "higher", 1.0), auroc, RATES),
        Measure(Metric("span_f1_30", "higher", 1.0), span_f1(0.3), MARKS),
        Measure(Metric("span_f1_50", "higher", 1.0), span_f1(0.5), MARKS),
        Measure(Metric("span_f1_70", "higher", 1.0), span_f1(0.7), MARKS),
        Measure(Metric("hit_3", "higher", 1.0), hit_3, MARKS),
        Measure(Metric("boundary_mae", "lower", 0.0, "target"), boundary_mae, MARKS),
        Measure(Metric("separation", "higher", 1.0), separation, RATES),
        Measure(Metric("log_loss", "lower", 0.0), log_loss, RATES),
    ),
    statistic=statistic,
    unusable=unusable,
)
