"""W&B offline: what its own record holds, sitting after sitting, without an account or a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import InputError
from polyhead.trace.wandb_file import records
from polyhead.tracking import build_trackers
from polyhead.tracking.wandb_record import last_step

from .cases import experiment, metrics, report, run_folder

pytest.importorskip("wandb")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "machine" / "stamp")


def tracked(options: Any = True, **blocks: Any) -> Any:
    def tracker(run: Path) -> Any:
        (one,) = build_trackers(experiment(track={"wandb": options}, **blocks), {"val/wear/mae": "wear_mae"}, run)
        return one

    return tracker


def sittings(run: Path) -> Iterator[list[Any]]:
    """What each sitting wrote, in order, as messages of wandb's own."""
    import wandb
    from wandb.proto.wandb_internal_pb2 import Record

    wandb.teardown()  # ends the process that writes: a run's own end does not wait for it
    for path in sorted(run.glob("wandb/offline-run-*/*.wandb"), key=lambda path: path.stat().st_mtime_ns):
        yield [Record.FromString(content) for content in records(path.read_bytes())]


def history(sitting: list[Any]) -> dict[int, dict[str, float]]:
    steps = [one.history for one in sitting if one.HasField("history")]
    return {one.step.num: {"/".join(i.nested_key): json.loads(i.value_json) for i in one.item} for one in steps}


def test_a_whole_run(run, capfd):
    tracker = tracked(notes="first try", tags=["a", "b"])(run)
    tracker.on_start(run, ("state", "wear"), 2, 5)
    for epoch in (1, 2):
        tracker.on_epoch(report(epoch))
    tracker.on_finish(run, metrics())
    tracker.on_end(None)
    assert capfd.readouterr() == ("", "")

    (sitting,) = sittings(run)
    told = next(one.run for one in sitting if one.HasField("run"))
    assert told.run_id == json.loads((run / "tracking.json").read_text())["wandb"]["id"]
    assert (told.project, told.display_name, told.run_group) == ("machine", "stamp", "machine")
    assert (told.notes, list(told.tags)) == ("first try", ["a", "b"])
    config = {one.key or "/".join(one.nested_key): json.loads(one.value_json) for one in told.config.update}
    assert config["tasks"]["wear"]["kind"] == "regression"
    assert config["run"]["fingerprint.split"] == "s1"
    epochs = history(sitting)
    assert list(epochs) == [1, 2]
    assert epochs[2]["wear_mae"] == 4.0
    assert "val/state/log_loss" not in epochs[2]  # undefined
    summary = {}
    for one in sitting:
        for item in one.summary.update:
            summary["/".join([item.key] if item.key else item.nested_key)] = json.loads(item.value_json)
    assert (summary["test/state/macro_f1"], summary["best/val/state/macro_f1"]) == (0.5, 0.75)
    assert [one.exit.exit_code for one in sitting if one.HasField("exit")] == [0]
    (folder,) = run.glob("wandb/offline-run-*/files")
    assert (folder / "report.html").read_text() == "<p>page</p>"
    assert (folder / "figures" / "shares.png").exists()


def test_an_epoch_is_one_call_that_is_done_at_once(run, monkeypatch):
    tracker = tracked()(run)
    tracker.on_start(run, (), 1, 5)
    from wandb import Run

    calls: list[Any] = []
    monkeypatch.setattr(Run, "log", lambda self, values, **how: calls.append((len(values), how)))
    tracker.on_epoch(report(1))
    tracker.on_end(None)
    assert calls == [(15, {"step": 1, "commit": True})]


def test_it_goes_on_under_the_same_id_and_tells_nothing_twice(run):
    first = tracked()(run)
    first.on_start(run, (), 3, 5)
    first.on_epoch(report(1))
    first.on_epoch(report(2))
    first.on_end(KeyboardInterrupt())
    (run / "trace").mkdir()
    (run / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss\n1,9\n2,9\n")
    list(sittings(run))  # all is written
    again = tracked()(run)
    again.on_start(run, (), 3, 5)
    again.on_epoch(report(3))
    again.on_finish(run, metrics())
    before, after = sittings(run)
    assert [one.exit.exit_code for one in before if one.HasField("exit")] == [130]
    assert (list(history(before)), list(history(after))) == ([1, 2], [3])
    ids = {one.run.run_id for sitting in (before, after) for one in sitting if one.HasField("run")}
    assert ids == {json.loads((run / "tracking.json").read_text())["wandb"]["id"]}
    assert last_step(run / "wandb", *ids) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from cases import experiment, report
from polyhead.tracking import build_trackers
run = Path(sys.argv[1])
(tracker,) = build_trackers(experiment(track={"wandb": True}), {}, run)
tracker.on_start(run, (), 3, 5)
tracker.on_epoch(report(1))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_took_with_it_is_told_again(run):
    """wandb keeps the last seconds in memory; the run's own tables have them."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})" + KILLED
    own = {key: value for key, value in os.environ.items() if key != "WANDB_SERVICE"}  # a process that writes for it
    done = subprocess.run([sys.executable, "-c", code, str(run)], capture_output=True, env=own, check=False)
    assert done.returncode == -9
    (run / "trace").mkdir()
    (run / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss\n1,9\n2,9\n")
    tracker = tracked()(run)
    tracker.on_start(run, (), 3, 5)
    tracker.on_epoch(report(3))
    tracker.on_end(None)
    assert sorted(epoch for sitting in sittings(run) for epoch in history(sitting)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("options", "project", "entity", "tags"),
    [({"project": "p", "entity": "me", "tags": ["c"]}, "p", "me", ["c"]), ({"tags": []}, "machine", "", [])],
)
def test_its_own_options(run, options, project, entity, tags):
    tracker = tracked(options, tags=["a"])(run)
    tracker.on_start(run, (), 1, 5)
    tracker.on_end(None)
    (sitting,) = sittings(run)
    told = next(one.run for one in sitting if one.HasField("run"))
    assert (told.project, told.entity, list(told.tags)) == (project, entity, tags)


def test_online_needs_an_account(run, monkeypatch, tmp_path):
    for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with pytest.raises(InputError) as refused:
        tracked({"mode": "online"})(run)
    assert re.fullmatch(
        r"track\.wandb\.mode: no account of https://\S+ is known here; run `wandb login`, or write mode: offline",
        refused.value.line,
    )
