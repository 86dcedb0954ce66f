"""Heads: from the backbone's map to a task's outputs. Each does its own pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.config.tasks import ForecastHeadOptions, HeadOptions, ReconstructionHeadOptions

_START = 0.1  # share of the usual spread that last weights start with, so that outputs start near the constant


def start_at(layer: nn.Linear, constant: Tensor) -> nn.Linear:
    """Make `layer` put out about `constant` (output,) whatever comes in."""
    with torch.no_grad():
        layer.weight.mul_(_START)
        layer.bias.copy_(constant)
    return layer


class WindowHead(nn.Module):
    """One answer per window: mean and maximum over time, the last step or all of these, an optional hidden layer, a
    linear output."""

    def __init__(self, width: int, constant: Tensor, options: HeadOptions) -> None:
        super().__init__()
        self.pooling = options.pooling
        inputs = {"mean_max": 2, "last": 1, "mean_max_last": 3}[options.pooling] * width
        self.hidden: nn.Module = nn.Identity()
        if options.hidden:
            self.hidden = nn.Sequential(nn.Linear(inputs, options.hidden), nn.ReLU())
            inputs = options.hidden
        self.dropout = nn.Dropout(options.dropout) if options.dropout else nn.Identity()
        self.output = start_at(nn.Linear(inputs, len(constant)), constant)

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """(batch, width, time) to (batch, output); only steps that are `present` (batch, time) count."""
        parts = [] if self.pooling == "last" else [*_mean_max(features, present)]
        if self.pooling != "mean_max":
            parts.append(features[..., -1])  # absent steps stand at the front
        outputs: Tensor = self.output(self.dropout(self.hidden(torch.cat(parts, dim=1))))
        return outputs


def _mean_max(features: Tensor, present: Tensor | None) -> tuple[Tensor, Tensor]:
    if present is None:
        return features.mean(dim=2), features.amax(dim=2)
    real = present.unsqueeze(1)
    mean = torch.where(real, features, 0.0).sum(dim=2) / present.sum(dim=1, keepdim=True)
    return mean, torch.where(real, features, -torch.inf).amax(dim=2)


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

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """(batch, width, time) to (batch, channel, horizon); maps shorter than the context are padded with zeros,
        which is what absent steps hold."""
        last = features[..., -self.context :]
        if last.shape[-1] < self.context:
            last = nn.functional.pad(last, (self.context - last.shape[-1], 0))
        narrow = self.narrow(self.dropout(self.decoder(last)).flatten(1))
        outputs: Tensor = self.output(narrow)
        return outputs.view(-1, self.channels, self.horizon)


class ReconstructionHead(nn.Module):
    """The samples of the window, from the map through a bottleneck of width `rank`.

    `low_rank`: means over `stretches` of the map through a matrix of that rank; `conv`: as many channels at each step
    of the map, repeated to the window's length and convolved. Neither has a matrix of features times samples.
    """

    def __init__(
        self, width: int, channels: int, samples: int, constant: Tensor, options: ReconstructionHeadOptions
    ) -> None:
        super().__init__()
        self.channels, self.samples, self.stretches = channels, samples, options.stretches
        self.conv = options.decoder == "conv"
        self.dropout = nn.Dropout(options.dropout) if options.dropout else nn.Identity()
        rank = options.rank
        self.narrow: nn.Module
        self.output: nn.Module
        if self.conv:
            self.narrow = nn.Conv1d(width, rank, 1)
            self.wide = nn.Sequential(nn.Conv1d(rank, rank, 5, padding=2), nn.ReLU())
            self.output = nn.Conv1d(rank, channels, 5, padding=2, bias=False)
            self.constant = nn.Parameter(constant.view(channels, samples).clone())
            with torch.no_grad():
                self.output.weight.mul_(_START)
        else:
            self.narrow = nn.Linear(width * options.stretches, rank)
            self.output = start_at(nn.Linear(rank, channels * samples), constant)

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """(batch, width, time) to (batch, channel, sample). Windows with absent samples have no loss here."""
        if self.conv:
            at = torch.arange(self.samples, device=features.device) * features.shape[-1] // self.samples
            wide = self.wide(self.narrow(self.dropout(features))[..., at])
            outputs: Tensor = self.output(wide) + self.constant
            return outputs
        narrow = self.narrow(self.dropout(_stretched(features, self.stretches)).flatten(1))
        flat: Tensor = self.output(narrow)
        return flat.view(-1, self.channels, self.samples)


def _stretched(features: Tensor, stretches: int) -> Tensor:
    """Means of (batch, width, time) over `stretches` of about equal length, one step long where there are fewer."""
    steps = features.shape[-1]
    edge = torch.arange(stretches, device=features.device) * steps
    first, last = edge // stretches, (edge + steps - 1) // stretches + 1
    at = torch.arange(steps, device=features.device)[:, None]
    inside = ((at >= first) & (at < last)).to(features.dtype)
    return features @ (inside / inside.sum(dim=0))
