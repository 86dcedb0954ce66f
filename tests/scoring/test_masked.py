"""Hidden samples by hand: their floor is the better of a constant and a straight line between the samples in sight."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.scoring.board import fit_reference, score_task

from .cases import given

TRUTH = np.array([[[0.0, 2.0], [10.0, 10.0]], [[2.0, 4.0], [14.0, 14.0]]])  # SST 4+0+0+4 and 4*4


def scored(between):
    pred = TRUTH + np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]])  # SSE 1 + 4
    reference = fit_reference("masked", np.concatenate([TRUTH, TRUTH], axis=2))
    return score_task("masked", given(TRUTH, pred, between=between), reference, unit="V")


@pytest.mark.parametrize(
    ("off", "floor", "predictor"), [(0.5, 1 - 8 * 0.25 / 24, "interpolation"), (9.0, 0.0, "mean"), (None, 0.0, "mean")]
)
def test_the_floor_is_the_best_trivial_predictor(off, floor, predictor):
    scores = scored(None if off is None else TRUTH + off)
    assert scores["r2"].value == pytest.approx(1 - 5 / 24)
    assert (scores["r2"].floor, scores["r2"].floor_predictor) == (pytest.approx(floor), predictor)
    assert scores["r2"].skill == pytest.approx((scores["r2"].value - floor) / (1 - floor))
    assert (scores["mae"].value, scores["mae"].unit) == (pytest.approx(3 / 8), "V")


def test_an_interpolation_of_other_samples_is_refused():
    with pytest.raises(ValueError, match=r"expected \(2, 2, 2\), found \(2, 2, 3\)"):
        scored(np.zeros((2, 2, 3)))
