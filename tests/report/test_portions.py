"""Weight, share of the loss and share of the gradient of each task: arithmetic on four steps."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from polyhead.report.figures.shares import share_panels
from polyhead.report.portions import gradient_shares, portion_table, portions
from polyhead.report.run import Run, read_run

from .folders import write_json

STEPS = pl.DataFrame(
    {
        "step": [0, 1, 2, 3],
        "epoch": [1, 1, 2, 2],
        "weight.a": [1.0, 1.0, 4.0, 4.0],
        "weight.b": [2.0, 2.0, 2.0, 2.0],
        "share.a": [0.2, 0.4, 0.9, 0.7],
        "share.b": [0.8, 0.6, 0.1, 0.3],
        "grad_norm.a": [3.0, None, 1.0, None],
        "grad_norm.b": [0.5, None, 0.0, None],
    }
)


def run_of(folder: Path, steps: pl.DataFrame = STEPS) -> Run:
    """A run with these steps."""
    (folder / "trace" / "steps").mkdir(parents=True)
    steps.write_parquet(folder / "trace" / "steps" / "00000.parquet")
    write_json(folder, "metadata", {"tasks": {"a": {}, "b": {}}})
    (folder / "config.yaml").write_text("name: x\n")
    return read_run(folder)


def test_shares_of_the_gradient_are_of_weighted_norms() -> None:
    shares = gradient_shares(STEPS, ["a", "b"])
    # 1 x 3 against 2 x 0.5, then 4 x 1 against nothing
    assert shares.to_dict(as_series=False) == {"step": [0, 2], "epoch": [1, 2], "a": [0.75, 1.0], "b": [0.25, 0.0]}


def test_each_task_has_its_first_and_its_last_epoch(tmp_path: Path) -> None:
    a, b = portions(run_of(tmp_path))
    assert (a.task, a.weight, a.gradient) == ("a", (1.0, 4.0), (0.75, 1.0))
    assert a.loss == pytest.approx((0.3, 0.8))
    assert b.loss == pytest.approx((0.7, 0.2))
    assert b.sigma == (None, None)


def test_the_table_has_sigma_only_where_there_is_one(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    table = portion_table(portions(run))
    assert table is not None
    assert len(table.columns) == 6
    assert [cell.text for cell in table.rows[0].cells] == ["1.000", "4.000", "30.0", "80.0", "75.0", "100.0"]
    (tmp_path / "trace" / "uncertainty_params.csv").write_text("epoch,sigma_a,sigma_b\n1,1.0,1.0\n2,0.5,\n")
    table = portion_table(portions(run))
    assert table is not None
    assert [cell.text for cell in table.rows[0].cells][6:] == ["1.000", "0.500"]


def test_a_loss_below_0_leaves_no_shares(tmp_path: Path) -> None:
    """Of -1 and 3 the total is 2; nothing of that is -50 % or 150 % of anything."""
    below = STEPS.with_columns(pl.Series("share.a", [0.2, 0.4, 0.5, -0.5]), pl.Series("share.b", [0.8, 0.6, None, 1.5]))
    run = run_of(tmp_path, below)
    assert [one.loss for one in portions(run)] == [pytest.approx((0.3, 0.3)), pytest.approx((0.7, 0.7))]
    (panel,) = [panel for panel in share_panels(run) if panel.name == "shares"]
    assert "without 2 of 4 steps, of which a loss was below 0" in panel.caption
    none = run_of(tmp_path / "none", below[3:])
    assert [one.loss for one in portions(none)] == [(None, None)] * 2
    assert "shares" not in [panel.name for panel in share_panels(none)]


def test_gradients_that_were_sampled_once_make_no_area(tmp_path: Path) -> None:
    names = [panel.name for panel in share_panels(run_of(tmp_path / "two"))]
    assert names == ["shares", "gradient-shares", "gradient-norms"]
    assert "gradient-shares" not in [panel.name for panel in share_panels(run_of(tmp_path / "one", STEPS[:2]))]


def test_without_steps_there_is_nothing(tmp_path: Path) -> None:
    write_json(tmp_path, "metadata", {"tasks": {"a": {}}})
    (tmp_path / "config.yaml").write_text("name: x\n")
    assert portions(read_run(tmp_path)) == []
    assert portion_table([]) is None
