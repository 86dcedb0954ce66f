"""What another file need not hold, what check refuses as training does, and folds that fail before any is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyhead import api
from polyhead.errors import InputError
from polyhead.tracking import store

from ..machine import machine_config, write_machine


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_machine(tmp_path_factory.mktemp("data") / "machine.npz")


def config(file: Path, **blocks: Any) -> dict[str, Any]:
    values = machine_config(file)
    values["data"] |= blocks.pop("data", {})
    return values | {"train": {"epochs": 1, "batch_size": 32, "device": "cpu"}, "balance": "floor"} | blocks


def inputs_only(data: Path, path: Path) -> Path:
    """The same recordings without labels, groups or any other column."""
    with np.load(data) as file:
        np.savez(path, x=file["x"], load=file["load"])
    return path


@pytest.mark.parametrize(
    "own",
    [
        {"select": {"state": ["good", "loose", "worn"]}},
        {"slices": ["state"]},
        {"sampler": {"name": "same_system", "by": "machine"}},
        {"window": {"length": 32, "stride": 16}},
        {"split": {"by": "time"}},
        {"split": {"folds": 3, "fold": 2}},
    ],
    ids=["select", "slices", "sampler", "window", "time", "fold"],
)
def test_predictions_need_inputs_only(data: Path, tmp_path: Path, own: dict[str, Any]):
    run = api.train(config(data, data=own), out=tmp_path / "runs")
    count = api.predict(run.folder, inputs_only(data, tmp_path / "new.npz"), tmp_path / "new.csv")
    assert count >= 240


def test_another_file_is_judged_whatever_the_run_selected(data: Path, tmp_path: Path):
    own = {"sampler": {"name": "same_system", "by": "machine"}, "split": {"by": "time"}, "select": {"bad": [0, 1]}}
    run = api.train(config(data, data=own), out=tmp_path / "runs")
    assert api.evaluate(run.folder, data=data)["data"]["state"]["macro_f1"]["n"] == 240


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        ({"data": {"sampler": {"name": "class_balanced", "target": "nope"}}}, "no target 'nope'"),
        ({"model": {"backbone": {"name": "isfm", "patch_length": 128}}}, "patches of 128 samples do not fit"),
        (
            {"balance": "kendall", "tasks": {"wear": {"kind": "regression", "loss_fn": "gaussian_nll"}}},
            "kendall takes logarithms or ratios",
        ),
        ({"data": {"split": {"folds": 24}}, "tasks": {"state": {"kind": "classification"}}}, ""),
    ],
)
def test_check_refuses_what_training_refuses(data: Path, tmp_path: Path, blocks: dict[str, Any], says: str):
    own = config(data, **blocks)
    found = [one for one in api.check(own).findings if one.severity == "error"]
    if not says:
        assert not found  # every recording is a fold of its own, and each class stands in several
        return
    assert says in found[0].what
    with pytest.raises(InputError, match=says):
        api.train(own, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").rglob("*"))


@pytest.mark.parametrize(
    ("track", "says"),
    [
        ({"wandb": True}, r'^track\.wandb: wandb is not installed; pip install "polyhead\[wandb\]"'),
        ({"names": "nosuch"}, r"^track\.names: no study 'nosuch' brings names; those that do: calorimeter"),
    ],
)
def test_check_and_training_refuse_a_tracker_alike(data: Path, tmp_path: Path, monkeypatch, track: Any, says: str):
    monkeypatch.setattr(store, "find_spec", lambda package: None)
    own = config(data, track=track)
    with pytest.raises(InputError, match=says):
        api.check(own)
    with pytest.raises(InputError, match=says):
        api.train(own, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").rglob("*"))


def test_folds_that_cannot_be_trained_are_refused_before_the_first(data: Path, tmp_path: Path):
    with np.load(data) as file:
        columns = dict(file)
    columns["state"] = np.where(columns["machine"] == "m07", "odd", columns["state"])
    np.savez(tmp_path / "odd.npz", **columns)
    own = config(tmp_path / "odd.npz", data={"split": {"folds": "leave-one-machine-out"}})
    for refuse in (lambda: api.train(own, out=tmp_path / "runs"), lambda: _found(own)):
        with pytest.raises(
            InputError, match=r"fold m\d\d: class 'odd' occurs in (val|test) .recording 'm07'. but never"
        ):
            refuse()
    assert not list((tmp_path / "runs").rglob("*"))


def _found(own: dict[str, Any]) -> None:
    (finding,) = api.check(own).findings
    raise InputError(finding.what)


def test_a_metric_across_tasks_needs_all_of_them(data: Path, tmp_path: Path):
    joint = {"both": {"tasks": ["state", "bad"]}}
    whole = api.train(config(data, joint=joint), out=tmp_path / "runs")
    assert set(whole.metrics["joint"]["test"]) == {"both"}
    part = api.train(config(data, joint=joint), out=tmp_path / "runs", tasks=["state", "wear"])
    assert part.metrics["joint"] == {}


@pytest.mark.parametrize(
    ("augment", "split", "says"),
    [
        ({"jitter": 4}, {"by": "time"}, "a window could move over samples that are judged"),
        ({"jitter": 4}, {"stratify": "state"}, "every row is as long as a window"),
    ],
)
def test_windows_do_not_move_where_they_must_not(data: Path, augment: Any, split: Any, says: str):
    (finding,) = api.check(config(data, data={"augment": augment, "split": split})).findings
    assert says in finding.what


def test_remarks_name_classes_as_the_data_do(data: Path, tmp_path: Path):
    run = api.train(config(data, train={"epochs": 1, "lr": 1e-6, "device": "cpu"}), out=tmp_path / "runs")
    reason = run.metrics["test"]["state"]["macro_precision"]["reason"]
    assert "never predicted" in reason
    assert any(f"class {name}" in reason for name in ("good", "loose", "worn"))
