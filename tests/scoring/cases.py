"""Predictions to score: given ones with every window known, and random ones of each kind."""

from __future__ import annotations

import numpy as np

from polyhead.scoring.prediction import Prediction


def given(truth, pred=None, *, mask=None, recording=None, **numbers) -> Prediction:
    """A prediction from lists; every window known and a recording of its own unless said otherwise."""
    truth = np.asarray(truth)
    return Prediction(
        truth=truth,
        pred=truth if pred is None else np.asarray(pred),
        mask=np.ones(len(truth), dtype=bool) if mask is None else np.asarray(mask, dtype=bool),
        recording=np.arange(len(truth)) if recording is None else np.asarray(recording),
        **{name: None if values is None else np.asarray(values, dtype=float) for name, values in numbers.items()},
    )


def drawn(kind: str, *, seed: int = 0, n: int = 240, scale: float = 1.0) -> Prediction:
    """A prediction better than chance, in 12 recordings, a tenth of the labels unknown."""
    rng = np.random.default_rng(seed)
    common = {"recording": rng.integers(12, size=n), "mask": rng.random(n) > 0.1}
    if kind in ("classification", "ordinal"):
        truth = rng.choice(4, size=n, p=[0.4, 0.3, 0.2, 0.1])
        score = rng.dirichlet(np.ones(4), size=n) * 0.7
        score[np.arange(n), truth] += 0.3
        return given(truth, score.argmax(axis=1), score=score, **common)
    if kind == "span":
        truth = marks(rng, n, 16)
        score = np.round(np.clip(0.35 * truth + 0.65 * rng.random(truth.shape), 0, 1), 2)
        return given(truth, (score >= 0.6).astype(np.int64), score=score, **common)
    if kind == "pointers":
        first = rng.integers(25, size=n)
        truth = np.stack([first, first + rng.integers(8, size=n)], axis=1).astype(float)
        return given(truth, truth + 3 * rng.normal(size=truth.shape), **common)
    if kind == "countdown":
        truth = scale * np.clip(rng.integers(30, size=(n, 1)) - np.arange(30.0), -8, 8)
        return given(truth, truth + scale * (2 * rng.normal(size=truth.shape) + 0.1), **common)
    if kind in ("binary", "multilabel"):
        shape = (n,) if kind == "binary" else (n, 3)
        truth = (rng.random(shape) < 0.3).astype(np.int64)
        # rounded, so that scores tie
        score = np.round(np.clip(0.25 * truth + 0.75 * rng.random(shape), 0, 1), 2)
        return given(truth, (score >= 0.5).astype(np.int64), score=score, **common)
    shape = (n, 2) if kind == "regression" else (n, 2, 5)
    truth = 3 + np.cumsum(rng.normal(size=shape), axis=-1)
    pred = truth + 0.4 * rng.normal(size=shape) + 0.1
    last = scale * (truth[:, :, 0] + rng.normal(size=shape[:2])) if kind == "forecast" else None
    return given(scale * truth, scale * pred, last=last, **common)


def marks(rng: np.random.Generator, windows: int, bars: int) -> np.ndarray:
    """Marks of none, one or two spans per window, some at an edge, some run together: (window, bar)."""
    first = rng.integers(-3, bars, size=(windows, 2))
    length = rng.integers(1, 9, size=(windows, 2)) * (rng.random((windows, 2)) < (0.8, 0.3))
    bar = np.arange(bars)[:, None, None]
    return np.asarray(((first <= bar) & (bar < first + length)).any(axis=2).T, dtype=np.int64)


def training_labels(kind: str, *, scale: float = 1.0) -> np.ndarray:
    """Labels of another draw, for the reference."""
    other = drawn(kind, seed=99, n=300, scale=scale)
    return other.truth[other.mask]
