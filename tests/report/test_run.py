"""Reading a run folder: what is absent is absent, what is broken is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.errors import InputError
from polyhead.report.run import read_run


def test_a_finished_run(report: Path) -> None:
    run = read_run(report)
    assert run.name == "bearings"
    assert run.tasks == ["fault", "anomaly", "life", "next"]
    assert (run.splits, run.judged) == (["train", "val", "test"], "test")
    assert run.primary("test", "life")[0] == "r2"
    assert run.steps is not None
    assert run.steps.height == 2000


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a run folder") as caught:
        read_run(tmp_path)
    assert str(tmp_path) in caught.value.line


@pytest.mark.parametrize("content", ["{", '{"schema_version": 2}', "[]"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.yaml").write_text("name: x\n")
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(InputError, match=r"metrics\.json"):
        read_run(tmp_path)


def test_a_configuration_alone_is_a_run_that_has_not_begun(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: x\n")
    run = read_run(tmp_path)
    assert (run.name, run.tasks, run.splits, run.judged, run.steps) == ("x", [], [], None, None)
    assert run.trace("epoch_metrics") is None
    assert run.predictions("test") is None


def test_a_configuration_that_is_no_yaml_is_still_shown(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: [unclosed\n")
    run = read_run(tmp_path)
    assert run.name == tmp_path.name
    assert run.config_text == "name: [unclosed\n"


def test_a_line_that_is_being_written_does_not_stop_the_reading(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: x\n")
    (tmp_path / "trace").mkdir()
    (tmp_path / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss,lr\n1,0.5,1e-3\n2,,1e-3\n3,0.2")
    table = read_run(tmp_path).trace("epoch_metrics")
    assert table is not None
    assert table["epoch"].to_list() == [1.0, 2.0, 3.0]
    assert table["train_loss"].to_list() == [0.5, None, 0.2]
