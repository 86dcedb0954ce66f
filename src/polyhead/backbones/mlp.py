"""Fully connected layers on the flattened signal and the known inputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.backbones.norm import build_norm
from polyhead.config.model import MlpOptions


class Mlp(nn.Module):
    """Maps (batch, channel, time) and (batch, known) to (batch, width, 1)."""

    receptive_field = None

    def __init__(self, options: MlpOptions, inputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in options.hidden:
            layers += [nn.Linear(inputs, width), build_norm(options.norm, width), nn.ReLU()]
            layers += [nn.Dropout(options.dropout)] if options.dropout else []
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.width = inputs

    def forward(self, signal: Tensor | None, known: Tensor | None) -> Tensor:
        parts = [part.flatten(1) for part in (signal, known) if part is not None]
        mapped: Tensor = self.layers(parts[0] if len(parts) == 1 else torch.cat(parts, dim=1))
        return mapped.unsqueeze(-1)
