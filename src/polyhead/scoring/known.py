"""The windows of a prediction that count, and what is wrong with them."""

from __future__ import annotations

from dataclasses import fields, replace

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
    mask = np.asarray(prediction.mask, dtype=bool)
    return replace(prediction, **{name: values[mask] for name, values in arrays.items() if values is not None})


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
