"""Normalisation of maps (batch, channel, time), by the names of the configuration."""

from __future__ import annotations

from torch import nn

from polyhead.config.backbones import Norm


def build_norm(kind: Norm, channels: int) -> nn.Module:
    """`none`, `batch` statistics, or `group`: 8 groups of channels, fewer where they do not divide `channels` or a
    group would have less than 4 (without time, a group of one is always zero and a group of two only has a sign)."""
    if kind == "batch":
        return nn.BatchNorm1d(channels)
    if kind == "group":
        groups = next((count for count in (8, 4, 2) if channels % count == 0 and channels >= 4 * count), 1)
        return nn.GroupNorm(groups, channels)
    return nn.Identity()
