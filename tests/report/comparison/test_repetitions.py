"""Runs of one configuration: their seeds, mean and sd, and what is only a copy."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest

from ..conftest import Change
from .compared import alarms, changed, compared, loads, texts, write_compared


def test_repetitions_are_grouped_by_configuration(tmp_path: Path, good: Path, poor: Path, change: Change) -> None:
    """Three seeds of one configuration and one of another; mean and sd as the statistics module has them."""
    folders = [good, poor]
    for seed in (2, 3):
        config = changed("seed", seed)
        folders.append(write_compared(tmp_path / str(seed), load=loads(1.0, seed), bad=alarms(1, seed), config=config))
    with change(folders[2], "metadata") as metadata:
        metadata["configuration"] |= {"track": {"tensorboard": True}, "notes": "again"}
    found = compared(*folders)
    (group,) = found.repetitions
    assert (group["runs"], group["seeds"]) == (["A", "C", "D"], [1, 2, 3])
    values = [found.tasks["load"][run]["value"] for run in "ACD"]
    assert group["tasks"]["load"]["value"] == {
        "mean": pytest.approx(statistics.mean(values)),
        "sd": pytest.approx(statistics.stdev(values)),
    }
    assert (group["tasks"]["load"]["n"], group["tasks"]["load"]["metric"]) == (3, "r2")


def test_a_copy_is_counted_once_and_named(tmp_path: Path, good: Path) -> None:
    """The first of two copies was never judged, so that the second counts: of 0.25 and 0.75 the sd is 0.5 / sqrt(2)."""
    second = changed("seed", 2)
    folders = [good]
    for name in ("crashed", "again"):
        folders.append(write_compared(tmp_path / name, load=loads(1.0), bad=alarms(2.0), config=second))
    (folders[1] / "metrics.json").unlink()
    for run, value in ((good, 0.25), (folders[2], 0.75)):
        metrics = json.loads((run / "metrics.json").read_text())
        metrics["test"]["load"]["r2"]["value"] = value
        (run / "metrics.json").write_text(json.dumps(metrics))
    found = compared(*folders)
    (group,) = found.repetitions
    assert (group["runs"], group["seeds"]) == (["A", "C"], [1, 2])
    assert group["tasks"]["load"]["value"] == {"mean": 0.5, "sd": pytest.approx(0.5 / 2**0.5)}
    assert texts(found, "weak").count("runs B and C are the same configuration with the same seed; counted once") == 1


def test_equal_runs_of_one_seed_are_no_repetition(tmp_path: Path, good: Path) -> None:
    again = write_compared(tmp_path / "again", load=loads(1.0), bad=alarms(2.0))
    found = compared(good, again)
    assert not found.repetitions
    assert not found.differences
    assert found.tasks["load"]["B"]["difference"]["interval"] == [0.0, 0.0]
