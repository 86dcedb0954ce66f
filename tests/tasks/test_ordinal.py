"""Classes in an order: by size, or as the configuration says."""

from __future__ import annotations

import math

import pytest
import torch

from polyhead.errors import InputError

from .cases import fit, labelled

WORDS = ["low", "high", "mid", "high"]


@pytest.mark.parametrize(
    ("values", "order", "classes"),
    [
        ([10, 9, 100, 9], None, ("9", "10", "100")),
        ([2.5, -4.0, 0.0], None, ("-4", "0", "2.5")),
        (WORDS, ["low", "mid", "high"], ("low", "mid", "high")),
        (WORDS, ["low", "lower mid", "mid", "high"], ("low", "mid", "high")),  # one that training never saw
        ([3, 1, 2], [2, 3, 1], ("2", "3", "1")),
    ],
)
def test_classes_stand_in_order(values, order, classes):
    windows = labelled(values)
    task = fit(windows, "ordinal", order=order)
    assert task.classes == classes
    named = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    assert [classes[code] for code in task.targets(windows)] == named


def test_a_far_class_costs_more_than_a_near_one():
    task = fit(labelled(WORDS), "ordinal", order=["low", "mid", "high"], loss_fn="distance_penalized")
    near, far = torch.log(torch.tensor([[0.2, 0.7, 0.1], [0.2, 0.1, 0.7]]))
    losses = task.losses(torch.stack([near, far]), torch.tensor([0, 0]))
    assert losses.tolist() == pytest.approx([math.log(5) + 0.5 * 0.9, math.log(5) + 0.5 * 1.5])


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (None, r"in which order do high, low, mid stand\?; write `order: \[high, low, mid\]` from first to last"),
        (["low", "high"], "order lacks 'mid' of target 'y'; name each of high, low, mid once"),
        (["low", "mid", "high", "low"], "order names a class twice"),
    ],
)
def test_an_order_that_leaves_something_open_is_refused(order, says):
    with pytest.raises(InputError, match=says):
        fit(labelled(WORDS), "ordinal", order=order)
