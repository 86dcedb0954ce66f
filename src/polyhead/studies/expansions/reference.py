"""The study's classical reference: boosting bar by bar on the features and those of the bars before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from polyhead.scoring import span
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.threshold import choose_threshold

LAGS = range(9)
"""Bars back, 0 being the bar itself."""
# As for bearings' boosting but for fewer trees: no setting was chosen on this study.
BOOSTING = {
    "learning_rate": 0.05,
    "max_iter": 120,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 20,
    "l2_regularization": 1.0,
    "max_features": 0.3,
    "early_stopping": False,
}


def lagged(signal: NDArray[np.floating], lags: range = LAGS) -> NDArray[np.floating]:
    """Features (window, bar, lag * channel) of a signal (window, channel, bar), NaN before the window's first bar."""
    bars = signal.shape[2]
    by_bar = np.moveaxis(signal, 1, 2)
    parts = [np.full_like(by_bar, np.nan) for _ in lags]
    for part, lag in zip(parts, lags, strict=True):
        part[:, lag:] = by_bar[:, : bars - lag]
    return np.concatenate(parts, axis=2)


def boosting(
    signal: NDArray[np.floating],
    marks: NDArray[np.integer],
    split: Mapping[str, NDArray[np.integer]],
    seed: int = 0,
) -> dict[str, float]:
    """Every metric of spans, by name, of boosting on the test windows, as the network's are computed.

    `signal` (window, channel, bar), `marks` (window, bar) of 0 and 1, `split` the windows of train, val and test. The
    threshold is the one of largest F1 on validation bars, as a network's is.
    """
    table = lagged(signal)
    rows, labels = table[split["train"]], marks[split["train"]]
    model = HistGradientBoostingClassifier(**BOOSTING, random_state=seed)
    model.fit(rows.reshape(-1, rows.shape[2]), labels.ravel())
    score = {name: _probability(model, table[split[name]]) for name in ("val", "test")}
    threshold = choose_threshold(marks[split["val"]].ravel(), score["val"].ravel())
    truth, of_test = marks[split["test"]].astype(np.int64), score["test"]
    everywhere = np.ones(len(truth), dtype=bool)
    found = Prediction(truth, (of_test >= threshold).astype(np.int64), everywhere, np.arange(len(truth)), of_test)
    outcomes = {measure.metric.name: measure.compute(found).value for measure in span.KIND.measures}
    return {name: value for name, value in outcomes.items() if value is not None}


def _probability(model: HistGradientBoostingClassifier, table: NDArray[np.floating]) -> NDArray[np.float64]:
    flat = model.predict_proba(table.reshape(-1, table.shape[2]))[:, 1]
    return np.asarray(flat, dtype=np.float64).reshape(table.shape[:2])
