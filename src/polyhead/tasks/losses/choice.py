"""Losses of one class among several: cross-entropy, focal, and with a penalty on the distance between classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyhead.config.losses import ClassFocalLoss, CrossEntropyLoss, DistancePenalizedLoss
from polyhead.tasks.losses import constant
from polyhead.tasks.task import Weights

Array = NDArray[np.float64]

_LEAST = 1e-12  # a class whose windows all weigh nothing has no logarithm


@dataclass(frozen=True)
class ChoiceLoss:
    """Loss of class y under probabilities p = softmax(logits).

    ce: -log p_y. focal: alpha_y (1 - p_y)^gamma times that (Lin et al. 2017). distance_penalized: alpha times ce plus
    beta times the sum over classes j of p_j |j - y|, both in classes (alpha 1 and beta 1/2 by default).
    """

    options: CrossEntropyLoss | ClassFocalLoss | DistancePenalizedLoss

    def __call__(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Losses (batch,) of logits (batch, class) against class indices (batch,)."""
        entropy = F.cross_entropy(logits, truth, reduction="none")
        if isinstance(self.options, CrossEntropyLoss):
            return entropy
        if isinstance(self.options, DistancePenalizedLoss):
            classes = torch.arange(logits.shape[1], device=logits.device)
            steps = (classes - truth[:, None]).abs()
            distance = (logits.softmax(dim=1) * steps).sum(dim=1)
            return self.options.alpha * entropy + self.options.beta * distance
        # As 1 - p would lose its digits where p is about 1, and its slope there at gamma below 1.
        wrong = _log_of_the_others(logits, truth)
        weight = logits.new_ones(()) if self.options.alpha is None else logits.new_tensor(self.options.alpha)[truth]
        return weight * (self.options.gamma * wrong).exp() * entropy

    def best_constant(self, codes: NDArray[np.int64], classes: int, weights: Weights | None) -> tuple[Array, float]:
        """The constant logits (class,) for class indices (n,), and their mean loss.

        ce: the logarithm of the prior, whose entropy is the loss. The others are minimised from there, from equal
        probabilities and from the middle class alone, as they need not be convex.
        """
        mass = 1.0 if weights is None else float(weights.mean())
        prior = np.bincount(codes, weights, classes) / (len(codes) * mass)
        start = np.log(np.maximum(prior, _LEAST))
        if isinstance(self.options, CrossEntropyLoss):
            return start, float(mass * -(prior * start).sum())
        share, every = torch.from_numpy(prior), torch.arange(classes)

        def mean(logits: Tensor) -> Tensor:
            return (share * self(logits.expand(classes, -1), every)).sum()

        middle = int(np.argmax(np.cumsum(prior) >= 0.5))  # of least distance, if one class had to do
        alone = np.log(np.where(np.arange(classes) == middle, 0.9, 0.1 / max(classes - 1, 1)))
        best = constant.least_logits(mean, [start, np.zeros(classes), alone])
        best = best - np.log(np.exp(best).sum())  # of all logits with these probabilities, their logarithms
        return best, mass * float(mean(torch.from_numpy(best)))


def _log_of_the_others(logits: Tensor, truth: Tensor) -> Tensor:
    """log(1 - p_y) as the logarithm of the other classes' probabilities."""
    own = F.one_hot(truth, logits.shape[1]).bool()
    return logits.masked_fill(own, -torch.inf).logsumexp(dim=1) - logits.logsumexp(dim=1)
