"""Scoring of ordinal tasks: classes in an order, beside the majority, the median class and the prior of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import classification, residuals
from polyhead.scoring.kind import Kind, Measure, Outcome
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference

CONSTANTS = ("majority", "median")


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Share of each class and the median class among known training labels (n,); the lower one between two."""
    median = np.sort(truth)[(len(truth) - 1) // 2]
    return replace(classification.fit(truth, classes), kind="ordinal", median=(float(median),))


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """Those of classification, and the median class, of all constants the one with the least MAE in training."""
    predictors = classification.trivial(known, reference)
    median = np.full(len(known.truth), int(reference.median[0]))
    return predictors | {"median": replace(predictors["majority"], pred=median)}


def within_1(known: Prediction) -> Outcome:
    """Share of windows whose class is right or one step off."""
    return Outcome(float(np.mean(np.abs(residuals.residuals(known)) <= 1)))


KIND = Kind(
    name="ordinal",
    fit=fit,
    trivial=trivial,
    measures=(
        *classification.KIND.measures,
        Measure(Metric("mae", "lower", 0.0), residuals.mae, CONSTANTS),  # in steps between neighbouring classes
        Measure(Metric("within_1", "higher", 1.0), within_1, CONSTANTS),
    ),
    statistic=classification.statistic,
    right=classification.right,
)
