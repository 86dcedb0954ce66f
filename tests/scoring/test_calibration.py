"""The factor of intervals, by hand, and that it covers what it promises on recordings that it has not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.scoring.calibration import interval_factor
from polyhead.scoring.prediction import Prediction


def prediction(residual, recording, below=1.0, above=1.0) -> Prediction:
    truth = np.asarray(residual, float)
    pred = np.zeros_like(truth)
    mask = np.ones(len(truth), bool)
    return Prediction(truth, pred, mask, np.asarray(recording), low=pred - below, high=pred + above)


def test_the_rank_of_a_finite_sample():
    # 9 recordings: ceil(10 * .9) = 9, the largest of them; 19: ceil(20 * .9) = 18, the second largest
    assert interval_factor(prediction(np.arange(1, 10), np.arange(9))) == 9
    assert interval_factor(prediction(-np.arange(1, 20), np.arange(19))) == 18


def test_too_few_recordings_leave_the_interval_as_it_is():
    assert interval_factor(prediction(np.arange(1, 9), np.arange(8))) == 1.0
    assert interval_factor(prediction(np.arange(1, 100), np.zeros(99, int))) == 1.0


def test_each_side_has_its_own_width():
    residual = np.array([-4.0] + [1.0] * 8)
    assert interval_factor(prediction(residual, np.arange(9), below=2.0, above=10.0)) == 2.0


def test_a_recording_of_many_windows_counts_as_one():
    """One of 10 recordings has 1,000 windows and large residuals: the other nine are nine tenths."""
    recording = np.concatenate([np.zeros(1000, int), np.arange(1, 20)])
    residual = np.where(recording == 0, 5.0, 1.0)
    assert interval_factor(prediction(residual, recording)) == 1.0  # rank 19 of 20: the large one is a twentieth


@pytest.mark.parametrize("sd", [0.3, 1.0, 4.0])
def test_intervals_cover_new_recordings(sd):
    """Windows of a recording share their error: counting them as independent would cover too little."""
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(200):
        error = np.repeat(rng.normal(0, sd, 40), 25) + rng.normal(0, 0.1, 1000)
        one = prediction(error, np.repeat(np.arange(40), 25))
        half = slice(0, 500)
        first = replace(
            one, **{k: getattr(one, k)[half] for k in ("truth", "pred", "mask", "recording", "low", "high")}
        )
        covered.append(np.mean(np.abs(error[500:]) <= interval_factor(first)))
    assert 0.88 <= np.mean(covered) <= 0.97
