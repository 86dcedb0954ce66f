"""Scoring of regression: one or several numbers per window, beside the mean or median of training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import residuals
from polyhead.scoring.kind import Kind, Outcome, Statistic
from polyhead.scoring.numeric import measures
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Mean, median and standard deviation of each output of known training labels (n,) or (n, output)."""
    columns = _columns(truth)[:, :, 0]
    mean, median, sd = columns.mean(axis=0), np.median(columns, axis=0), columns.std(axis=0)
    return Reference(
        "regression", len(truth), mean=tuple(mean.tolist()), median=tuple(median.tolist()), sd=tuple(sd.tolist())
    )


def statistic(known: Prediction) -> Statistic:
    """R2 averaged uniformly over the outputs whose truth varies in this split."""
    truth, pred = _columns(known.truth), _columns(known.pred)
    counted = residuals.varying(truth)
    return residuals.r2_statistic(truth[:, counted], pred[:, counted], pooled=False)


def r2(known: Prediction) -> Outcome:
    """1 - SSE/SST with SST about each output's own mean on this split, averaged uniformly over outputs.

    An output whose truth is constant here has no R2: it is left out and named in the reason.
    """
    truth = _columns(known.truth)
    if len(truth) < 2:
        return Outcome(None, "fewer than 2 known labels")
    counted = residuals.varying(truth)
    if not counted.any():
        return Outcome(None, "the known labels are constant")
    left_out = ", ".join(str(index) for index in np.flatnonzero(~counted))
    remark = f"left out, because constant in this split: output {left_out}" if left_out else None
    return Outcome(statistic(known)(np.ones(len(truth))), remark)


def _columns(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """(n,) or (n, output) as (n, output, 1)."""
    if values.ndim not in (1, 2):
        raise ValueError(f"a regression has shape (window,) or (window, output), found {values.shape}")
    return values.astype(np.float64).reshape(len(values), -1 if values.size else 1, 1)


KIND = Kind(
    name="regression",
    fit=fit,
    trivial=residuals.constants,
    measures=measures(r2, ("mean", "median")),
    statistic=statistic,
)
