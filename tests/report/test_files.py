"""What lies in a run's folder, by kind."""

from __future__ import annotations

from pathlib import Path

from polyhead.report.files import OTHER, artefacts
from polyhead.report.page import write_report


def test_every_file_is_named_once_with_what_it_holds(tmp_path: Path) -> None:
    sizes = {
        "config.yaml": 120,
        "trace/epoch_metrics.csv": 1500,
        "trace/steps/00000.parquet": 2000,
        "trace/steps/00001.parquet": 3000,
        "checkpoints/best.ckpt": 10,
        "checkpoints/best-life.ckpt": 10,
        "predictions/test.parquet": 77,
        "figures/shares.png": 9,
        "folds/01/config.yaml": 5,
        "folds/01/trace/steps/00000.parquet": 6,
        "own.txt": 3,
        ".lock": 1,
    }
    for name, size in sizes.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    found = {one.name: (one.count, one.size) for one in artefacts(tmp_path)}
    assert found == {
        "config.yaml": ("1", "120 bytes"),
        "trace/epoch_metrics.csv": ("1", "1.5 kB"),
        "trace/steps/*.parquet": ("2", "5 kB"),
        "predictions/test.parquet": ("1", "77 bytes"),
        "checkpoints/best.ckpt": ("1", "10 bytes"),
        "checkpoints/best-life.ckpt": ("1", "10 bytes"),
        "folds/**": ("2", "11 bytes"),
        "figures/*": ("", ""),
        "report.*": ("", ""),
        "own.txt": ("1", "3 bytes"),
    }
    assert [one.name for one in artefacts(tmp_path) if one.holds == OTHER] == ["own.txt"]


def test_a_page_does_not_depend_on_whether_one_was_written_before(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: x\n")
    before = artefacts(tmp_path)
    (tmp_path / "report.html").write_text("a page")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_text("a figure")
    assert artefacts(tmp_path) == before


def test_what_trackers_and_export_leave_has_its_words(tmp_path: Path) -> None:
    for name in ("wandb/run-1/run.wandb", "tensorboard/events.1", "export/x.onnx", "mlartifacts/0/a", "tracking.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert {one.name: one.holds for one in artefacts(tmp_path) if one.count} == {
        "wandb/run-1/run.wandb": "what W&B keeps, to be sent with `wandb sync`",
        "tensorboard/events.1": "event files of TensorBoard",
        "export/x.onnx": "networks written by polyhead export",
        "mlartifacts/0/a": "files that MLflow keeps",
        "tracking.json": "under which id trackers know the run",
    }


def test_a_command_among_the_words_is_set_as_code(bare: Path) -> None:
    (bare / "wandb").mkdir()
    (bare / "wandb" / "run.wandb").write_text("x")
    assert "to be sent with <code>wandb sync</code></td>" in write_report(bare).read_text()
    assert "to be sent with `wandb sync` |" in (bare / "report.md").read_text()
