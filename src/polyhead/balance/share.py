"""Weights as shares: of tasks that compete for them, and the least that each may have."""

from __future__ import annotations

import torch
from torch import Tensor


def soft_shares(scores: Tensor, present: Tensor) -> Tensor:
    """softmax of the scores (task,) over the present tasks, times their number: equal scores give 1. Absent tasks get
    0."""
    shares = torch.where(present, scores, -torch.inf).softmax(0)
    return torch.where(present, present.sum() * shares, 0.0)


def least_share(weights: Tensor, present: Tensor, share: float) -> Tensor:
    """The positive weights (task,) mixed with equal ones, so that each present task has at least `share` of their sum,
    which stays what it was: w + share (sum - K w). Absent tasks get 0. Without `share` they are as they came."""
    if not share:
        return weights
    kept = torch.where(present, weights, 0.0)
    mixed = share * kept.sum() + (1 - share * present.sum()) * kept
    return torch.where(present, mixed, 0.0)
