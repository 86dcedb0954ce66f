"""One minus the dice overlap of a window's marks, with probabilities in place of decisions."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class DiceLoss:
    """1 - (2 sum p y + eps) / (sum p + sum y + eps) over the samples of a window, y of 0 and 1 (Sudre et al. 2017)."""

    eps: float

    def __call__(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Losses (batch,) of logits against truth, both (batch, sample)."""
        share = logits.sigmoid()
        both, either = (share * truth).sum(dim=1), share.sum(dim=1) + truth.sum(dim=1)
        return 1 - (2 * both + self.eps) / (either + self.eps)
