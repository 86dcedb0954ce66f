"""Scoring of classification: one of several classes, beside the majority and the prior of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring.kind import Kind, Measure, Outcome, Statistic
from polyhead.scoring.known import refuse_labels
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.ranking import auroc
from polyhead.scoring.reference import Reference
from polyhead.scoring.remark import remark_on

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Probabilities are raised to this in log_loss, as scikit-learn does: one certain error costs 36, not infinity."""


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Share of each class among known training labels (n,); `classes` defaults to the highest label plus one."""
    count = int(truth.max()) + 1 if classes is None else classes
    refuse_labels(truth, count)
    shares = np.bincount(truth.astype(np.int64), minlength=count) / len(truth)
    return Reference("classification", len(truth), prior=tuple(shares.tolist()))


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """The majority class; the training prior as probabilities; and equal probabilities, which rank nothing."""
    windows, classes = len(known.truth), len(reference.prior)
    refuse_labels(known.truth, classes)
    if known.score is not None and known.score.shape != (windows, classes):
        raise ValueError(f"probabilities have shape (window, class) = {windows, classes}, found {known.score.shape}")
    prior = np.broadcast_to(np.asarray(reference.prior), (windows, classes))
    return {
        "majority": replace(known, pred=np.full(windows, reference.majority), score=None),
        "prior": replace(known, score=prior),
        "chance": replace(known, score=np.full((windows, classes), 1 / classes)),
    }


def statistic(known: Prediction) -> Statistic:
    """Macro F1 over the classes that occur in truth or prediction of the windows with weight."""
    truth, pred, classes = _labels(known)
    hit = truth == pred

    def macro_f1(weight: NDArray[np.float64]) -> float:
        actual, predicted = np.bincount(truth, weight, classes), np.bincount(pred, weight, classes)
        either = actual + predicted
        right = np.bincount(truth, weight * hit, classes)
        return float(np.mean(2 * right[either > 0] / either[either > 0]))

    return macro_f1


def macro_f1(known: Prediction) -> Outcome:
    """Mean over classes of 2 TP / (2 TP + FP + FN).

    All macro metrics average over the classes that occur in truth or prediction, as scikit-learn does by default.
    """
    return Outcome(statistic(known)(np.ones(len(known.truth))))


def right(known: Prediction) -> NDArray[np.bool_]:
    """Whether the class of each window is right: (n,)."""
    return np.asarray(known.truth == known.pred)


def accuracy(known: Prediction) -> Outcome:
    """Share of windows whose class is right."""
    return Outcome(float(np.mean(right(known))))


def macro_precision(known: Prediction) -> Outcome:
    """Mean over classes of TP / (TP + FP); a class that occurs and is never predicted counts as 0, and is named."""
    return _macro(known, by="predicted", remark="never predicted, precision counts as 0")


def macro_recall(known: Prediction) -> Outcome:
    """Mean over classes of TP / (TP + FN); a class that is predicted and never occurs counts as 0, and is named."""
    return _macro(known, by="actual", remark="predicted but absent from this split, recall counts as 0")


def macro_auroc(known: Prediction) -> Outcome:
    """One class against the rest, averaged uniformly over the classes that have both sides in this split.

    The others are left out and named. Undefined if none has both.
    """
    if known.score is None:
        return Outcome(None, "no probabilities")
    values = np.array([auroc(known.truth == index, known.score[:, index]) for index in range(known.score.shape[1])])
    defined = np.isfinite(values)
    if not defined.any():
        return Outcome(None, "only one class among the known labels")
    return Outcome(float(values[defined].mean()), remark_on("class", ~defined, "absent from this split, left out"))


def log_loss(known: Prediction) -> Outcome:
    """Mean of -ln p of the true class, in nats."""
    if known.score is None:
        return Outcome(None, "no probabilities")
    truth = known.truth.astype(np.int64)
    of_truth = known.score.astype(np.float64)[np.arange(len(truth)), truth]
    return Outcome(float(np.mean(np.abs(np.log(np.clip(of_truth, LEAST_PROBABILITY, 1.0))))))


def _labels(known: Prediction) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Truth, prediction, and the number of classes that holds both."""
    truth, pred = known.truth.astype(np.int64), known.pred.astype(np.int64)
    return truth, pred, int(max(truth.max(), pred.max())) + 1


def _macro(known: Prediction, *, by: str, remark: str) -> Outcome:
    truth, pred, classes = _labels(known)
    actual, predicted = np.bincount(truth, minlength=classes), np.bincount(pred, minlength=classes)
    total = predicted if by == "predicted" else actual
    occurs = actual + predicted > 0
    share = np.bincount(truth[truth == pred], minlength=classes) / np.maximum(total, 1)
    return Outcome(float(share[occurs].mean()), remark_on("class", occurs & (total == 0), remark))


KIND = Kind(
    name="classification",
    fit=fit,
    trivial=trivial,
    measures=(
        Measure(Metric("macro_f1", "higher", 1.0), macro_f1, ("majority",)),
        Measure(Metric("accuracy", "higher", 1.0), accuracy, ("majority",)),
        Measure(Metric("macro_precision", "higher", 1.0), macro_precision, ("majority",)),
        Measure(Metric("macro_recall", "higher", 1.0), macro_recall, ("majority",)),
        Measure(Metric("macro_auroc", "higher", 1.0), macro_auroc, ("chance",)),
        Measure(Metric("log_loss", "lower", 0.0), log_loss, ("prior",)),
    ),
    statistic=statistic,
    right=right,
)
