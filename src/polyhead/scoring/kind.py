"""What a kind of task must say to be scored: its metrics, its trivial predictors, its primary metric under weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference

Statistic = Callable[[NDArray[np.float64]], float]
"""A metric as a function of one weight per window, (n,); NaN where it is undefined under these weights."""


@dataclass(frozen=True)
class Outcome:
    """A metric's value with a remark on it, or None with the reason."""

    value: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Measure:
    """A metric, how it is computed, and the names of the trivial predictors whose best score is its floor.

    `compute` receives known windows only, at least one, with finite numbers and labels of the reference's classes.
    """

    metric: Metric
    compute: Callable[[Prediction], Outcome]
    trivial: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """All there is to scoring one kind of task.

    `fit` turns known training labels (and the number of classes, if given) into the reference. `trivial` turns
    known windows and the reference into the predictions of the trivial predictors by name; a trivial predictor
    predicts only what it has an opinion on (`majority` has no probabilities). `measures` holds the primary metric
    first; `statistic` is that metric under weights.
    """

    name: str
    fit: Callable[[NDArray[np.generic], int | None], Reference]
    trivial: Callable[[Prediction, Reference], Mapping[str, Prediction]]
    measures: tuple[Measure, ...]
    statistic: Callable[[Prediction], Statistic]
