"""The record of every parameter's size: before the first step and after each recorded epoch, cut on resume."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars
import pytest
import torch

from polyhead.trace.folder import RunFolder
from polyhead.training.fit import fit
from polyhead.training.session import Session
from polyhead.training.watcher import StopRequest, Watcher

from .synthetic import prepared


def session_of(folder: Path, **train) -> Session:
    options = {"device": "cpu", "epochs": 3, "batch_size": 8} | train
    return Session(prepared(("level", "pair"), train=options), RunFolder(folder))


def sums_of(weights: dict[str, torch.Tensor]) -> dict[str, float]:
    """Sums of absolute values by numpy in float64, of what state_dict holds."""
    return {name: float(abs(value.numpy().astype("f8")).sum()) for name, value in weights.items()}


def test_rows_are_the_sizes_before_the_first_step_and_after_each_epoch(tmp_path):
    session = session_of(tmp_path)
    before = {name: one.detach().clone() for name, one in session.raw.named_parameters()}
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    table = polars.read_csv(tmp_path / "trace" / "parameter_sums.csv")
    assert table["epoch"].to_list() == [0, 1, 2, 3]
    assert table.columns == ["epoch", *before]
    after = {name: one.detach() for name, one in session.raw.named_parameters()}
    for row, weights in ((0, before), (3, after)):
        found = {name: table[name][row] for name in before}
        assert found == pytest.approx(sums_of(weights), rel=1e-12)
    assert all(table[name].n_unique() == 4 for name in before)  # all of them move


def test_what_is_not_trained_keeps_its_sum_to_the_last_digit(tmp_path):
    session = session_of(tmp_path)
    still = next(name for name, _ in session.raw.named_parameters() if name.startswith("heads.pair"))
    dict(session.raw.named_parameters())[still].requires_grad_(False)
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    table = polars.read_csv(tmp_path / "trace" / "parameter_sums.csv")
    assert [name for name in table.columns[1:] if table[name].n_unique() == 1] == [still]


def test_a_run_that_begins_anew_has_one_first_row(tmp_path):
    """A first sitting that ended before it saved anything leaves its row; the next one writes it again."""
    session_of(tmp_path).tables.append("parameter_sums", {"epoch": 0, "gone": 1.0})
    session_of(tmp_path).begin(datetime.now(UTC))
    table = polars.read_csv(tmp_path / "trace" / "parameter_sums.csv")
    assert table["epoch"].to_list() == [0]
    assert "gone" not in table.columns
