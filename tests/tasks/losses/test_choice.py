"""Losses of one class among several: hand numbers, and constants against a search from many starts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.special import softmax

from polyhead.config.losses import ClassFocalLoss, CrossEntropyLoss, DistancePenalizedLoss
from polyhead.tasks.losses.choice import ChoiceLoss

CE = CrossEntropyLoss(name="ce")
LOGITS = torch.tensor([[math.log(2), math.log(5), math.log(3)]])  # probabilities .2, .5, .3
OPTIONS = {
    "ce": CE,
    "focal": ClassFocalLoss(name="focal"),
    "focal weighted": ClassFocalLoss(name="focal", gamma=1.0, alpha=[1.0, 2.0, 0.5, 3.0]),
    "distance": DistancePenalizedLoss(name="distance_penalized"),
    "mostly distance": DistancePenalizedLoss(name="distance_penalized", alpha=0.1, beta=3.0),
}


def expected(options, logits, code):
    """The mean loss of one class, written out."""
    p = softmax(logits)
    entropy = -np.log(p[code])
    if isinstance(options, DistancePenalizedLoss):
        return options.alpha * entropy + options.beta * (p * np.abs(np.arange(len(p)) - code)).sum()
    if isinstance(options, ClassFocalLoss):
        return (options.alpha[code] if options.alpha else 1) * (1 - p[code]) ** options.gamma * entropy
    return entropy


@pytest.mark.parametrize(
    ("options", "losses"),  # of the true classes 0 and 1
    [
        (CE, [math.log(5), math.log(2)]),
        (ClassFocalLoss(name="focal"), [0.64 * math.log(5), 0.25 * math.log(2)]),
        (ClassFocalLoss(name="focal", gamma=1, alpha=[2.0, 3.0, 1.0]), [1.6 * math.log(5), 1.5 * math.log(2)]),
        # distances .5 * 1 + .3 * 2 and .2 + .3
        (DistancePenalizedLoss(name="distance_penalized"), [math.log(5) + 0.55, math.log(2) + 0.25]),
        (
            DistancePenalizedLoss(name="distance_penalized", alpha=2, beta=1),
            [2 * math.log(5) + 1.1, 2 * math.log(2) + 0.5],
        ),
    ],
)
def test_losses_by_hand(options, losses):
    assert ChoiceLoss(options)(LOGITS.expand(2, -1), torch.tensor([0, 1])).tolist() == pytest.approx(losses)


def test_equal_probabilities_over_26_classes():
    """ln 26 + 8.65 / 2, as the write-up's loss has it at the start."""
    loss = ChoiceLoss(DistancePenalizedLoss(name="distance_penalized"))
    found = loss(torch.zeros(26, 26), torch.arange(26)).mean().item()
    assert found == pytest.approx(math.log(26) + 0.5 * 8.6538, abs=1e-3)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("counts", [[5, 1, 2, 8], [10, 1, 1, 10]])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_constant_logits_beat_the_constant(name, counts, weighted):
    options, codes = OPTIONS[name], np.repeat(np.arange(4), counts)
    weights = np.random.default_rng(3).uniform(0.2, 2, len(codes)) if weighted else None
    share = np.bincount(codes, weights, 4) / len(codes)

    def mean_loss(logits):
        return sum(share[code] * expected(options, logits, code) for code in range(4))

    rng = np.random.default_rng(0)
    found = min(minimize(mean_loss, rng.normal(scale=3, size=4)).fun for _ in range(2))
    constant, floor = ChoiceLoss(options).best_constant(codes, 4, weights)
    assert mean_loss(constant) == pytest.approx(floor, rel=1e-9)
    assert floor <= found + 1e-7
    assert floor == pytest.approx(found, rel=1e-5)


def test_focal_is_finite_with_its_slope_where_a_class_is_certain():
    logits = torch.tensor([[90.0, 0.0, 0.0], [90.0, 0.0, 0.0]], requires_grad=True)
    ChoiceLoss(ClassFocalLoss(name="focal", gamma=0.5))(logits, torch.tensor([0, 1])).sum().backward()
    assert logits.grad[1].tolist() == pytest.approx([1, -1, 0], abs=1e-6)
    assert logits.grad[0].abs().max() < 1e-6
