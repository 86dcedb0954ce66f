"""Trained runs side by side, down to the JSON of the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from polyhead import api
from polyhead.api import judging
from polyhead.api.comparing import compare

from ..machine import machine_config, write_machine


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One task twice with two rates, and beside another task; the split does not follow the seed."""
    folder = tmp_path_factory.mktemp("runs")
    config = machine_config(write_machine(folder / "machine.npz"))
    config["data"]["split"] = {"fractions": [0.5, 0.1, 0.4], "seed": 1}
    config |= {"train": {"epochs": 2, "batch_size": 64, "device": "cpu", "lr": 0.02}, "balance": "floor"}
    each = [(["train.clip_norm=1.0"], ["bad"]), (["train.lr=0.0001"], ["bad"]), ([], ["bad", "wear"])]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(judging, "report", lambda run: run)  # their own pages take longer than the training
        return [api.train(config, overrides, out=folder, tasks=tasks).folder for overrides, tasks in each]


def test_runs_that_differ_in_one_key(runs: list[Path], tmp_path: Path) -> None:
    """The first writes out what is the default."""
    result = compare(runs[:2], output=tmp_path / "compare.html")
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["differences"] == {"train.lr": {"A": 0.02, "B": 0.0001}}
    assert result["cautions"] == []
    scores = [json.loads((run / "metrics.json").read_text())["test"]["bad"]["auroc"]["value"] for run in runs[:2]]
    found = result["tasks"]["bad"]
    assert [found[run]["value"] for run in "AB"] == scores
    assert found["B"]["difference"]["value"] == pytest.approx(scores[1] - scores[0])
    low, high = found["B"]["difference"]["interval"]
    assert low <= found["B"]["difference"]["value"] <= high
    assert "<h2>What differs in the configurations</h2>" in (tmp_path / "compare.html").read_text()


def test_a_task_alone_and_beside_another_is_paired(runs: list[Path]) -> None:
    result = compare([str(run) for run in runs[::2]])
    assert result["differences"]["tasks.wear.enabled"] == {"A": False, "B": True}
    assert result["tasks"]["bad"]["B"]["difference"]["interval"] is not None
    assert result["tasks"]["wear"]["A"] is None


def test_a_config_that_cannot_be_read_any_more_is_compared_as_it_ran(runs: list[Path], tmp_path: Path) -> None:
    old = shutil.copytree(runs[1], tmp_path / "old")
    (old / "config.yaml").write_text("name: old\nnot_a_key: 1\n")
    assert compare([runs[0], old])["differences"] == {"train.lr": {"A": 0.02, "B": 0.0001}}
