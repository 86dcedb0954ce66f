"""AUROC: bounds, symmetry, ties and weights."""

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from polyhead.scoring.ranking import auroc, auroc_statistic

labelled = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(positive for positive, _ in rows) < len(rows)
)


@settings(max_examples=60, deadline=None)
@over(rows=labelled)
def test_auroc_is_a_probability_that_reverses_with_the_score_and_ignores_its_scale(rows):
    positive, score = (np.array(column) for column in zip(*rows, strict=True))
    value = auroc(positive, score)
    assert 0 <= value <= 1
    assert auroc(positive, -score) == pytest.approx(1 - value)
    assert auroc(positive, np.exp(score / 3)) == value
    assert auroc(~positive, score) == pytest.approx(1 - value)


@pytest.mark.parametrize("seed", range(5))
def test_weights_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    positive, score = rng.random(80) < 0.4, rng.integers(12, size=80) / 12
    weight = rng.integers(0, 4, size=80).astype(float)
    oracle = roc_auc_score(positive, score, sample_weight=weight)
    assert auroc_statistic(positive, score)(weight) == pytest.approx(oracle)


def test_constant_scores_rank_nothing():
    assert auroc(np.array([True, False, False]), np.full(3, 0.2)) == 0.5


def test_without_weight_on_one_class_it_is_undefined():
    statistic = auroc_statistic(np.array([True, False]), np.array([0.2, 0.8]))
    assert np.isnan(statistic(np.array([0.0, 3.0])))
    assert statistic(np.array([1.0, 3.0])) == 0.0
