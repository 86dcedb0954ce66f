"""Fully connected layers on the flattened signal and the known inputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.backbones.norm import build_norm
from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import MlpOptions


class Mlp(nn.Module):
    """Maps (batch, channel, time) and (batch, known) to (batch, width, 1).

    Absent samples count as zeros: a window that is padded further at the front needs another first layer, so that its
    map is another one. Where windows are masked, the other backbones are the better choice.
    """

    receptive_field = None
    stride, behind = 1, 0

    def __init__(self, options: MlpOptions, shape: InputShape) -> None:
        super().__init__()
        activation = nn.GELU if options.activation == "gelu" else nn.ReLU
        layers: list[nn.Module] = []
        inputs = shape.channels * shape.samples + shape.known
        for width in options.hidden:
            layers += [nn.Linear(inputs, width), build_norm(options.norm, width), activation()]
            layers += [nn.Dropout(options.dropout)] if options.dropout else []
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.width = inputs

    def forward(self, signal: Tensor | None, known: Tensor | None, present: Tensor | None = None) -> Tensor:
        parts = [part.flatten(1) for part in (signal, known) if part is not None]
        mapped: Tensor = self.layers(parts[0] if len(parts) == 1 else torch.cat(parts, dim=1))
        return mapped.unsqueeze(-1)

    def steps_present(self, present: Tensor) -> Tensor:
        """The one step stands for the window's last sample, which is always real."""
        return present[:, -1:]
