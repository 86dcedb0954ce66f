"""Columns of another program: which pairs are found, and what their tasks are called."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from polyhead.errors import InputError
from polyhead.report.saved.pairs import paired


@pytest.mark.parametrize(
    ("file", "columns", "expected", "outputs"),
    [
        ("predictions_energy_r1.csv", ["true_energy", "pred_energy"], ["energy.truth", "energy.pred"], {}),
        ("predictions_timing_r1.csv", ["pred_timing", "true_timing"], ["timing.truth", "timing.pred"], {}),
        (
            "predictions_angle_r1.csv",
            ["true_theta", "true_phi", "pred_theta", "pred_phi"],
            ["angle.truth.0", "angle.pred.0", "angle.truth.1", "angle.pred.1"],
            {"angle": ["theta", "phi"]},
        ),
        ("predictions_n_gamma_r1.csv", ["true_n_gamma", "pred_n_gamma"], ["n_gamma.truth", "n_gamma.pred"], {}),
        ("out.csv", ["true_u", "true_v", "pred_u", "pred_v"], ["u.truth", "u.pred", "v.truth", "v.pred"], {}),
        ("out.csv", ["y_true", "y_pred", "other"], ["y.truth", "y.pred"], {}),
        ("out.csv", ["life_truth", "life_prediction"], ["life.truth", "life.pred"], {}),
        ("out.csv", ["truth", "prediction"], ["prediction.truth", "prediction.pred"], {}),
        ("out.csv", ["recording", "true_x", "pred_x"], ["recording", "x.truth", "x.pred"], {}),
        ("out.csv", ["true_x", "pred_x", "true_y"], ["x.truth", "x.pred"], {}),
    ],
)
def test_pairs(file: str, columns: list[str], expected: list[str], outputs: dict[str, list[str]]) -> None:
    table, named = paired(pl.DataFrame({name: [float(number)] for number, name in enumerate(columns)}), Path(file))
    assert table.columns == expected
    assert named == outputs


def test_values_stay_with_their_names() -> None:
    columns = {"pred_phi": [4.0], "true_theta": [1.0], "pred_theta": [2.0], "true_phi": [3.0]}
    table, _ = paired(pl.DataFrame(columns), Path("predictions_angle_r1.csv"))
    assert table.row(0) == (1.0, 2.0, 3.0, 4.0)


def test_without_a_pair() -> None:
    with pytest.raises(InputError, match="name them true_X and pred_X"):
        paired(pl.DataFrame({"true_x": [1.0], "pred_y": [1.0]}), Path("out.csv"))
