"""R2 under weights: what rounding must not turn into a number, and what an offset must not cost."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from polyhead.scoring.residuals import constant_prediction, r2_statistic


@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("value", [0.1, 0.3, 1.7, 1e6 / 3])
def test_weights_on_equal_truths_leave_r2_undefined(pooled, value):
    truth = np.array([value] * 7 + [2.9, -1.3]).reshape(-1, 1, 1)
    weight = np.array([3.0, 1, 1, 0, 2, 1, 1, 0, 0])
    assert np.isnan(r2_statistic(truth, truth + 1, pooled=pooled)(weight))


def test_a_large_offset_costs_no_digits():
    rng = np.random.default_rng(0)
    truth = 1e9 + rng.normal(size=(50, 1, 1))
    pred = truth + 0.3 * rng.normal(size=truth.shape)
    weight = rng.integers(0, 4, size=50).astype(float)
    oracle = r2_score(truth[:, 0, 0] - 1e9, pred[:, 0, 0] - 1e9, sample_weight=weight)
    assert r2_statistic(truth, pred, pooled=False)(weight) == pytest.approx(oracle, rel=1e-9)


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2), (3, 2, 4)])
def test_one_constant_per_output_or_channel(shape):
    values = (5.0, 7.0)[: shape[1] if len(shape) > 1 else 1]
    constant = constant_prediction(values, shape)
    assert constant.shape == shape
    groups = [constant] if len(shape) == 1 else [constant[:, group] for group in range(shape[1])]
    assert [set(np.ravel(group)) for group in groups] == [{value} for value in values]
