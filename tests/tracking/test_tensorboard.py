"""TensorBoard: event files as its own reader sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyhead.tracking import build_trackers

from .cases import experiment, metrics, report, run_folder

pytest.importorskip("tensorboard")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "machine" / "stamp")


def tracked(run: Path, **blocks: Any) -> Any:
    (tracker,) = build_trackers(experiment(track={"tensorboard": True}, **blocks), {"val/wear/mae": "wear_mae"}, run)
    return tracker


def events(run: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(run / "tensorboard")).Reload()


def scalars(run: Path, name: str) -> list[tuple[int, float]]:
    return [(one.step, one.value) for one in events(run).Scalars(name)]


def test_a_whole_run(run, capfd):
    tracker = tracked(run, notes="first try")
    tracker.on_start(run, ("state", "wear"), 2, 5)
    tracker.on_epoch(report(1))
    tracker.on_epoch(report(2))
    assert scalars(run, "train/loss") == [(1, 1.0), (2, 0.5)]  # to be seen while it trains
    tracker.on_finish(run, metrics())
    tracker.on_end(None)
    assert capfd.readouterr() == ("", "")
    assert scalars(run, "wear_mae") == [(1, 2.0), (2, 4.0)]
    assert scalars(run, "test/state/macro_f1") == [(2, 0.5)]
    assert scalars(run, "best/val/state/macro_f1") == [(2, 0.75)]
    assert "val/state/log_loss" not in events(run).Tags()["scalars"]  # undefined
    texts = {name: events(run).Tensors(name)[0].tensor_proto.string_val[0] for name in ("config", "notes")}
    assert texts == {"config": b"```yaml\nname: machine\n\n```", "notes": b"first try"}


def test_it_goes_on_and_tells_nothing_twice(run, monkeypatch):
    from tensorboard.summary.writer import event_file_writer

    # Names end in a count without leading zeros: within one second file 10 would come before file 9.
    monkeypatch.setattr(event_file_writer, "_global_uid", event_file_writer.AtomicCounter(9))
    first = tracked(run)
    first.on_start(run, (), 3, 5)
    first.on_epoch(report(1))
    first.on_epoch(report(2))
    (run / "trace").mkdir()
    (run / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss\n1,9\n2,9\n3,0.125\n")
    for _ in range(2):
        again = tracked(run)
        again.on_start(run, (), 4, 5)
        again.on_finish(run, metrics())
    assert scalars(run, "train/loss") == [(1, 1.0), (2, 0.5), (3, 0.125)]
    assert scalars(run, "test/skill") == [(2, 0.5)]
    assert len(events(run).Tensors("config")) == 1
