"""The metrics of every kind that predicts numbers."""

from __future__ import annotations

from collections.abc import Callable

from polyhead.scoring import residuals, uncertainty
from polyhead.scoring.kind import Measure, Outcome
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction

CONSTANTS = ("mean", "median")


def measures(r2: Callable[[Prediction], Outcome], trivial: tuple[str, ...]) -> tuple[Measure, ...]:
    """The metrics of numbers, with a kind's own R2 as the primary one and its trivial predictors."""
    return (
        Measure(Metric("r2", "higher", 1.0), r2, trivial),
        Measure(Metric("mae", "lower", 0.0, "target"), residuals.mae, trivial),
        Measure(Metric("rmse", "lower", 0.0, "target"), residuals.rmse, trivial),
        Measure(Metric("mse", "lower", 0.0, "target^2"), residuals.mse, trivial),
        Measure(Metric("mape", "lower", 0.0), residuals.mape, trivial),
        Measure(Metric("bias", None, 0.0, "target"), residuals.bias, trivial),
        Measure(Metric("res_68", "lower", 0.0, "target"), residuals.res_68, trivial),
        *uncertainty.measures(),
        Measure(Metric("nasa_score", "lower", 0.0), residuals.nasa_score, CONSTANTS, on_request=True),
    )
