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
    Where no metrics are named, those `on_request` are left out, and so are those whose `needs`, arrays of the
    prediction by name, are missing.
    """

    metric: Metric
    compute: Callable[[Prediction], Outcome]
    trivial: tuple[str, ...]
    needs: tuple[str, ...] = ()
    on_request: bool = False

    def by_default(self, prediction: Prediction) -> bool:
        """Whether the metric is computed of this prediction without being named."""
        return not self.on_request and all(getattr(prediction, name) is not None for name in self.needs)


@dataclass(frozen=True)
class Kind:
    """All there is to scoring one kind of task.

    `fit` turns known training labels (and the number of classes, if given) into the reference. `trivial` turns
    known windows and the reference into the predictions of the trivial predictors by name; a trivial predictor
    predicts only what it has an opinion on (`majority` has no probabilities). `measures` holds the primary metric
    first; `statistic` is that metric under weights. `right` says of each window whether it is decided rightly; None
    for kinds where a prediction is near or far, but not right or wrong. `unusable` says why `trivial` leaves out some
    that the metrics name, None where it does not; the scores carry it.
    """

    name: str
    fit: Callable[[NDArray[np.generic], int | None], Reference]
    trivial: Callable[[Prediction, Reference], Mapping[str, Prediction]]
    measures: tuple[Measure, ...]
    statistic: Callable[[Prediction], Statistic]
    right: Callable[[Prediction], NDArray[np.bool_]] | None = None
    unusable: Callable[[Prediction, Reference], str | None] | None = None
