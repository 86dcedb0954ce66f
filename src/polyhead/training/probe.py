"""What sampled steps measure: each task's gradient at the backbone's output, conflict, and the health of the map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor, nn


def gradient_norms(arrived: Sequence[Tensor]) -> Tensor:
    """Norm of what arrived of each loss at the map, (task,) float64."""
    return torch.stack([norm_of(one) for one in arrived])


def shared_cosines(features: Sequence[Tensor], arrived: Sequence[Tensor], shared: Sequence[nn.Parameter]) -> Tensor:
    """Cosine between the gradients of each pair of losses over the shared parameters, (pair,) float64, in the order
    of itertools.combinations; NaN where either gradient is zero. `arrived` holds each loss's gradient at the map
    of `features` that it reads, which the shared parameters made."""
    rows = []
    for at, one in zip(features, arrived, strict=True):
        reaches = at.requires_grad and shared  # a frozen layer's map does not
        none = [None] * len(shared)
        parts = torch.autograd.grad(at, shared, one, retain_graph=True, allow_unused=True) if reaches else none
        rows.append(
            torch.cat(
                [
                    (torch.zeros_like(p) if g is None else g).flatten().double()
                    for g, p in zip(parts, shared, strict=True)
                ]
            )
        )
    gram = torch.stack(rows) @ torch.stack(rows).T
    length = gram.diagonal().sqrt()
    cosines = gram / (length[:, None] * length[None, :])  # 0 / 0 is NaN
    pairs = list(combinations(range(len(rows)), 2))
    return torch.stack([cosines[i, j] for i, j in pairs]) if pairs else cosines.new_zeros(0)


def dead_share(features: Tensor) -> Tensor:
    """Share of the map's channels that are zero at every step of every window in the batch."""
    return (features == 0).flatten(2).all(dim=2).all(dim=0).double().mean()


def effective_rank(features: Tensor) -> Tensor:
    """exp of the entropy of the normalised singular values (Roy and Vetterli, EUSIPCO 2007) of the map's mean over
    time, centred over the batch; between 1 and min(batch, channels), 0 where all windows look alike, NaN where the map
    is not finite."""
    pooled = features.flatten(2).mean(dim=2).double()
    if not pooled.isfinite().all():
        return pooled.new_tensor(torch.nan)
    values = torch.linalg.svdvals(pooled - pooled.mean(dim=0))
    total = values.sum()
    share = (values / total).clamp(min=1e-300)
    return torch.where(total > 0, torch.exp(-(share * share.log()).sum()), 0.0)


def checksum(parameters: Sequence[Tensor]) -> Tensor:
    """Sum of absolute values of all parameters, float64: equal runs have equal ones."""
    return parameter_sums(parameters).sum()


def parameter_sums(parameters: Sequence[Tensor]) -> Tensor:
    """Sum of absolute values of each parameter, (parameter,) float64: one that never moves keeps its own."""
    return torch.stack([p.detach().abs().sum(dtype=torch.float64) for p in parameters])


def parameter_norms(module: nn.Module) -> Tensor:
    """Norm of the gradient of each parameter after clipping, (parameter,) float64, 0 where it has none."""
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in module.parameters()]
    return torch.stack([norm_of(gradient) for gradient in gradients])


def norm_of(values: Tensor) -> Tensor:
    """Euclidean norm of all values, summed in float64: float32 norms of long vectors lose digits."""
    norm: Tensor = torch.linalg.vector_norm(values, dtype=torch.float64)
    return norm
