"""Heads: from the backbone's map to a task's outputs. Each does its own pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.config.tasks import ForecastHeadOptions, HeadOptions

_START = 0.1  # share of the usual spread that last weights start with, so that outputs start near the constant


def start_at(layer: nn.Linear, constant: Tensor) -> nn.Linear:
    """Make `layer` put out about `constant` (output,) whatever comes in."""
    with torch.no_grad():
        layer.weight.mul_(_START)
        layer.bias.copy_(constant)
    return layer


class WindowHead(nn.Module):
    """One answer per window: mean and maximum over time, an optional hidden layer, a linear output."""

    def __init__(self, width: int, constant: Tensor, options: HeadOptions) -> None:
        super().__init__()
        inputs = 2 * width
        self.hidden: nn.Module = nn.Identity()
        if options.hidden:
            self.hidden = nn.Sequential(nn.Linear(inputs, options.hidden), nn.ReLU())
            inputs = options.hidden
        self.dropout = nn.Dropout(options.dropout) if options.dropout else nn.Identity()
        self.output = start_at(nn.Linear(inputs, len(constant)), constant)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, width, time) to (batch, output)."""
        pooled = torch.cat([features.mean(dim=2), features.amax(dim=2)], dim=1)
        outputs: Tensor = self.output(self.dropout(self.hidden(pooled)))
        return outputs


class ForecastHead(nn.Module):
    """The next samples of some channels, from the last `context` steps of the map.

    `low_rank`: those steps through a matrix of rank `rank`; `conv`: two convolutions over them, then the same. Neither
    has a matrix of features times horizon.
    """

    def __init__(self, width: int, channels: int, horizon: int, constant: Tensor, options: ForecastHeadOptions) -> None:
        super().__init__()
        self.context, self.channels, self.horizon = options.context, channels, horizon
        self.decoder: nn.Module = nn.Identity()
        if options.decoder == "conv":
            self.decoder = nn.Sequential(
                nn.Conv1d(width, options.rank, 3, padding=1), nn.ReLU(), nn.Conv1d(options.rank, width, 3, padding=1)
            )
        self.dropout = nn.Dropout(options.dropout) if options.dropout else nn.Identity()
        self.narrow = nn.Linear(width * options.context, options.rank)
        self.output = start_at(nn.Linear(options.rank, channels * horizon), constant)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, width, time) to (batch, channel, horizon); maps shorter than the context are padded with zeros."""
        last = features[..., -self.context :]
        if last.shape[-1] < self.context:
            last = nn.functional.pad(last, (self.context - last.shape[-1], 0))
        narrow = self.narrow(self.dropout(self.decoder(last)).flatten(1))
        outputs: Tensor = self.output(narrow)
        return outputs.view(-1, self.channels, self.horizon)
