"""Losses of marks: by hand, and their best constants against a search over both."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from polyhead.config.losses import SpanLoss as Options
from polyhead.tasks.losses.span import ABSENT, SpanLoss

MARKS = np.array([[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]], np.int8)
WHOLE = np.full(4, 4)
FILLED = np.array([4, 2, 4, 2])
NAMES = ("bce", "focal", "soft_iou", "dice", "crf")


def loss(name, **options) -> SpanLoss:
    weight = options.pop("pos_weight", 1.0)
    return SpanLoss(TypeAdapter(Options).validate_python({"name": name, **options}), weight)


def test_dice_by_hand():
    """Probabilities 1/2 and marks 0 1 1 0: 1 - (2 x 1 + 1) / (2 + 2 + 1)."""
    losses = loss("dice")(torch.zeros(2, 4), torch.tensor([[0, 1, 1, 0], [0, 0, 0, 0]]))
    assert losses.tolist() == pytest.approx([0.4, 1 - 1 / 3])


def test_soft_iou_by_hand():
    losses = loss("soft_iou", eps=1.0)(torch.zeros(1, 4), torch.tensor([[0, 1, 1, 0]]))
    assert losses.item() == pytest.approx(1 - (1 + 1) / (3 + 1))


def test_weighted_bce_by_hand():
    losses = loss("bce", pos_weight=3.0)(torch.zeros(1, 4), torch.tensor([[0, 1, 1, 0]], dtype=torch.int8))
    assert losses.item() == pytest.approx(2 * math.log(2))


def test_the_base_rate_and_its_entropy():
    """7 of 16 samples are marked; of 12 that are real where two windows lack samples, as many."""
    (constant,), floor = loss("bce").best_constant(MARKS, WHOLE, None)
    share = 7 / 16
    assert constant == pytest.approx(math.log(share / (1 - share)))
    assert floor == pytest.approx(-share * math.log(share) - (1 - share) * math.log(1 - share))
    (constant,), floor = loss("bce").best_constant(MARKS, FILLED, None)
    share = 7 / 12
    assert constant == pytest.approx(math.log(share / (1 - share)))
    assert floor == pytest.approx((-share * math.log(share) - (1 - share) * math.log(1 - share)) * 12 / 16)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("filled", [WHOLE, FILLED], ids=["whole", "short"])
@pytest.mark.parametrize("name", NAMES)
def test_the_floor_is_the_least_loss_of_a_constant(name, filled, weighted):
    one, weights = loss(name), np.array([0.2, 1.8, 1.5, 0.5]) if weighted else None
    each = np.ones(4) if weights is None else weights
    real = torch.from_numpy(np.arange(4) >= 4 - filled[:, None])

    def mean(point) -> float:
        logits = torch.where(real, float(point[0]), ABSENT)
        more = torch.tensor(point[1:], dtype=torch.float64).expand(4, -1)
        found = one(torch.cat([logits.double(), more], dim=1), torch.from_numpy(MARKS)).numpy()
        return float((each * found).mean())

    constant, floor = one.best_constant(MARKS, filled, weights)
    if name in ("soft_iou", "dice"):  # the head starts beside its best, which may be 0 or 1
        assert min(mean([x]) for x in np.linspace(-20, 20, 401)) == pytest.approx(floor, abs=1e-6)
        return
    assert mean(constant) == pytest.approx(floor, rel=1e-6)
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert mean(np.array(constant) + rng.normal(size=len(constant)) / 3) > floor - 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_absent_samples_cost_and_teach_nothing(name):
    """Windows of the last two samples, alone and behind two that are not there: bce, focal and crf count as a mean over
    four, overlaps alike."""
    truth = torch.tensor([[0, 0, 1, 0]])
    free = [0.3] * 4 if name == "crf" else []  # alike, so that the step into the first real sample counts for nothing
    long = torch.tensor([[ABSENT, ABSENT, 0.4, -0.2, *free]], requires_grad=True)
    short = torch.tensor([[0.4, -0.2, *free]], requires_grad=True)
    one = loss(name)
    whole, alone = one(long, truth), one(short, truth[:, 2:])
    assert whole.item() == pytest.approx(alone.item() * (1 if name in ("soft_iou", "dice") else 0.5), rel=1e-5)
    whole.sum().backward()
    assert long.grad is not None
    assert long.grad[0, :2].abs().max() < 1e-9
