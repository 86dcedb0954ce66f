"""GradNorm: learned weights under which gradients are of like length."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from polyhead.balance.adam import Adam
from polyhead.balance.balance import Terms
from polyhead.balance.gradient import GradientBalance, Gramian
from polyhead.config.balance import GradnormOptions

_LEAST = 1e-4  # a weight below 0 would raise its loss


class Gradnorm(GradientBalance):
    """Weights w that learn to bring w_i n_i to mean(w n) r_i^alpha, for gradient lengths n (Chen et al., ICML 2018).

    r_i is the loss over its first one, over the mean of these; the first one is the floor loss, 1 in the balance's
    units, as heads start at the constant. The sum of |w_i n_i - target_i| descends by Adam (its epsilon at 0: lengths
    have no unit), then the weights that moved get back the sum that they had, so that all sum to K. A step uses the
    weights from before it. Tasks without a gradient keep weight and moments.
    """

    ratios = True

    def __init__(self, options: GradnormOptions, terms: Terms) -> None:
        super().__init__(options, terms)
        self.alpha, self.lr = options.alpha, options.lr
        self.register_buffer("learned", torch.ones(self.tasks, dtype=torch.float64))
        self.adam = Adam(self.tasks, epsilon=0.0)

    def weigh(self, gramian: Gramian, losses: NDArray[np.float64], tasks: NDArray[np.int64]) -> NDArray[np.float64]:
        learned = self.get_buffer("learned")
        here = torch.from_numpy(tasks).to(learned.device)
        weights: NDArray[np.float64] = learned[here].cpu().numpy()
        lengths = np.sqrt(gramian.diagonal())
        pace = losses / max(losses.mean(), np.finfo(np.float64).tiny)
        target = (weights * lengths).mean() * pace**self.alpha
        slope, known = torch.zeros_like(learned), torch.zeros_like(learned, dtype=torch.bool)
        slope[here] = torch.from_numpy(lengths * np.sign(weights * lengths - target)).to(learned)
        known[here] = True
        moved = np.maximum(weights - self.lr * self.adam(slope, known)[here].cpu().numpy(), _LEAST)
        learned[here] = torch.from_numpy(moved * (weights.sum() / moved.sum())).to(learned)
        return weights
