"""What is said of the price of a balance."""

from __future__ import annotations

import pytest

from polyhead.config.balance import CagradOptions, FloorOptions, UpgradOptions
from polyhead.training.price import Price


@pytest.mark.parametrize(
    ("options", "tasks", "line"),
    [
        (FloorOptions(method="floor"), 3, "balance floor: 25.0% of the time of the steps"),
        (FloorOptions(method="floor"), 1, "balance floor, of one task alone: 25.0% of the time of the steps"),
        (CagradOptions(method="cagrad"), 2, "balance cagrad at features: 25.0% of the time of the steps"),
        (
            UpgradOptions(method="upgrad", every=4),
            2,
            "balance upgrad at parameters every 4 steps: 25.0% of the time of the steps",
        ),
    ],
)
def test_the_line(options, tasks, line):
    assert Price(options, tasks, steps=2.0, balancing=0.5).line == line


def test_before_the_first_epoch_there_is_no_share():
    assert Price(FloorOptions(method="floor"), 1).share is None
