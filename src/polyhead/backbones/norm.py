"""Normalisation of maps (batch, channel, time), by the names of the configuration."""

from __future__ import annotations

from torch import nn

from polyhead.config.model import Norm


def build_norm(kind: Norm, channels: int) -> nn.Module:
    """`none`, `batch` statistics, or `group`: 8 groups of channels, fewer where they do not divide `channels`."""
    if kind == "batch":
        return nn.BatchNorm1d(channels)
    if kind == "group":
        groups = next(count for count in (8, 4, 2, 1) if channels % count == 0)
        return nn.GroupNorm(groups, channels)
    return nn.Identity()
