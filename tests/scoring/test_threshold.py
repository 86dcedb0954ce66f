"""The threshold of largest F1, against brute force over every cut."""

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from polyhead.scoring.board import choose_threshold, choose_thresholds


@pytest.mark.parametrize(
    ("truth", "score", "threshold", "why"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9], 0.4, "middle of the gap between the classes"),
        ([0, 1, 0, 1, 1], [0.1, 0.4, 0.5, 0.6, 0.8], 0.25, "one false alarm, 6/7, beats one miss, 4/5"),
        ([1, 0, 1], [0.2, 0.5, 0.9], 0.1, "all-positive, 4/5, beats the highest alone, 2/3"),
        ([1, 0, 0, 0, 1], [0.9, 0.7, 0.4, 0.4, 0.1], 0.8, "2/3 at the top; all-positive only 4/7"),
        ([1, 0, 0, 1, 0], [0.9, 0.88, 0.86, 0.84, 0.1], 0.47, "2/3 twice: the wider gap"),
        ([0, 0], [0.1, 0.9], 0.5, "nothing positive"),
        ([1, 1], [0.1, 0.2], 0.5, "nothing negative"),
        ([0, 1], [0.3, 0.3], 0.15, "one cut only, below the tie"),
        ([], [], 0.5, "no window"),
        ([0, 1], [0.3, np.nan], 0.5, "a score that is not finite"),
    ],
)
def test_by_hand(truth, score, threshold, why):
    assert choose_threshold(np.array(truth), np.array(score)) == pytest.approx(threshold), why


@settings(max_examples=30, deadline=None)
@over(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=2, max_size=30).filter(
        lambda rows: 0 < sum(positive for positive, _ in rows) < len(rows)
    )
)
def test_no_other_threshold_has_a_larger_f1(rows):
    truth, score = np.array([int(y) for y, _ in rows]), np.array([s / 20 for _, s in rows])
    best = max(f1_score(truth, score >= cut, zero_division=0) for cut in np.unique(score))
    chosen = choose_threshold(truth, score)
    assert f1_score(truth, score >= chosen, zero_division=0) == pytest.approx(best)
    assert chosen == 0 or chosen not in score


def test_neighbouring_floats_are_told_apart():
    low = 0.5
    high = np.nextafter(low, 1)
    chosen = choose_threshold(np.array([0, 1]), np.array([low, high]))
    assert low < chosen <= high


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shape"):
        choose_threshold(np.array([0, 1]), np.array([[0.1], [0.2]]))


def test_every_label_has_a_threshold_of_its_own():
    truth = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    score = np.array([[0.1, 0.05, 0.1], [0.2, 0.4, 0.2], [0.6, 0.1, 0.6], [0.9, 0.2, 0.9]])
    assert choose_thresholds(truth, score) == pytest.approx([0.4, 0.15, 0.5])
    with pytest.raises(ValueError, match="shape"):
        choose_thresholds(truth[:, 0], score[:, 0])
