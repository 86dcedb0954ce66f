"""Scoring of multi-label tasks: yes or no for each of several labels, each beside the trivial predictors of binary."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import binary
from polyhead.scoring.kind import Kind, Measure, Outcome, Statistic
from polyhead.scoring.known import refuse_labels
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.scoring.remark import remark_on


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Share of positives of each label, and the most frequent set of labels, of training labels (n, label)."""
    _refuse(truth)
    sets, counts = np.unique(truth.astype(np.int64), axis=0, return_counts=True)
    prior = np.mean(truth == 1, axis=0)
    common = sets[np.argmax(counts)]
    return Reference("multilabel", len(truth), prior=tuple(prior.tolist()), common=tuple(common.tolist()))


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """The trivial predictors of binary for every label on its own, and the most frequent set of labels of training."""
    _refuse(known.truth)
    shape = (len(known.truth), len(reference.prior))
    for name, values in (("labels", known.truth), ("probabilities", known.score)):
        if values is not None and values.shape != shape:
            raise ValueError(f"{name} have shape (window, label) = {shape}, found {values.shape}")
    prior = np.asarray(reference.prior)
    majority = (prior > 0.5).astype(np.int64)  # among equals no, the lower index, as in binary
    return {
        "all-positive": replace(known, pred=np.ones(shape, dtype=np.int64), score=None),
        "majority": replace(known, pred=np.broadcast_to(majority, shape), score=None),
        "common-set": replace(known, pred=np.broadcast_to(np.asarray(reference.common), shape), score=None),
        "prior": replace(known, score=np.broadcast_to(prior, shape)),
        "chance": replace(known, score=np.full(shape, 0.5)),
    }


def statistic(known: Prediction) -> Statistic:
    """Mean AUROC over the labels that have both sides among the windows with weight; NaN if none has."""
    of_labels = [binary.statistic(of_label) for of_label in _labels(known)]

    def mean_auroc(weight: NDArray[np.float64]) -> float:
        values = [value for value in (auroc(weight) for auroc in of_labels) if math.isfinite(value)]
        return sum(values) / len(values) if values else float("nan")

    return mean_auroc


def over_labels(compute: Callable[[Prediction], Outcome]) -> Callable[[Prediction], Outcome]:
    """A metric of binary, averaged uniformly over the labels where it is defined; the reason names the others."""

    def mean(known: Prediction) -> Outcome:
        outcomes = [compute(of_label) for of_label in _labels(known)]
        values = [outcome.value for outcome in outcomes if outcome.value is not None]
        if not values and len(set(outcomes)) == 1:
            return outcomes[0]
        remarks = [one.reason if one.value is not None else f"left out, {one.reason}" for one in outcomes]
        named = [_naming(remarks, remark) for remark in dict.fromkeys(remarks) if remark]
        return Outcome(sum(values) / len(values) if values else None, "; ".join(filter(None, named)) or None)

    return mean


def precision(known: Prediction) -> Outcome:
    """Precision of one label; 0 with a remark where it occurs and is never predicted, as in macro_precision.

    Left out of the mean it would stand beside a floor over more labels, and silence would raise the mean.
    """
    outcome = binary.precision(known)
    if outcome.value is None and (known.truth == 1).any():
        return Outcome(0.0, "never predicted, precision counts as 0")
    return outcome


def right(known: Prediction) -> NDArray[np.bool_]:
    """Whether all labels of each window are right: (n,)."""
    return np.asarray((known.truth == known.pred).all(axis=1))


def exact_match(known: Prediction) -> Outcome:
    """Share of windows with all labels right."""
    return Outcome(float(np.mean(right(known))))


def _labels(known: Prediction) -> list[Prediction]:
    """Each label as a binary prediction."""
    return [
        replace(
            known,
            truth=known.truth[:, label],
            pred=known.pred[:, label],
            score=None if known.score is None else known.score[:, label],
        )
        for label in range(known.truth.shape[1])
    ]


def _naming(remarks: list[str | None], remark: str) -> str | None:
    return remark_on("label", np.array([one == remark for one in remarks]), remark)


def _refuse(truth: NDArray[np.generic]) -> None:
    if truth.ndim != 2:
        raise ValueError(f"labels have shape (window, label), found {truth.shape}")
    refuse_labels(truth.ravel(), 2)


COMPUTED_OTHERWISE = {"precision": precision}

KIND = Kind(
    name="multilabel",
    fit=fit,
    trivial=trivial,
    measures=(
        *(
            Measure(one.metric, over_labels(COMPUTED_OTHERWISE.get(one.metric.name, one.compute)), one.trivial)
            for one in binary.KIND.measures
        ),
        Measure(Metric("exact_match", "higher", 1.0), exact_match, ("majority", "common-set")),
    ),
    statistic=statistic,
    right=right,
)
