"""Probabilities of the first and of the last sample of a span: cross-entropy, and the likeliest pair in order."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from polyhead.tasks.task import Weights

Array = NDArray[np.float64]

_EVEN = 0.1  # share of the probability that starts evenly spread, for samples that were never an end in training


def boundary_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Mean of both cross-entropies (batch,) of logits (batch, 2, sample) for first and last sample (batch, 2)."""
    return F.cross_entropy(logits.transpose(1, 2), truth, reduction="none").mean(dim=1)


def best_boundary(ends: NDArray[np.int64], samples: int, weights: Weights | None) -> tuple[Array, float]:
    """Logits (2, sample) near those that say how often each sample was an end of `ends` (window, 2), and the least mean
    loss of logits that are the same for all windows: the mean entropy of both distributions."""
    counts = np.stack([np.bincount(ends[:, side], weights, samples) for side in range(2)]).astype(np.float64)
    share = counts / counts.sum(axis=1, keepdims=True)
    entropy = -np.where(share > 0, share * np.log(np.where(share > 0, share, 1)), 0).sum(axis=1)
    mass = 1.0 if weights is None else float(weights.mean())
    return np.log((1 - _EVEN) * share + _EVEN / samples), float(mass * entropy.mean())


def best_pair(logits: Tensor) -> Tensor:
    """First and last sample (batch, 2) of the largest sum of their logits (batch, 2, sample), first <= last."""
    first, last = logits[:, 0], logits[:, 1]
    reached = _largest_before(first)
    end = (reached + last).argmax(dim=1, keepdim=True)
    at = torch.arange(first.shape[1], device=first.device)
    start = first.masked_fill(at > end, -torch.inf).argmax(dim=1, keepdim=True)
    return torch.cat([start, end], dim=1)


def _largest_before(values: Tensor) -> Tensor:
    """The largest of each row's values up to each place, as cummax, which no exported graph has."""
    reach = 1
    while reach < values.shape[1]:
        values = torch.cat([values[:, :reach], torch.maximum(values[:, reach:], values[:, :-reach])], dim=1)
        reach *= 2
    return values
