"""Patches against what a configuration says already."""

from __future__ import annotations

import pytest

from polyhead.diagnosis.finding import Fix
from polyhead.diagnosis.remedy import worthwhile

from .cases import healthy


@pytest.mark.parametrize(
    ("patch", "stays"),
    [
        ({"balance": "floor"}, False),
        ({"balance": "kendall"}, True),
        ({"balance.method": "floor"}, False),
        ({"train.lr": 0.003}, False),
        ({"train.lr": 0.001}, True),
        ({"train.lr": 0.003, "train.clip_norm": 5}, True),
        ({"tasks.life.bounds": [0, 1.05]}, False),
        ({"tasks.life.bounds": None}, True),
        ({"tasks.life.enabled": True}, False),
        ({"data.targets.wear.missing": [9.0]}, True),
        ({}, True),
    ],
)
def test_a_patch_must_change_something(patch: dict[str, object], stays: bool) -> None:
    fix = Fix("try it", patch, "better")
    assert bool(worthwhile([fix], healthy("machines").config)) is stays
    (bare,) = worthwhile([fix], None)
    assert (bare.text, bare.patch) == (fix.text, {})


@pytest.mark.parametrize(
    ("patch", "loads"),
    [
        ({"tasks.life.log_transform": True}, False),  # beside bounds from 0: bounds of a logarithm are above 0
        ({"tasks.life.log_transform": True, "tasks.life.bounds": None}, True),
        ({"tasks.life.pos_weight": "auto"}, False),  # no key of a regression
        ({"model.backbone.channels": "many"}, False),
        ({"train.lr": 0.001}, True),
    ],
)
def test_a_patch_that_the_configuration_refuses_is_words(patch: dict[str, object], loads: bool) -> None:
    (fix,) = worthwhile([Fix("try it", patch, "better")], healthy("machines").config)
    assert fix == Fix("try it", patch if loads else {}, "better")
