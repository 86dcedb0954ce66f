"""Predictions of a split, all windows together: what is known of them, and metrics recomputed from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.scoring.ranking import auroc as _auroc

Numbers = NDArray[np.float64]


def known_of(case: Case, split: str, task: str) -> Predicted | None:
    """The windows of a split whose label is known, None without any."""
    predicted = (case.predictions or {}).get(split, {}).get(task)
    if predicted is None or not predicted.mask.any():
        return None
    mask = predicted.mask
    return Predicted(
        predicted.recording[mask],
        predicted.truth[mask],
        predicted.pred[mask],
        mask[mask],
        None if predicted.score is None else predicted.score[mask],
        None if predicted.sd is None else predicted.sd[mask],
    )


def is_number(case: Case, task: str, predicted: Predicted) -> bool:
    """Whether a task predicts numbers: by its kind, else by what its predictions are made of."""
    kind = case.tasks[task].kind if task in case.tasks else None
    if kind is not None:
        return kind in ("regression", "forecast", "reconstruction", "masked", "pointers", "countdown")
    return predicted.truth.dtype.kind == "f" and predicted.score is None


def is_binary(case: Case, task: str, predicted: Predicted) -> bool:
    """Whether a task answers yes or no with a score for yes; the samples of a span are to be `answers` first."""
    kind = case.tasks[task].kind if task in case.tasks else None
    fits = predicted.score is not None and predicted.score.ndim == 1 and predicted.truth.ndim == 1
    return fits and kind in (None, "binary", "span")


def asks_yes_or_no(facts: TaskFacts) -> bool:
    """Whether a task may be one question of yes or no, asked of windows or of their samples."""
    return facts.kind in (None, "binary", "span")


def answers(facts: TaskFacts, predicted: Predicted) -> Predicted:
    """Predictions with a row for each answer: each sample of a span is one, of its window's recording."""
    if facts.kind != "span" or predicted.truth.ndim < 2:
        return predicted
    bars = predicted.truth.shape[1]
    score, sd = (None if part is None else part.ravel() for part in (predicted.score, predicted.sd))
    recording, mask = np.repeat(predicted.recording, bars), np.repeat(predicted.mask, bars)
    return Predicted(recording, predicted.truth.ravel(), predicted.pred.ravel(), mask, score, sd)


def positive(values: NDArray[np.generic], classes: Sequence[str]) -> NDArray[np.bool_]:
    """Which labels (window,) mean yes: 1, whatever the classes are called, or the second of two that are words."""
    if values.dtype.kind in "biuf":
        return np.asarray(values == 1)
    return np.asarray(values.astype(str) == (classes[-1] if classes else "1"))


def columns_of(values: NDArray[np.generic]) -> Numbers:
    """Numbers (window,) or (window, ..) as (window, output) in float64."""
    return values.astype(np.float64).reshape(len(values), -1)


def auroc(truth: NDArray[np.bool_], score: Numbers) -> float:
    """Area under the ROC curve, NaN with one class absent."""
    return float(_auroc(truth, score))


def macro_f1(truth: NDArray[np.generic], pred: NDArray[np.generic]) -> float:
    """Mean F1 over the classes that occur in truth or prediction."""
    values = []
    for name in np.union1d(truth, pred):
        actual, predicted = truth == name, pred == name
        values.append(2 * np.sum(actual & predicted) / (actual.sum() + predicted.sum()))
    return float(np.mean(values))


def r2(truth: Numbers, pred: Numbers) -> float:
    """1 - SSE/SST about the mean, NaN where the truth does not vary."""
    sst = float(np.sum((truth - truth.mean()) ** 2))
    return 1 - float(np.sum((pred - truth) ** 2)) / sst if sst > 0 else float("nan")


def shares(labels: NDArray[np.generic]) -> dict[str, float]:
    """Share of each class among labels (window,)."""
    names, counts = np.unique(labels.astype(str), return_counts=True)
    return {str(name): float(count) / len(labels) for name, count in zip(names, counts, strict=True)}
