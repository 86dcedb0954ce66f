"""Diagnosis from Python: of what is trained, while it trains and in the end, a fold at a time, and of configs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyhead import api
from polyhead.cli.entry import run
from polyhead.diagnosis import catalogue
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Fact, Finding, Scope
from polyhead.diagnosis.page import HEADINGS
from polyhead.errors import InputError, StoppedRunError
from polyhead.trace.folder import RunFolder
from polyhead.training.watcher import EpochReport, Watcher

from ..machine import write_config

DOC = "Two epochs.\n\n" + "\n\n".join(f"{heading}\n    Text of it." for heading in HEADINGS)
SMALL = ["train.epochs=3", "train.device=cpu", "train.ema=null"]


def epochs_of(case: Case) -> Iterator[float]:
    assert case.epochs is not None
    yield float(case.epochs["epoch"][-1])


def two_or_more(epoch: float) -> Finding | None:
    what = f"epoch {epoch:.0f} is over"
    return Finding("warning", what, Scope(task="state"), (Fact("epoch", epoch),)) if epoch >= 2 else None


class Point:
    name, value = "two-epochs", "package:CHECK"

    def load(self) -> Any:
        return Check("two-epochs", ("epochs",), "scalars", epochs_of, two_or_more, DOC)


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A check, installed as a package would, that warns once two epochs are over."""
    points = {"polyhead.checks": [Point()]}
    monkeypatch.setattr(catalogue, "entry_points", lambda group: points.get(group, []))
    catalogue.all_checks.cache_clear()
    yield
    catalogue.all_checks.cache_clear()


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("machine"))


def trained(config: Path, out: Path, *overrides: str, code: int = 0, options: tuple[str, ...] = ()) -> Path:
    """The folder of a run of one task that the command trained, which ended so."""
    command = ["train", str(config), *SMALL, *overrides, "--tasks", "state", "--out", str(out), *options]
    assert run(command) == code
    (folder,) = (out / "machine").iterdir()
    return folder


def state_of(folder: Path) -> dict[str, Any]:
    return RunFolder(folder).read("state.json")


def test_findings_are_on_the_page_and_in_the_folder(plugged, config, tmp_path, capsys):
    folder = trained(config, tmp_path)
    output = capsys.readouterr()
    held = RunFolder(folder).read("findings.json")
    (found,) = [one for one in held["findings"] if one["id"] == "two-epochs"]
    assert found["what"] == "epoch 3 is over"
    assert "warning two-epochs: epoch 3 is over" in output.out
    assert f"in full: polyhead diagnose {folder}" in output.out
    page = (folder / "report.html").read_text()
    assert '<h2 id="findings">Findings</h2>' in page
    assert "epoch 3 is over" in page
    assert "## Findings" in (folder / "report.md").read_text()
    for anchor in re.findall(r'class="see" href="#(\w+)"', page):
        assert f'id="{anchor}"' in page
    again = api.diagnose(folder)
    assert json.loads(json.dumps(again.as_dict()["checks"])) == held["checks"]


def test_nothing_is_looked_for_where_nobody_asks(plugged, config, tmp_path, capsys):
    folder = trained(config, tmp_path, options=("--no-diagnose", "--format", "json"))
    assert set(json.loads(capsys.readouterr().out)) == {"run", "metrics"}
    assert not (folder / "findings.json").exists()
    assert '<h2 id="findings">' not in (folder / "report.html").read_text()
    again = ["train", "--resume", str(folder), "--no-diagnose"]
    assert run(again) == 0
    assert not (folder / "findings.json").exists()
    assert run([*again, "--fail-on", "note"]) == 2


def test_stop_on_ends_the_run_judged_and_saved_and_a_resumed_one_does_not_go_on(plugged, config, tmp_path, capsys):
    folder = trained(config, tmp_path, "train.stop_on=[two-epochs]", code=1)
    output = capsys.readouterr()
    assert output.err.count("epoch 2: warning two-epochs: epoch 2 is over") == 1
    assert "ended by two-epochs, which train.stop_on names" in output.out
    state = state_of(folder)
    assert (state["status"], state["epoch"], state["stopped_by"]) == ("finished", 2, "finding: two-epochs")
    metrics = (folder / "metrics.json").read_bytes()
    assert "test" in json.loads(metrics)
    assert (folder / "findings.json").is_file()
    assert (folder / "report.html").is_file()
    assert run(["train", "--resume", str(folder)]) == 1
    assert state_of(folder)["epoch"] == 2
    assert (folder / "metrics.json").read_bytes() == metrics


def test_a_loss_that_is_not_finite_ends_with_everything_saved_and_one_line(config, tmp_path, capsys):
    folder = trained(config, tmp_path, "train.lr=1e20", "train.stop_on=[non-finite]", code=1)
    lines = capsys.readouterr().err.splitlines()
    (line,) = [one for one in lines if one.startswith("polyhead: ")]
    assert "the loss of task 'state' is not finite at epoch 1, step 2" in line
    assert state_of(folder)["status"] == "failed"
    for name in ("checkpoints/last.ckpt", "findings.json", "report.html", "trace/steps/00000.parquet"):
        assert (folder / name).is_file(), name
    found = RunFolder(folder).read("findings.json")["findings"]
    assert [one["severity"] for one in found if one["id"] == "non-finite"][:1] == ["error"]
    assert any("losses are not finite" in one["what"] for one in found), "the steps that broke are on record"


def test_without_stop_on_a_loss_that_is_not_finite_could_not_be_done(config, tmp_path):
    trained(config, tmp_path, "train.lr=1e20", code=2)


def test_fail_on_counts_for_one_run_and_for_several(plugged, config, tmp_path, capsys):
    several = ("--seeds", "2", "--format", "json")
    command = ["train", str(config), *SMALL, "--tasks", "state", *several]
    assert run([*command, "--out", str(tmp_path / "a"), "--fail-on", "warning"]) == 1
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [any(one["id"] == "two-epochs" for one in each["findings"]) for each in runs] == [True, True]
    assert run([*command, "train.epochs=1", "--out", str(tmp_path / "b"), "--no-diagnose"]) == 0
    assert [set(each) for each in json.loads(capsys.readouterr().out)["runs"]] == [{"run", "metrics"}] * 2


def test_several_seeds_tell_what_each_run_found(plugged, config, tmp_path, capsys):
    command = ["train", str(config), *SMALL, "--tasks", "state", "--seeds", "2", "--out", str(tmp_path)]
    assert run([*command, "train.stop_on=[two-epochs]"]) == 1
    out = capsys.readouterr().out
    assert out.count("ended by two-epochs") == 2
    assert out.count("warning two-epochs: epoch 2 is over") == 2


@pytest.mark.parametrize(
    ("key", "text", "near"),
    [
        ("stop_on", "train: {stop_on: [non-finite, orphan-haed]}", "did you mean orphan-head?"),
        ("ignore", "diagnose: {ignore: [{id: below-flor, reason: so}]}", "did you mean below-floor?"),
    ],
)
def test_unknown_id_in_a_config_is_one_line_that_names_its_place(config, tmp_path, capsys, key, text, near):
    before = config.read_text()
    before = before[: before.index("train:")] + before[before.index("trace:") :] if key == "stop_on" else before
    own = tmp_path / "own.yaml"
    own.write_text(f"{before}{text}\n")
    line = len(own.read_text().splitlines())
    for command in (["check", str(own)], ["train", str(own), "--out", str(tmp_path / "runs")]):
        assert run(command) == 2
        (error,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("polyhead: ")]
        assert error.startswith(f"polyhead: {own}:{line}: ")
        assert f".{key}: no check" in error
        assert error.endswith(near)
    assert not [*(tmp_path / "runs").iterdir()]
    assert run(["train", str(config), "train.stop_on=[nothing]", "--out", str(tmp_path / "runs")]) == 2
    assert "override train.stop_on=[nothing]: train.stop_on: no check 'nothing'" in capsys.readouterr().err


class Enough(Watcher):
    """Asks for an end after an epoch."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_epoch(self, report: EpochReport) -> str | None:
        return "enough" if report.epoch == self._epoch else None


@pytest.mark.parametrize("devices", [1, 2])
def test_a_watchers_reason_ends_the_run_saved(config, tmp_path, devices):
    overrides = [*SMALL, f"train.devices={devices}"]
    finished = api.train(
        config, overrides, tasks=["state"], out=tmp_path, watcher=Enough(2), report=False, diagnosis=False
    )
    state = state_of(finished.folder)
    assert (state["status"], state["epoch"], state["stopped_by"]) == ("finished", 2, "enough")
    assert state["processes"] == devices
    again = api.resume(finished.folder, diagnosis=False)
    assert state_of(again.folder)["epoch"] == 2
    assert again.metrics == finished.metrics
    assert again.diagnosis is None


def test_a_last_epoch_ends_by_itself(config, tmp_path):
    overrides = [*SMALL, "train.epochs=1"]
    one = api.train(config, overrides, tasks=["state"], out=tmp_path, watcher=Enough(1), report=False, diagnosis=False)
    assert state_of(one.folder)["stopped_by"] == "epochs"


def test_folds_are_diagnosed_one_by_one_and_merged(plugged, config, tmp_path):
    """All three folds have two epochs, until the trace of the first is cut to one."""
    overrides = [*SMALL, "train.epochs=2", "data.split={by: group, folds: 3}"]
    whole = api.train(config, overrides, tasks=["state"], out=tmp_path, report=False)
    folder = whole.folder
    assert whole.diagnosis is not None
    assert whole.diagnosis.origin == str(folder)
    (found,) = [one for one in whole.diagnosis.findings if one.id == "two-epochs"]
    assert found.what == "epoch 2 is over (in folds 01, 02, 03 of 3)"
    held = RunFolder(folder).read("findings.json")
    assert [one["what"] for one in held["findings"] if one["id"] == "two-epochs"] == [found.what]
    (alone,) = [one for one in api.diagnose(folder / "folds" / "02").findings if one.id == "two-epochs"]
    assert alone.what == "epoch 2 is over"
    table = folder / "folds" / "01" / "trace" / "epoch_metrics.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:2]))
    (folder / "folds" / "04").mkdir()  # of a fold that has not begun
    (found,) = [one for one in api.diagnose(folder).findings if one.id == "two-epochs"]
    assert found.what == "epoch 2 is over (in folds 02, 03 of 3)"


def test_a_fold_that_a_finding_ended_fails_the_command(plugged, config, tmp_path, capsys):
    split = "data.split={by: group, folds: 3}"
    folder = trained(config, tmp_path, split, "train.stop_on=[two-epochs]", code=1)
    assert state_of(folder)["status"] == "finished"
    assert [state_of(fold)["epoch"] for fold in sorted((folder / "folds").iterdir())] == [2, 2, 2]
    assert "ended by two-epochs" in capsys.readouterr().out


def test_stopped_run_is_an_input_error_that_python_can_tell(config, tmp_path):
    overrides = [*SMALL, "train.lr=1e20", "train.stop_on=[non-finite]"]
    with pytest.raises(StoppedRunError) as caught:
        api.train(config, overrides, tasks=["state"], out=tmp_path, report=False)
    assert isinstance(caught.value, InputError)
    (folder,) = (tmp_path / "machine").iterdir()
    assert (folder / "findings.json").is_file()
    assert not (folder / "report.html").exists()


def test_check_says_what_training_would_see(config):
    found = api.check(config)
    assert found.summary is not None
    assert sum(found.summary["split"]["windows"].values()) == 240
    assert len(found.audit) > 20
    refused = api.check(config, ["tasks.wear.bounds=[0, 1]"])
    assert refused.summary is None
    assert [one.id for one in refused.findings] == ["head-range"]
    assert refused.checks["head-range"] == "ran"
    assert refused.checks["below-floor"] == "skipped: training refuses these data"
    assert refused.fails("error")


def test_check_leaves_the_data_and_its_folder_alone(config):
    before = sorted(path.name for path in config.parent.iterdir())
    with np.load(config.parent / "machine.npz") as held:
        names = list(held)
    api.check(config)
    assert sorted(path.name for path in config.parent.iterdir()) == before
    with np.load(config.parent / "machine.npz") as held:
        assert list(held) == names
