"""The study's classical reference: boosting on features of the envelope, and a linear forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, f1_score, r2_score, roc_auc_score

Array = NDArray[np.float64]
Rows = NDArray[np.integer]
Columns = Mapping[str, NDArray[np.generic]]
Scores = dict[str, dict[str, float]]

# Best on average of ten settings about it, on the validation bearings of two seeds; none differed by more than .02 from
# another (trees of 7 to 31 leaves, 150 to 600 of them, rates of .03 and .05, early stopping, other penalties).
BOOSTING = {
    "learning_rate": 0.05,
    "max_iter": 150,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 20,
    "l2_regularization": 1.0,
    "max_features": 0.3,
    "early_stopping": False,
}
LAGS = (128, 512, 1024)
PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2)
HELD_OUT = 0.2


def boosting(features: Array, columns: Columns, train: Rows, test: Rows, seed: int = 0) -> Scores:
    """Fit boosting on `features` (row, feature) of the rows `train`, score it on the rows `test`.

    `columns` holds `fault`, `is_faulty` and `life` (row,), NaN in `life` where it is unknown. Returns
    {task: {metric: value}} with the majority share of the test rows beside accuracy.
    """
    fault, flag, life = columns["fault"], columns["is_faulty"], columns["life"].astype(float)
    classes = HistGradientBoostingClassifier(**BOOSTING, random_state=seed).fit(features[train], fault[train])
    named = classes.predict(features[test])
    kinds, counts = np.unique(fault[train], return_counts=True)
    binary = HistGradientBoostingClassifier(**BOOSTING, random_state=seed).fit(features[train], flag[train])
    score = binary.predict_proba(features[test])[:, 1]
    seen, asked = train[np.isfinite(life[train])], test[np.isfinite(life[test])]
    rest = HistGradientBoostingRegressor(**BOOSTING, random_state=seed).fit(features[seen], life[seen])
    return {
        "fault": {
            "accuracy": float(accuracy_score(fault[test], named)),
            "macro_f1": float(f1_score(fault[test], named, average="macro")),
            "majority": float(np.mean(fault[test] == kinds[counts.argmax()])),
        },
        "is_faulty": {"auroc": float(roc_auc_score(flag[test], score))},
        "life": {"r2": float(r2_score(life[asked], rest.predict(features[asked])))},
    }


@dataclass(frozen=True)
class Autoregression:
    """A linear map (lag, horizon) from the last samples to the next ones."""

    weights: Array

    def predict(self, past: Array) -> Array:
        """Forecast (row, horizon) after `past` (row, time)."""
        return np.asarray(past[:, -len(self.weights) :] @ self.weights)


def _moments(signal: Array, lags: int, horizon: int, last: int) -> tuple[Array, Array]:
    """Gram matrix of the past and its product with the future, over stretches of each row that end by `last`."""
    gram, cross = np.zeros((lags, lags)), np.zeros((lags, horizon))
    for end in range(last, lags - 1, -horizon):
        past, future = signal[:, end - lags : end], signal[:, end : end + horizon]
        gram += past.T @ past
        cross += past.T @ future
    return gram, cross


def _ridge(gram: Array, cross: Array, penalty: float) -> Autoregression:
    lags = len(gram)
    return Autoregression(np.linalg.solve(gram + penalty * np.trace(gram) / lags * np.eye(lags), cross))


def autoregression(
    signal: Array, groups: NDArray[np.generic], length: int, horizon: int, seed: int = 0
) -> Autoregression:
    """Ridge regression from the last samples of windows to the `horizon` samples after them.

    `signal` (row, time) are training rows, of which every stretch of a window is used. Lags and penalty are chosen on
    a fifth of the recordings (`groups`), then all are fitted.
    """
    names = np.unique(groups)
    held = np.isin(groups, np.random.default_rng(seed).permutation(names)[: max(1, round(HELD_OUT * len(names)))])
    future = signal[held, length : length + horizon]
    best, least = (LAGS[0], PENALTIES[0]), np.inf
    for lags in (lags for lags in LAGS if lags <= length):
        gram, cross = _moments(signal[~held], lags, horizon, length)
        for penalty in PENALTIES:
            error = np.mean((_ridge(gram, cross, penalty).predict(signal[held, :length]) - future) ** 2)
            if error < least:
                best, least = (lags, penalty), float(error)
    return _ridge(*_moments(signal, best[0], horizon, length), best[1])


def forecast(
    signal: NDArray[np.floating], groups: NDArray[np.generic], train: Rows, test: Rows, length: int, horizon: int
) -> dict[str, float]:
    """R2, pooled over rows and samples of the horizon, of ridge, persistence and the training mean on `test`.

    `signal` is (row, time); the first `length` samples of a row are the window, the next `horizon` are forecast.
    """
    values = signal.astype(float)
    fitted = autoregression(values[train], groups[train], length, horizon)
    past, future = values[test, :length], values[test, length : length + horizon]
    total = np.sum((future - future.mean()) ** 2)
    guesses = {
        "ridge": fitted.predict(past),
        "persistence": np.broadcast_to(past[:, -1:], future.shape),
        "mean": np.full_like(future, values[train, length : length + horizon].mean()),
    }
    scores = {name: float(1 - np.sum((future - guess) ** 2) / total) for name, guess in guesses.items()}
    return scores | {"lags": float(len(fitted.weights))}
