"""Several labels at once: names, weights, masks, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import expit

from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction

from .cases import fit, labelled

LABELS = np.array([[1, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 0]])


def test_losses_by_hand():
    task = fit(labelled(LABELS), "multilabel", pos_weight=[1.0, 2.0, 1.0])
    losses = task.losses(torch.zeros(2, 3), torch.tensor([[1.0, 1, 0], [0, 0, 0]]))
    assert losses.tolist() == pytest.approx([4 / 3 * math.log(2), math.log(2)])


def test_the_constant_is_the_prior_of_each_label_and_the_floor_their_mean_entropy():
    task = fit(labelled(LABELS), "multilabel")
    share = np.array([0.25, 0.5, 0.75])
    assert expit(task.fitted.constant) == pytest.approx(share)
    assert task.fitted.floor_loss == pytest.approx(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())


@pytest.mark.parametrize(
    ("pos_weight", "weights"),
    [(None, (1, 1, 1)), (3.0, (3, 3, 3)), ([1.0, 2.0, 3.0], (1, 2, 3)), ("auto", (3, 1, pytest.approx(1 / 3)))],
)
def test_weights_of_yes(pos_weight, weights):
    assert fit(labelled(LABELS), "multilabel", pos_weight=pos_weight).pos_weight == weights


def test_probabilities_and_decisions():
    decoded = fit(labelled(LABELS), "multilabel").decode(torch.tensor([[-math.log(3), 0.0, math.log(9)]]))
    assert decoded.score == pytest.approx(np.array([[0.25, 0.5, 0.9]]))
    assert decoded.pred.tolist() == [[0, 1, 1]]


def test_a_window_with_an_unknown_label_is_masked_and_its_truth_zero():
    values = np.where(np.arange(12).reshape(4, 3) == 4, np.nan, LABELS)
    windows = labelled(values, [1, 0, 1, 1])
    task = fit(windows, "multilabel")
    assert task.targets(windows).tolist() == np.where([[1], [0], [1], [1]], LABELS, 0).tolist()
    assert task.observed(windows, np.array([2, 1])).truth.tolist() == [LABELS[2].tolist(), [0, 0, 0]]
    counts = task.counts(windows.targets["y"], np.array([0, 0, 1, 1]), 2)
    assert {label: one.tolist() for label, one in counts.items()} == {"0": [1, 0], "1": [0, 2], "2": [1, 1]}


def test_labels_have_names():
    assert fit(labelled(LABELS), "multilabel").classes == ("0", "1", "2")
    assert fit(labelled(LABELS), "multilabel", labels=["a", "b", "c"]).classes == ("a", "b", "c")


def test_thresholds_are_one_per_label():
    task = fit(labelled(LABELS), "multilabel")
    score = np.where(LABELS == 1, [0.3, 0.6, 0.9], [0.1, 0.2, 0.5])
    known = Prediction(LABELS, LABELS, np.ones(len(LABELS), bool), np.arange(len(LABELS)), score)
    assert task.decide(known) == pytest.approx([0.2, 0.4, 0.7])


@pytest.mark.parametrize(
    ("values", "options", "says"),
    [
        ([0, 1, 1], {}, "needs one column per label, target 'y' has one value per window; write `kind: binary`"),
        ([[0, 1], [2, 0]], {}, "target 'y' holds 2, and a label is 0 or 1"),
        (LABELS, {"labels": ["a", "b"]}, "expected 3 different names, one per column, found 2"),
        (LABELS, {"labels": ["a", "b", "a"]}, "expected 3 different names"),
        (LABELS, {"pos_weight": [1.0]}, "expected 3 weights, one per label, found 1"),
    ],
)
def test_what_does_not_fit_is_refused(values, options, says):
    with pytest.raises(InputError, match=says):
        fit(labelled(values), "multilabel", **options)


def test_a_weight_that_would_not_be_read_is_refused():
    with pytest.raises(ValueError, match="reads no pos_weight"):
        fit(labelled(LABELS), "multilabel", loss_fn="soft_iou", pos_weight=2.0)
