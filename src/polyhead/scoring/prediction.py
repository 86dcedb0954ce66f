"""Pooled predictions of one task on one split, in physical units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """All windows of a split for one task, known or not, in the order of the split.

    Shapes, with n windows:
    classification: truth and pred (n,) int64 class indices, score (n, class) probabilities;
    binary: truth (n,) int64 of 0 and 1, score (n,) probability of 1, pred (n,) int64 decided at a threshold;
    regression: truth and pred (n,) or (n, output) float64 in target units;
    forecast: truth and pred (n, channel, horizon) float64, last (n, channel) the last sample seen, for persistence;
    reconstruction: truth and pred (n, channel, time) float64;
    masked: truth and pred (n, channel, hidden sample) float64, between the same, interpolated between samples in sight;
    multilabel: truth and pred (n, label) int64 of 0 and 1, score (n, label) probabilities;
    ordinal: as classification, the classes in order;
    span: truth and pred (n, bar) int64 of 0 and 1, score (n, bar) probabilities;
    pointers: truth and pred (n, 2) float64 first and last bar of the window's one span, inclusive, from 0;
    countdown: truth and pred (n, bar) float64 bars until the span starts, positive before.
    With an uncertainty `sd` has the shape of `pred`: one standard deviation; `low` and `high` bound the central 90 %.
    `mask` (n,) is true where the truth is known; truth is arbitrary elsewhere. `recording` (n,) is the index of the
    recording of each window.
    """

    truth: NDArray[np.generic]
    pred: NDArray[np.generic]
    mask: NDArray[np.bool_]
    recording: NDArray[np.int64]
    score: NDArray[np.float64] | None = None
    sd: NDArray[np.float64] | None = None
    last: NDArray[np.float64] | None = None
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    between: NDArray[np.float64] | None = None
