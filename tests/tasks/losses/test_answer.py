"""Binary cross-entropy and focal loss: hand numbers, and constants against a search."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.losses import BceLoss, FocalLoss
from polyhead.tasks.losses.answer import AnswerLoss, automatic

BCE = BceLoss(name="bce")
LOGITS = np.linspace(-19, 19, 7601)


@pytest.mark.parametrize(
    ("gamma", "alpha", "yes", "no"),  # probability .8 of yes
    [
        (0.0, None, -math.log(0.8), -math.log(0.2)),
        (2.0, None, -0.04 * math.log(0.8), -0.64 * math.log(0.2)),
        (2.0, 0.25, -0.25 * 0.04 * math.log(0.8), -0.75 * 0.64 * math.log(0.2)),
    ],
)
def test_focal_by_hand(gamma, alpha, yes, no):
    loss = AnswerLoss(FocalLoss(name="focal", gamma=gamma, alpha=alpha), (3.0,))
    found = loss(torch.full((2, 1), math.log(4)), torch.tensor([[1.0], [0.0]]))
    assert found[:, 0].tolist() == pytest.approx([3 * yes, no])


def test_bce_by_hand():
    found = AnswerLoss(BCE, (1.0, 4.0))(torch.zeros(1, 2), torch.ones(1, 2))
    assert found.tolist() == [pytest.approx([math.log(2), 4 * math.log(2)])]


def test_focal_keeps_its_slope_where_an_answer_is_all_but_certain():
    logits = torch.tensor([[60.0], [-60.0]], requires_grad=True)
    AnswerLoss(FocalLoss(name="focal", gamma=0.5), (1.0,))(logits, torch.tensor([[0.0], [1.0]])).sum().backward()
    assert logits.grad[:, 0].tolist() == pytest.approx([1, -1], rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    yes=st.integers(1, 30),
    no=st.integers(1, 30),
    options=st.sampled_from([BCE, FocalLoss(name="focal"), FocalLoss(name="focal", gamma=0.7, alpha=0.8)]),
    weight=st.floats(0.1, 9),
    heavy=st.floats(0.2, 4),
)
def test_no_constant_logit_beats_the_constant(yes, no, options, weight, heavy):
    truth = np.repeat([1.0, 0.0], [yes, no])[:, None]
    weights = np.repeat([heavy, 1.0], [yes, no])
    loss = AnswerLoss(options, (weight,))
    (constant,), floor = loss.best_constant(truth, weights)
    each = loss(
        torch.from_numpy(LOGITS)[:, None].repeat(2, 1),
        torch.tensor([[1.0], [0.0]]).double().repeat_interleave(len(LOGITS), 0),
    )
    of_yes, of_no = each[:, 0].view(2, -1).numpy()
    means = (heavy * yes * of_yes + no * of_no) / (yes + no)
    assert floor <= means.min() + 1e-12
    assert floor == pytest.approx(means.min(), rel=1e-4)
    assert constant == pytest.approx(LOGITS[means.argmin()], abs=0.02)


def test_automatic_weights_balance_each_label():
    truth = np.array([[1, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 1]])
    assert automatic(truth.astype(float), None).tolist() == [3, 1, 1]
    assert automatic(truth.astype(float), np.array([2.0, 1, 0.5, 0.5])).tolist() == [1, 3, 1]


@pytest.mark.parametrize("options", [BCE, FocalLoss(name="focal")])
def test_a_label_that_is_always_there_costs_nothing_and_starts_all_but_certain(options):
    truth = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    both, floor = AnswerLoss(options, (1.0, 1.0)).best_constant(truth, None)
    alone, half = AnswerLoss(options, (1.0,)).best_constant(truth[:, 1:], None)
    assert both == pytest.approx([math.log(9999), alone[0]])
    assert floor == pytest.approx(half / 2, rel=1e-6)


def test_shapes_that_would_only_fit_by_broadcasting_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        AnswerLoss(FocalLoss(name="focal"), (1.0,))(torch.zeros(4, 1), torch.zeros(4))
