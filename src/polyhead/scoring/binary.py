"""Scoring of binary tasks: yes or no, beside chance, all-positive, and the majority and prior of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.scoring import ranking
from polyhead.scoring.kind import Kind, Measure, Outcome, Statistic
from polyhead.scoring.known import refuse_labels
from polyhead.scoring.metric import Metric
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference

NO_SCORE = Outcome(None, "no probabilities")


def fit(truth: NDArray[np.generic], classes: int | None = None) -> Reference:
    """Share of negatives and positives among known training labels (n,) of 0 and 1."""
    refuse_labels(truth, 2)
    share = float(np.mean(truth == 1))
    return Reference("binary", len(truth), prior=(1 - share, share))


def trivial(known: Prediction, reference: Reference) -> dict[str, Prediction]:
    """Always yes; the majority of training; its share of positives as probability; and a score that ranks nothing."""
    windows = len(known.truth)
    refuse_labels(known.truth, 2)
    if known.score is not None and known.score.shape != (windows,):
        raise ValueError(f"the probability of 1 has shape (window,) = {(windows,)}, found {known.score.shape}")
    return {
        "all-positive": replace(known, pred=np.ones(windows, dtype=np.int64), score=None),
        "majority": replace(known, pred=np.full(windows, reference.majority), score=None),
        "prior": replace(known, score=np.full(windows, reference.positive_share)),
        "chance": replace(known, score=np.full(windows, 0.5)),
    }


def statistic(known: Prediction) -> Statistic:
    """AUROC; undefined everywhere without a score."""
    if known.score is None:
        return lambda weight: float("nan")
    return ranking.auroc_statistic(known.truth == 1, known.score)


def auroc(known: Prediction) -> Outcome:
    """Probability that a positive window has a higher score than a negative one, ties counted half."""
    return _one_class(known) or Outcome(statistic(known)(np.ones(len(known.truth))))


def average_precision(known: Prediction) -> Outcome:
    """Sum of precision times gain in recall, without interpolation; a constant score reaches the prevalence."""
    if known.score is None:
        return NO_SCORE
    return _no_positive(known) or Outcome(ranking.average_precision(known.truth == 1, known.score))


def f1(known: Prediction) -> Outcome:
    """2 TP / (2 TP + FP + FN); undefined without a positive window, since nobody could then reach 1."""
    right, predicted, actual = _counts(known)
    return _no_positive(known) or Outcome(2 * right / (predicted + actual))


def precision(known: Prediction) -> Outcome:
    """TP / (TP + FP); undefined if nothing is predicted positive, or nothing is positive."""
    right, predicted, _ = _counts(known)
    if not predicted:
        return _no_positive(known) or Outcome(None, "nothing is predicted positive")
    return _no_positive(known) or Outcome(right / predicted)


def recall(known: Prediction) -> Outcome:
    """TP / (TP + FN)."""
    right, _, actual = _counts(known)
    return _no_positive(known) or Outcome(right / actual)


def right(known: Prediction) -> NDArray[np.bool_]:
    """Whether each window is decided rightly: (n,)."""
    return np.asarray(known.truth == known.pred)


def accuracy(known: Prediction) -> Outcome:
    """Share of windows decided rightly."""
    return Outcome(float(np.mean(right(known))))


def brier(known: Prediction) -> Outcome:
    """Mean squared distance of the probability from 0 or 1 (Brier 1950, for the one class)."""
    if known.score is None:
        return NO_SCORE
    return Outcome(float(np.mean((known.score.astype(np.float64) - (known.truth == 1)) ** 2)))


def separation(known: Prediction) -> Outcome:
    """Mean probability over positive windows minus mean probability over negative ones."""
    undefined = _one_class(known)
    if undefined or known.score is None:
        return undefined or NO_SCORE
    score, positive = known.score.astype(np.float64), known.truth == 1
    return Outcome(float(score[positive].mean() - score[~positive].mean()))


def _counts(known: Prediction) -> tuple[int, int, int]:
    """Windows rightly predicted positive, predicted positive, and positive."""
    positive, predicted = known.truth == 1, known.pred == 1
    return int(np.sum(positive & predicted)), int(predicted.sum()), int(positive.sum())


def _no_positive(known: Prediction) -> Outcome | None:
    if (known.truth == 1).any():
        return None
    return Outcome(None, f"none of the {len(known.truth)} known labels is positive")


def _one_class(known: Prediction) -> Outcome | None:
    if known.score is None:
        return NO_SCORE
    if (known.truth == 1).all():
        return Outcome(None, f"none of the {len(known.truth)} known labels is negative")
    return _no_positive(known)


KIND = Kind(
    name="binary",
    fit=fit,
    trivial=trivial,
    measures=(
        Measure(Metric("auroc", "higher", 1.0), auroc, ("chance",)),
        Measure(Metric("average_precision", "higher", 1.0), average_precision, ("chance",)),
        Measure(Metric("f1", "higher", 1.0), f1, ("all-positive",)),
        Measure(Metric("precision", "higher", 1.0), precision, ("all-positive",)),
        Measure(Metric("recall", "higher", 1.0), recall, ("all-positive",)),
        Measure(Metric("accuracy", "higher", 1.0), accuracy, ("majority",)),
        Measure(Metric("brier", "lower", 0.0), brier, ("prior",)),
        Measure(Metric("separation", "higher", 1.0), separation, ("chance",)),
    ),
    statistic=statistic,
    right=right,
)
