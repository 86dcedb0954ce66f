"""First epoch to judged epoch: numbers of a hand-written trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from polyhead.report.course import course, gain, key_numbers, loss_tables
from polyhead.report.data import Table
from polyhead.report.run import Run, read_run

from .folders import score, write_json

EPOCHS = 9


def write(folder: Path, best: int, epochs: int = EPOCHS) -> Run:
    """A run whose loss halves by each epoch from 16, and whose span is found ever better."""
    trace = folder / "trace"
    trace.mkdir(parents=True)
    number = range(1, epochs + 1)
    rows = [f"{n},{20 / n},{16 / 2**n},{0.1 * n - 0.1},{8 - n / 2},{0.01 * n}" for n in number]
    header = "epoch,train_loss,val_loss,span_f1,life_mae,val_skill"
    (trace / "epoch_metrics.csv").write_text("\n".join([header, *rows, ""]))
    losses = [f"{n},{phase},{4 / n},{8 - n},{12 - n}" for n in number for phase in ("train", "val")]
    (trace / "loss_components.csv").write_text("\n".join(["epoch,phase,loss_span,loss_life,total_loss", *losses, ""]))
    tasks = {"span": {"kind": "binary", "floor_loss": 0.69}, "life": {"kind": "regression", "floor_loss": None}}
    write_json(folder, "metadata", {"tasks": tasks})
    write_json(folder, "state", {"status": "finished", "best": {"monitor": "val/skill", "epoch": best}})
    mae: Any = {"direction": "lower", "best": 0.0, "unit": "h", "primary": True}
    scores = {
        "span": {"f1": score(0.1 * best - 0.1, 0.4, primary=True)},
        "life": {"mae": score(8 - best / 2, 9.0) | mae},
    }
    write_json(folder, "metrics", {"val": scores})
    return read_run(folder)


def cells(table: Table | None) -> dict[str, list[str]]:
    """A table's texts by row."""
    assert table is not None
    return {row.label: [cell.text for cell in row.cells] for row in table.rows}


def test_every_number_goes_from_the_first_epoch_to_the_judged_one(tmp_path: Path) -> None:
    table = key_numbers(write(tmp_path, best=4))
    assert table is not None
    assert list(table.columns) == ["epoch 1", "epoch 4", "better by", "better by, %", "floor"]
    assert cells(table) == {
        "training loss, all tasks": ["20.0", "5.0", "15.0", "75.0", "–"],
        "validation loss, all tasks": ["8.000", "1.000", "7.000", "87.5", "–"],
        "skill, mean over tasks": ["0.010", "0.040", "0.030", "–", "0.000"],
        "span: F1": ["0.000", "0.300", "0.300", "–", "0.400"],
        "life: MAE, h": ["7.500", "6.000", "1.500", "20.0", "9.000"],
    }


def test_what_got_worse_is_negative(tmp_path: Path) -> None:
    assert gain(1.0, 3.0, "lower") == -2.0
    assert gain(1.0, 3.0, "higher") == 2.0
    assert gain(1.0, 3.0, None) is None
    assert gain(None, 3.0, "higher") is None


def test_a_loss_that_fell_below_0_got_better_by_no_share(tmp_path: Path) -> None:
    run = write(tmp_path, best=2, epochs=2)
    (tmp_path / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss,val_loss\n1,-1.0,0.5\n2,-2.0,-1.5\n")
    found = cells(key_numbers(run))
    assert found["training loss, all tasks"] == ["−1.000", "−2.000", "1.000", "–", "–"]
    assert found["validation loss, all tasks"] == ["0.500", "−1.500", "2.000", "–", "–"]


def test_losses_stand_at_five_epochs_and_the_judged_one_over_the_best_constant(tmp_path: Path) -> None:
    val, train = loss_tables(write(tmp_path, best=4))
    assert (val.title, train.title) == ("Validation loss", "Training loss")
    assert [row.label for row in val.rows] == ["1", "3", "4, judged", "5", "7", "9", "best constant output"]
    assert cells(val)["4, judged"] == ["1.000", "4.000", "8.0"]
    assert cells(val)["best constant output"] == ["0.690", "–", "–"]


def test_a_short_run_shows_each_epoch_once(tmp_path: Path) -> None:
    val, _ = loss_tables(write(tmp_path, best=2, epochs=2))
    assert [row.label for row in val.rows] == ["1", "2, judged", "best constant output"]


def test_an_epoch_without_a_row_is_an_en_dash(tmp_path: Path) -> None:
    run = write(tmp_path, best=4)
    path = tmp_path / "trace" / "epoch_metrics.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("4,")))
    assert cells(key_numbers(run))["validation loss, all tasks"] == ["8.000", "–", "–", "–", "–"]
    assert cells(key_numbers(run))["life: MAE, h"][:2] == ["7.500", "6.000"], "metrics.json has the judged value"


@pytest.mark.parametrize("missing", ["trace", "best"])
def test_without_a_record_there_is_no_table(tmp_path: Path, missing: str) -> None:
    run = write(tmp_path, best=4)
    if missing == "trace":
        (tmp_path / "trace" / "epoch_metrics.csv").unlink()
    else:
        (tmp_path / "state.json").write_text(json.dumps({"schema_version": 1, "status": "training"}))
        run = read_run(tmp_path)
    assert course(run) is None
    assert key_numbers(run) is None
