"""Scoring of pointers: the first and last bar of one span per window, beside spans that never look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.constant_span import best_by_bars, best_by_overlap, marked
from polyhead.scoring.kind import Kind, Measure, Outcome
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.scoring.residuals import mae_statistic, residuals
from polyhead.scoring.spans import hits, overlap

SPANS = ("constant-span", "constant-match")


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Median of each end and constant spans of known training pointers (window, 2), in bars."""
    _refuse(truth)
    bounds = np.rint(truth.astype(np.float64)).astype(np.int64)
    bars = int(bounds[:, 1].max()) + 1  # none later marks a bar of training
    constants = (best_by_bars(marked(bounds, bars), len(bounds)), best_by_overlap(bounds, bars))
    return Reference(
        "pointers",
        len(truth),
        median=tuple(np.median(truth.astype(np.float64), axis=0).tolist()),
        spans=tuple(bar for span in constants for bar in span),
    )


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """The training median of each end; and two constant spans, that of largest bar F1 over the spans of training
    (constant-span) and that with the most of them at tIoU .5 or more (constant-match)."""
    _refuse(known.truth)
    constants = dict(zip(SPANS, np.reshape(reference.spans, (-1, 2)), strict=True))
    every = {"median": np.asarray(reference.median)} | constants
    shape = known.truth.shape
    return {name: replace(known, pred=np.broadcast_to(ends.astype(float), shape)) for name, ends in every.items()}


def boundary_mae(known: Prediction) -> Outcome:
    """Mean absolute residual of both ends, in bars."""
    return Outcome(float(np.mean(np.abs(residuals(known)))))


def start_mae(known: Prediction) -> Outcome:
    """Mean absolute residual of the first bar."""
    return Outcome(float(np.mean(np.abs(residuals(known)[:, 0]))))


def end_mae(known: Prediction) -> Outcome:
    """Mean absolute residual of the last bar."""
    return Outcome(float(np.mean(np.abs(residuals(known)[:, 1]))))


def iou(known: Prediction) -> Outcome:
    """Mean over windows of the bars in both spans over the bars in either; ends may be fractions of a bar."""
    return Outcome(float(np.mean(overlap(known.truth, known.pred))))


def span_f1_50(known: Prediction) -> Outcome:
    """Share of windows with a tIoU of .5 or more: with one true and one predicted span each, F1 is that share."""
    return Outcome(float(np.mean(overlap(known.truth, known.pred) >= 0.5)))


def hit_3(known: Prediction) -> Outcome:
    """Share of windows with both ends off by 3 bars at most."""
    return Outcome(float(np.mean(hits(known.truth, known.pred))))


def _refuse(truth: NDArray[np.generic]) -> None:
    if truth.ndim != 2 or truth.shape[1] != 2:
        raise ValueError(f"pointers have shape (window, 2), found {truth.shape}")
    first, last = truth.astype(np.float64).T
    odd = int(np.sum((first < 0) | (last < first)))
    if odd:
        raise InputError(
            f"{odd} of {len(truth)} spans end before they start, or start before bar 0",
            do="mask windows without a span",
        )


TRIVIAL = ("median", *SPANS)

KIND = Kind(
    name="pointers",
    fit=fit,
    trivial=trivial,
    measures=(
        Measure(Metric("boundary_mae", "lower", 0.0, "target"), boundary_mae, TRIVIAL),
        Measure(Metric("iou", "higher", 1.0), iou, TRIVIAL),
        Measure(Metric("hit_3", "higher", 1.0), hit_3, TRIVIAL),
        Measure(Metric("start_mae", "lower", 0.0, "target"), start_mae, TRIVIAL),
        Measure(Metric("end_mae", "lower", 0.0, "target"), end_mae, TRIVIAL),
        Measure(Metric("span_f1_50", "higher", 1.0), span_f1_50, TRIVIAL),
    ),
    statistic=mae_statistic,
)
