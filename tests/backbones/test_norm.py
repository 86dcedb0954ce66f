"""Normalisation by name, and groups that are neither too many nor too small."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from polyhead.backbones.norm import build_norm


def test_kinds_by_name():
    assert isinstance(build_norm("none", 6), nn.Identity)
    assert isinstance(build_norm("batch", 6), nn.BatchNorm1d)
    assert isinstance(build_norm("group", 6), nn.GroupNorm)


@pytest.mark.parametrize(
    ("channels", "groups"), [(48, 8), (32, 8), (28, 4), (36, 4), (16, 4), (10, 2), (8, 2), (7, 1), (4, 1), (1, 1)]
)
def test_groups_divide_the_channels_and_have_four_or_more(channels, groups):
    assert build_norm("group", channels).num_groups == groups


@pytest.mark.parametrize("channels", [4, 8, 16, 48])
def test_a_group_keeps_what_distinguishes_two_windows_without_time(channels):
    """Groups of one channel would make every window alike, groups of two would keep one sign."""
    torch.manual_seed(0)
    normed = build_norm("group", channels)(torch.randn(64, channels))
    assert len(normed[:, 0].round(decimals=3).unique()) > 50
