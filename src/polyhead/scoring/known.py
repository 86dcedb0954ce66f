"""The windows of predictions: those that count, a part of them, several parts as one; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction


def only_known(prediction: Prediction) -> Prediction:
    """The windows whose truth is known; refuses arrays that would only fit by broadcasting.

    Raises ValueError if the arrays differ in length, or truth and pred in shape.
    """
    arrays = {field.name: getattr(prediction, field.name) for field in fields(prediction)}
    lengths = {name: len(values) for name, values in arrays.items() if values is not None}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"a prediction has one row per window in every array, found {lengths}")
    if prediction.truth.shape != prediction.pred.shape:
        raise ValueError(f"truth and pred have one shape, found {prediction.truth.shape} and {prediction.pred.shape}")
    for name in ("sd", "low", "high"):
        if arrays[name] is not None and arrays[name].shape != prediction.pred.shape:
            raise ValueError(f"pred and {name} have one shape, found {prediction.pred.shape} and {arrays[name].shape}")
    return taken(prediction, np.asarray(prediction.mask, dtype=bool))


def taken(prediction: Prediction, chosen: NDArray[np.bool_]) -> Prediction:
    """The windows where `chosen` (n,) is true."""
    arrays = {field.name: getattr(prediction, field.name) for field in fields(prediction)}
    return replace(prediction, **{name: values[chosen] for name, values in arrays.items() if values is not None})


def joined(parts: Sequence[Prediction]) -> Prediction:
    """The windows of all parts, the test predictions of folds say, one after the other.

    Raises InputError if the parts hold different numbers of classes, labels or outputs, ValueError if an array is
    there in some parts only.
    """
    if len(parts) == 1:
        return parts[0]
    return Prediction(**{field.name: _joined(field.name, parts) for field in fields(Prediction)})


def _joined(name: str, parts: Sequence[Prediction]) -> Any:
    arrays = [getattr(part, name) for part in parts]
    present = [array for array in arrays if array is not None]
    if not present:
        return None
    if len(present) < len(arrays):
        raise ValueError(f"{name} is there in {len(present)} of {len(arrays)} parts; expected in all or in none")
    shapes = {array.shape[1:] for array in present}
    if len(shapes) > 1:
        raise InputError(
            f"the folds differ in the shape of `{name}` per window: {', '.join(map(str, sorted(shapes)))}",
            do="a class is missing from the training windows of a fold: stratify by it, or take fewer folds",
        )
    return np.concatenate(present)


def fault(known: Prediction) -> str | None:
    """Why no metric of these windows is defined, or None."""
    if not len(known.truth):
        return "no known label"
    for values, noun in ((known.truth, "known labels"), (known.pred, "predictions"), (known.score, "scores")):
        broken = 0 if values is None else int(np.sum(~_finite_rows(values)))
        if broken:
            return f"{broken} of {len(known.truth)} {noun} are not finite"
    return None


def refuse_labels(truth: NDArray[np.generic], classes: int) -> None:
    """Raises InputError unless every label is one of 0, 1, ..., classes - 1."""
    if truth.ndim != 1:
        raise ValueError(f"class labels have shape (window,), found {truth.shape}")
    odd = np.unique(truth[~np.isin(truth, np.arange(classes))])
    if odd.size:
        found = ", ".join(str(label) for label in odd[:5])
        raise InputError(f"expected class indices from 0 to {classes - 1}, found {found}", do="mask unknown labels")


def _finite_rows(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    finite = np.isfinite(values.astype(np.float64, copy=False))
    return np.asarray(finite.reshape(len(values), -1).all(axis=1))
