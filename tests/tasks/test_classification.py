"""One of several classes: cross-entropy, and the constant that is the prior."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import entropy
from torch.nn import functional as F

from polyhead.errors import InputError

from .cases import fit, labelled


def test_losses_by_hand():
    task = fit(labelled(["x", "y", "z"]), "classification")
    logits = torch.tensor([[0.0, 0.0, 0.0], [math.log(2), math.log(5), math.log(3)]])
    losses = task.losses(logits, torch.tensor([2, 1]))
    assert losses.tolist() == pytest.approx([math.log(3), math.log(2)])


@settings(max_examples=25, deadline=None)
@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=5))
def test_no_constant_logits_beat_the_constant(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    task = fit(labelled(labels), "classification")
    truth = torch.from_numpy(labels)

    def mean_loss(logits):
        each = torch.tensor(logits, dtype=torch.float64).expand(len(labels), -1)
        return F.cross_entropy(each, truth).item()

    found = minimize(mean_loss, np.zeros(len(counts)))
    assert task.fitted.floor_loss == pytest.approx(entropy(counts))
    assert task.fitted.floor_loss == pytest.approx(found.fun, rel=1e-6)
    assert mean_loss(task.fitted.constant) == pytest.approx(entropy(counts))


def test_probabilities_and_the_most_probable_class():
    logits = np.random.default_rng(0).normal(size=(5, 3))
    decoded = fit(labelled(["x", "y", "z"]), "classification").decode(torch.from_numpy(logits))
    assert decoded.score == pytest.approx(softmax(logits, axis=1))
    assert decoded.pred.tolist() == logits.argmax(axis=1).tolist()


def test_classes_are_those_known_in_training_numbers_by_size():
    windows = labelled([10.0, 9.0, 2.5, 10.0, 77.0], [1, 1, 1, 1, 0])
    task = fit(windows, "classification")
    assert task.classes == ("2.5", "9", "10")
    assert task.targets(windows).tolist() == [2, 1, 0, 2, 0]
    assert task.fitted.reference.prior == pytest.approx((0.25, 0.25, 0.5))


def test_a_label_that_training_never_saw_is_refused():
    windows = labelled(["x", "y", "z"])
    task = fit(windows, "classification", train=[0, 1])
    with pytest.raises(InputError, match="label 'z' was never seen in training"):
        task.targets(windows)


def test_a_target_of_two_columns_is_refused():
    with pytest.raises(InputError, match="a class needs one value per window, found 2"):
        fit(labelled([[0, 1], [1, 0], [1, 1]]), "classification")
