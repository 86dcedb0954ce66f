"""One minus intersection over union of a window's labels, with probabilities in place of decisions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from polyhead.tasks.task import Weights

Array = NDArray[np.float64]

_ALL = 10  # as many labels are tried in every combination
_START = 0.1  # the head starts at this probability or at one minus it: from 0 or 1 nothing is learned


@dataclass(frozen=True)
class OverlapLoss:
    """1 - (sum p y + eps) / (sum (p + y - p y) + eps) over the labels of a window, y of 0 and 1."""

    eps: float

    def __call__(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Losses (batch,) of logits against truth, both (batch, label)."""
        share = logits.sigmoid()
        both = (share * truth).sum(dim=1)
        either = (share + truth - share * truth).sum(dim=1)
        return 1 - (both + self.eps) / (either + self.eps)

    def best_constant(self, truth: Array, weights: Weights | None) -> tuple[Array, float]:
        """Logits (label,) near the best constant set of labels for truth (n, label), and the mean loss of that set.

        In the probability of one label the mean overlap is convex (linear over windows with the label, 1 / (c + p)
        over those without), so it is largest where every probability is 0 or 1. Beyond ten labels one label at a time
        is changed for as long as that helps, from the most frequent labels, which need not find the best of all sets.
        """
        distinct, inverse = np.unique(truth, axis=0, return_inverse=True)
        share = np.bincount(inverse.ravel(), weights, len(distinct)) / len(truth)

        def loss(chosen: Array) -> float:
            both, either = (chosen * distinct).sum(axis=1), np.maximum(chosen, distinct).sum(axis=1)
            return float((share * (1 - (both + self.eps) / (either + self.eps))).sum())

        labels = truth.shape[1]
        if labels <= _ALL:
            best = min((np.array(each, float) for each in product((0, 1), repeat=labels)), key=loss)
        else:
            frequency = (share[:, None] * distinct).sum(axis=0)
            first = [(frequency >= least).astype(float) for least in np.unique(frequency)]
            best = min([*first, np.zeros(labels)], key=loss)
            while loss(better := min((_flipped(best, label) for label in range(labels)), key=loss)) < loss(best):
                best = better
        start = np.where(best > 0, 1 - _START, _START)
        return np.log(start / (1 - start)), loss(best)


def _flipped(chosen: Array, label: int) -> Array:
    other = chosen.copy()
    other[label] = 1 - other[label]
    return other
