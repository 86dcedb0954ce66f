"""Yes or no: the weighted loss and the constant that minimises it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from torch.nn import functional as F

from polyhead.errors import InputError

from .cases import fit, labelled


@pytest.mark.parametrize(
    ("pos_weight", "logit", "truth", "loss"),
    [
        (None, 0.0, 1.0, math.log(2)),
        (None, math.log(3), 0.0, math.log(4)),  # probability 3/4 of a no
        (4.0, 0.0, 1.0, 4 * math.log(2)),
        (4.0, 0.0, 0.0, math.log(2)),
        ("auto", 0.0, 1.0, 3 * math.log(2)),  # three negatives to one positive
    ],
)
def test_losses_by_hand(pos_weight, logit, truth, loss):
    task = fit(labelled([0, 0, 0, 1]), "binary", pos_weight=pos_weight)
    assert task.losses(torch.tensor([[logit]]), torch.tensor([truth])).item() == pytest.approx(loss)


@settings(max_examples=60, deadline=None)
@given(
    positives=st.integers(1, 40),
    negatives=st.integers(1, 40),
    pos_weight=st.one_of(st.none(), st.just("auto"), st.floats(0.05, 20)),
)
def test_no_constant_logit_beats_the_constant(positives, negatives, pos_weight):
    labels = [1] * positives + [0] * negatives
    task = fit(labelled(labels), "binary", pos_weight=pos_weight)
    weight = {None: 1.0, "auto": negatives / positives}.get(pos_weight, pos_weight)
    truth = torch.tensor(labels, dtype=torch.float64)
    weighted = torch.tensor(weight, dtype=torch.float64)

    def mean_loss(logit):
        each = torch.full_like(truth, float(logit))
        return F.binary_cross_entropy_with_logits(each, truth, pos_weight=weighted).item()

    found = minimize_scalar(mean_loss, bounds=(-15, 15), method="bounded", options={"xatol": 1e-10})
    assert task.fitted.floor_loss == pytest.approx(found.fun, rel=1e-9)
    assert task.fitted.constant == pytest.approx((found.x,), abs=1e-4)
    assert mean_loss(task.fitted.constant[0]) == pytest.approx(task.fitted.floor_loss, rel=1e-12)


def test_masked_labels_do_not_count_for_the_ratio():
    task = fit(labelled([0, 0, 0, 1, 1, 1], [1, 1, 1, 1, 0, 0]), "binary", pos_weight="auto")
    assert task.pos_weight == 3.0
    assert task.fitted.reference.n == 4


def test_probability_and_decision_of_a_logit():
    decoded = fit(labelled([0, 1]), "binary").decode(torch.tensor([[-math.log(3)], [0.0], [math.log(9)]]))
    assert decoded.score == pytest.approx([0.25, 0.5, 0.9])
    assert decoded.pred.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("labels", "positive", "classes"),
    [
        (["no", "yes", "no"], None, ("no", "yes")),
        (["False", "True", "False"], None, ("False", "True")),
        (["worn", "intact", "worn"], "worn", ("intact", "worn")),
        (["worn", "intact", "worn"], "intact", ("worn", "intact")),
        ([0, 1, 0], None, ("0", "1")),
        ([-1, 1, -1], None, ("-1", "1")),
        ([0, 1, 0], 0, ("1", "0")),
    ],
)
def test_which_label_means_yes(labels, positive, classes):
    windows = labelled(np.array(labels))
    task = fit(windows, "binary", **({} if positive is None else {"positive": positive}))
    assert task.classes == classes
    expected = [float(str(label) == classes[1]) for label in labels]
    assert task.targets(windows).tolist() == expected


def test_words_that_leave_it_open_are_refused():
    with pytest.raises(InputError, match=r"which of intact and worn means yes\?"):
        fit(labelled(np.array(["intact", "worn", "intact"])), "binary")


def test_three_labels_are_refused():
    with pytest.raises(InputError, match=r"binary needs two labels, target 'y' has 3: 0, 1, 2; write `kind: classif"):
        fit(labelled(np.array([0, 1, 2, 1])), "binary")
