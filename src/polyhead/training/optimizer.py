"""The optimiser: weight decay on weights, none on biases, norms and what a balance learns."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from polyhead.config.balance import Balance as BalanceOptions
from polyhead.config.balance import KendallOptions
from polyhead.config.training import TrainOptions

_MOMENTUM = 0.9


def build_optimizer(
    network: nn.Module, balance: nn.Module, options: TrainOptions, balance_options: BalanceOptions
) -> Optimizer:
    """One optimiser over network and balance; the first group is the network's weights."""
    weights = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() <= 1]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": options.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    learned = list(balance.parameters())
    if learned:
        own = balance_options.lr if isinstance(balance_options, KendallOptions) else options.lr
        groups.append({"params": learned, "weight_decay": 0.0, "lr": own})
    groups = [group for group in groups if group["params"]]
    if options.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=options.lr, momentum=_MOMENTUM)
    kind = torch.optim.AdamW if options.optimizer == "adamw" else torch.optim.Adam
    # A fused one unscales float16's gradients itself, so late that they could not be clipped before.
    return kind(groups, lr=options.lr, fused=str(options.precision) != "16")
