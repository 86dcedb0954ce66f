"""What a loop's tensors say: labels with what is known of them, and predictions as scoring has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from torch import Tensor

from polyhead.errors import InputError
from polyhead.training.monitoring.task import NUMBERS, SIGNALS, YES_OR_NO, MonitoredTask

IGNORED = -100
"""The class label that torch's losses leave out by default: not known."""
_SHAPES = {
    "multilabel": "(window, label)",
    "span": "(window, sample)",
    "pointers": "(window, 2), first and last sample",
    "countdown": "(window, sample)",
}


@dataclass(frozen=True)
class Labels:
    """`truth` as in Prediction, and `mask` (window,), true where it is known; truth is 0 elsewhere."""

    truth: NDArray[Any]
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class Answer:
    """`pred`, `score` and `sd` as in Prediction."""

    pred: NDArray[Any]
    score: NDArray[np.float64] | None = None
    sd: NDArray[np.float64] | None = None


def array_of(values: Any) -> NDArray[Any]:
    """A tensor of any device and precision, or what NumPy takes, as an array."""
    if isinstance(values, Tensor):
        values = values.detach()
        return np.asarray((values.float() if values.is_floating_point() else values).cpu().numpy())
    return np.asarray(values)


def labels_of(task: MonitoredTask, values: Any) -> Labels:
    """Labels of one batch: NaN, and -100 for classes, are not known. Raises InputError for shapes and classes that
    cannot be."""
    found, where = array_of(values), f"targets[{task.name!r}]"
    if task.has_classes:
        return _classes(task, _flat(found, where), where)
    if found.dtype.kind not in "biuf":
        raise InputError(f"expected numbers, found {found.dtype}", where=where)
    if task.kind in YES_OR_NO:
        found = _answers(task, found.astype(np.float64), where)
        known = np.isfinite(found) & (found != IGNORED)
        if not np.isin(found[known], (0, 1)).all():
            odd = found[known][~np.isin(found[known], (0, 1))][0]
            raise InputError(f"expected 0 and 1, found {odd:g}", where=where, do="give NaN where a label is not known")
        return _masked(np.where(known, found, 0).astype(np.int64), known)
    found = _numbers(task, found, where)
    known = np.isfinite(found)
    return _masked(np.where(known, found, 0.0), known)


def answer_of(task: MonitoredTask, values: Any) -> Answer:
    """Predictions of one batch: logits (or probabilities, where the task says so) of classes, numbers, or a pair of
    numbers and their standard deviations. Raises InputError for shapes that cannot be."""
    where = f"predictions[{task.name!r}]"
    if task.kind in NUMBERS:
        pair = values if isinstance(values, tuple) else (values, None)
        if len(pair) != 2:
            raise InputError(f"expected numbers or (numbers, sd), found {len(pair)} parts", where=where)
        pred, sd = (None if one is None else _numbers(task, array_of(one), where) for one in pair)
        assert pred is not None
        return Answer(pred, sd=sd)
    found = array_of(values)
    if found.dtype.kind != "f":
        what = "probabilities" if task.probabilities else "logits"
        raise InputError(f"expected {what}, found {found.dtype}", where=where, do="give outputs, not decisions")
    found = found.astype(np.float64)
    if task.has_classes:
        found = _shaped(found, 2, "(window, class)", where)
        score = found if task.probabilities else softmax(found, axis=1)
        return Answer(score.argmax(axis=1), score)
    if task.kind == "binary" and found.ndim == 2 and found.shape[1] == 2:  # one output for each answer
        score = found[:, 1] if task.probabilities else expit(found[:, 1] - found[:, 0])
    else:
        found = _answers(task, found, where)
        score = found if task.probabilities else expit(found)
    return Answer((score >= task.threshold).astype(np.int64), score)


def _classes(task: MonitoredTask, found: NDArray[Any], where: str) -> Labels:
    if found.dtype.kind in "UO":
        names = {name: number for number, name in enumerate(task.classes)}
        odd = next((str(one) for one in found if one is not None and str(one) not in names), None)
        if odd is not None:
            raise InputError(
                f"no class {odd!r}", where=where, do=f"name it: tasks={{{task.name!r}: {{'classes': [..]}}}}"
            )
        found = np.array([IGNORED if one is None else names[str(one)] for one in found], np.int64)
    number = found.astype(np.float64)
    known = np.isfinite(number) & (number != IGNORED)
    odd_ones = number[known & ((number < 0) | (number != np.round(number)))]
    if len(odd_ones):
        raise InputError(
            f"expected class numbers from 0, found {odd_ones[0]:g}",
            where=where,
            do="give -100 where a label is not known",
        )
    return Labels(np.where(known, number, 0).astype(np.int64), known)


def _numbers(task: MonitoredTask, found: NDArray[Any], where: str) -> NDArray[Any]:
    """Numbers in double precision; signals, of which there are many, in that which they have."""
    if task.kind in SIGNALS:
        found = found if found.dtype.kind == "f" else found.astype(np.float32)
        found = found[:, None] if found.ndim == 2 else found
        return _shaped(found, 3, "(window, channel, time)", where)
    found = found.astype(np.float64)
    if task.kind in _SHAPES:
        found = _shaped(found, 2, _SHAPES[task.kind], where)
        if task.kind == "pointers" and found.shape[1] != 2:
            raise InputError(f"expected shape {_SHAPES['pointers']}, found {found.shape}", where=where)
        return found
    if found.ndim == 2 and found.shape[1] == 1:
        return found[:, 0]
    return found if found.ndim == 1 else _shaped(found, 2, "(window,) or (window, output)", where)


def _answers(task: MonitoredTask, found: NDArray[Any], where: str) -> NDArray[Any]:
    """What is asked of yes or no: (window,), or (window, label) or (window, sample) where there are several."""
    several = _SHAPES.get(task.kind or "")
    return _flat(found, where) if several is None else _shaped(found, 2, several, where)


def _masked(truth: NDArray[Any], known: NDArray[np.bool_]) -> Labels:
    """A window is known where all of its label is."""
    return Labels(truth, np.asarray(known.reshape(len(known), -1).all(axis=1)))


def _flat(found: NDArray[Any], where: str) -> NDArray[Any]:
    if found.ndim == 2 and found.shape[1] == 1:
        return found[:, 0]
    return _shaped(found, 1, "(window,)", where)


def _shaped(found: NDArray[Any], ndim: int, expected: str, where: str) -> NDArray[Any]:
    if found.ndim != ndim:
        raise InputError(f"expected shape {expected}, found {found.shape}", where=where)
    return found
