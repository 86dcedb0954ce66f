"""Marks of every sample: base rate, threshold, runs, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction
from polyhead.tasks.losses import chain
from polyhead.tasks.span import marked_runs

from .cases import fit, labelled, marked

MARKS = np.array([[0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]])


def test_the_head_starts_at_the_base_rate_and_the_floor_is_its_entropy():
    task = fit(marked(MARKS), "span")
    assert expit(task.fitted.constant) == pytest.approx([1 / 4] * 4)
    assert task.fitted.floor_loss == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    assert task.fitted.unit == "bars"


def test_the_base_rate_of_the_write_up():
    """7.1 of 105 bars in the span: a constant costs .247 nats."""
    marks = np.zeros((10, 105), int)
    for window, many in enumerate([7] * 9 + [8]):
        marks[window, 40 : 40 + many] = 1
    assert fit(marked(marks), "span").fitted.floor_loss == pytest.approx(0.247, abs=5e-4)


@pytest.mark.parametrize(("pos_weight", "weight"), [(None, 1), (2.5, 2.5), ("auto", 3)])
def test_the_weight_of_marks(pos_weight, weight):
    assert fit(marked(MARKS), "span", pos_weight=pos_weight).pos_weight == pytest.approx(weight)


def test_samples_that_are_missing_are_no_negatives():
    """Of 16 samples 4 are marked; of the 10 that are real as well."""
    task = fit(marked(MARKS, filled=[3, 2, 4, 2]), "span", pos_weight="auto")
    assert task.pos_weight == pytest.approx(7 / 4)


def test_marks_stay_small_until_they_are_compared():
    windows = marked(MARKS.astype(np.int8))
    assert fit(windows, "span").targets(windows).dtype == torch.int8


def test_scores_and_decisions():
    task = fit(marked(MARKS), "span", min_length=2)
    decoded = task.decode(torch.tensor([[2.0, -2.0, 1.0, 0.0]]))
    assert decoded.score == pytest.approx(expit([[2.0, -2.0, 1.0, 0.0]]))
    assert decoded.pred.tolist() == [[0, 0, 1, 1]]
    known = Prediction(decoded.pred, decoded.pred, np.ones(1, bool), np.arange(1), decoded.score)
    assert task.decided(known, 0.9).pred.tolist() == [[0, 0, 0, 0]]


def test_a_chain_is_read_by_its_marginals():
    task = fit(marked(MARKS), "span", loss_fn="crf")
    output = torch.randn(3, 8)
    assert task.decode(output).score == pytest.approx(chain.marginals(output.double()).numpy())


def test_the_threshold_is_that_of_the_best_f1_of_all_samples():
    """At .4 all three marks are found with one false alarm, F1 6/7; at .6 two without, F1 4/5."""
    truth, score = np.array([[0, 1, 1], [1, 0, 0]]), np.array([[0.5, 0.6, 0.7], [0.4, 0.1, 0.2]])
    known = Prediction(truth, truth, np.ones(2, bool), np.arange(2), score)
    assert fit(marked(MARKS), "span").decide(known) == pytest.approx(0.3, abs=0.1001)
    assert (score >= fit(marked(MARKS), "span").decide(known)).sum() == 4


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 12))
def test_short_runs_are_dropped_and_nothing_else(yes, least):
    least = min(least, len(yes))
    text = "".join("x" if one else "." for one in yes)
    kept = "".join(run if run[0] == "." or len(run) >= least else "." * len(run) for run in split(text))
    found = marked_runs(torch.tensor([yes]), least)
    assert "".join("x" if one else "." for one in found[0].tolist()) == kept


def split(text: str) -> list[str]:
    runs = [text[:1]]
    for one in text[1:]:
        if one == runs[-1][0]:
            runs[-1] += one
        else:
            runs.append(one)
    return runs


def test_marked_samples_are_counted():
    windows = marked(MARKS, mask=[1, 1, 0, 1])
    counts = fit(windows, "span").counts(windows.targets["y"], np.array([0, 0, 1, 1]), 2)
    assert {label: one.tolist() for label, one in counts.items()} == {"0": [6, 3], "1": [2, 1]}


@pytest.mark.parametrize(
    ("windows", "options", "says"),
    [
        (labelled([0, 1, 1]), {}, "target 'y' has no value for each sample of a window"),
        (marked([[0, 2], [1, 0]]), {}, "target 'y' holds 2, and a mark is 0 or 1"),
        (marked([[0, 0], [0, 0]]), {}, "every sample of target 'y' is 0 in training"),
        (marked([[1, 0]], mask=[0]), {}, "the marks of every window of target 'y' are missing"),
        (marked(MARKS), {"min_length": 5}, "no run of 5 samples fits in a window of 4"),
    ],
)
def test_what_does_not_fit_is_refused(windows, options, says):
    with pytest.raises(InputError, match=says):
        fit(windows, "span", **options)


@pytest.mark.parametrize("loss", ["soft_iou", "dice", "crf"])
def test_a_weight_that_would_not_be_read_is_refused(loss):
    with pytest.raises(ValueError, match="reads no pos_weight"):
        fit(marked(MARKS), "span", loss_fn=loss, pos_weight=2.0)
