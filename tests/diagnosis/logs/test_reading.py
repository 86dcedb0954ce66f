"""One run, logged by six programs, is one case."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polyhead.diagnosis.logs.reading import read_log
from polyhead.errors import InputError

from . import written

PROGRAMS: dict[str, Callable[[Path], Path]] = {
    "six tables": lambda folder: written.six_tables(folder / "log"),
    "json lines": lambda folder: written.json_lines(folder / "log.jsonl"),
    "lightning": lambda folder: written.lightning(folder / "log"),
    "tensorboard": lambda folder: written.tensorboard(folder / "log"),
    "mlflow": lambda folder: written.mlflow(folder / "mlflow.db"),
    "wandb": written.wandb,
}


@pytest.mark.filterwarnings("ignore")  # of the programs' own writers
@pytest.mark.parametrize("program", PROGRAMS)
def test_one_run_in_every_log(tmp_path: Path, program: str) -> None:
    case = read_log(str(PROGRAMS[program](tmp_path)))
    assert set(case.tasks) == {"span", "countdown"}
    assert case.tasks["span"].kind == "binary"
    losses = case.losses["val"]
    np.testing.assert_allclose(losses["span"], written.SPAN, rtol=1e-6)
    np.testing.assert_allclose(losses["countdown"], written.COUNTDOWN, rtol=1e-6)
    np.testing.assert_allclose(case.scores["span"]["f1"], written.F1, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(case.epochs["train_loss"], written.SPAN + written.COUNTDOWN, rtol=1e-5)
    np.testing.assert_allclose(np.diff(losses["epoch"]), 1)
    if program != "lightning":
        np.testing.assert_allclose(case.weights["sigma_countdown"], written.SIGMA, rtol=1e-6)
    assert case.lacks("profile")
    assert case.lacks("steps.grad_norm")


def test_columns_of_the_expansions_study(tmp_path: Path) -> None:
    """in_span and out_span are the two sides of the span, separation is the span's."""
    case = read_log(str(written.six_tables(tmp_path)))
    columns = case.probabilities["val"]
    assert columns["span_pos_mean"][0] == pytest.approx(0.065)
    assert columns["span_neg_mean"][0] == pytest.approx(0.061)
    assert columns["span_separation"][0] == pytest.approx(0.004)


def test_a_file_of_names(tmp_path: Path) -> None:
    log, names = tmp_path / "log.csv", tmp_path / "names.yaml"
    log.write_text("ep;Val F;L_cd\n1;0,1;16\n2;0,2;15\n3;0,3;14\n")
    names.write_text(
        "names: {ep: epoch, Val F: val/span/f1, L_cd: train/countdown/loss}\ntasks: {countdown: regression}\n"
    )
    case = read_log(str(log), names)
    assert case.scores["span"]["f1"].tolist() == [0.1, 0.2, 0.3]
    assert case.losses["train"]["countdown"].tolist() == [16, 15, 14]
    assert case.tasks["countdown"].kind == "regression"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("names: {a: nowhere}\n", r"names\.yaml:1: names\.a: 'nowhere' is no place; write one such as"),
        ("tasks: {a: odd}\n", r"names\.yaml:1: tasks\.a: unknown kind 'odd'; valid: classification"),
        ("columns: {a: epoch}\n", r"names\.yaml:1: unknown key columns; write names, tasks or files"),
        ("names: [a]\n", r"names\.yaml:1: names: expected names and what they are"),
    ],
)
def test_a_wrong_file_of_names_is_named(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "names.yaml").write_text(text)
    (tmp_path / "log.csv").write_text("epoch,loss\n1,2\n")
    with pytest.raises(InputError, match=line):
        read_log(str(tmp_path / "log.csv"), tmp_path / "names.yaml")


def test_repeated_and_missing_epochs(tmp_path: Path) -> None:
    """What was logged last counts; an epoch that is not there is not made up; infinite losses stay."""
    log = tmp_path / "log.csv"
    log.write_text("epoch,train_loss_a,val_a_f1\n1,5,0.1\n2,4,0.2\n2,3,0.25\n5,inf,\n")
    case = read_log(str(log))
    assert case.losses["train"]["a"].tolist() == [5, 3, np.inf]
    assert case.losses["train"]["epoch"].tolist() == [1, 2, 5]
    assert case.scores["a"]["f1"][:2].tolist() == [0.1, 0.25]
    assert np.isnan(case.scores["a"]["f1"][2])


PLAIN = "epoch,train_loss,val_loss\n0,1.5,1.4\n1,1.25,1.5\n"
SPELLINGS = {
    "a mark in front": ("\ufeff" + PLAIN, "utf-8"),
    "UTF-16": (PLAIN, "utf-16"),
    "semicolons and decimal commas": (PLAIN.replace(",", ";").replace(".", ","), "utf-8"),
    "tabs and decimal commas": (PLAIN.replace(",", "\t").replace(".", ","), "utf-8"),
    "Excel's line": ("sep=;\n" + PLAIN.replace(",", ";"), "utf-8"),
    "a comment": ("# second try\n" + PLAIN, "utf-8"),
    "taken up again": (PLAIN + PLAIN, "utf-8"),
    "lines of Windows": (PLAIN.replace("\n", "\r\n"), "utf-8"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_tables_as_other_programs_write_them(tmp_path: Path, spelling: str) -> None:
    text, encoding = SPELLINGS[spelling]
    (tmp_path / "log.csv").write_bytes(text.encode(encoding))
    case = read_log(str(tmp_path / "log.csv"))
    assert case.epochs["epoch"].tolist() == [0, 1]
    assert case.epochs["train_loss"].tolist() == [1.5, 1.25]
    assert case.epochs["val_loss"].tolist() == [1.4, 1.5]


def test_thousands_are_no_decimals(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch\ttrain_loss\tval_loss\n1\t2\t1,500\n2\t1\t2,500\n")
    assert "val_loss" not in read_log(str(tmp_path / "log.csv")).epochs


@pytest.mark.parametrize(
    ("rows", "loss"),
    [
        ("1,10,4\n1,20,2\n2,30,1\n2,40,0\n", [3, 0.5]),  # the mean over the steps of an epoch
        ("1,1,4\n1,2,2\n2,1,1\n2,2,0\n", [2, 0]),  # steps that begin anew tell nothing apart: the last one counts
        ("1,10,4\n2,20,2\n1,30,1\n2,40,0\n", [1, 0]),  # a run that was begun again
    ],
)
def test_steps_beside_epochs(tmp_path: Path, rows: str, loss: list[float]) -> None:
    (tmp_path / "log.csv").write_text("epoch,step,train_loss\n" + rows)
    case = read_log(str(tmp_path / "log.csv"))
    assert case.epochs["epoch"].tolist() == [1, 2]
    assert case.epochs["train_loss"].tolist() == loss


def test_a_table_over_iterations(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("iteration,loss\n10,3\n20,2\n")
    assert read_log(str(tmp_path / "log.csv")).epochs["train_loss"].tolist() == [3, 2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_shares_of_epochs_as_hugging_face_counts(tmp_path: Path, encoding: str) -> None:
    rows = [
        {"loss": 2.0, "epoch": 0.5, "step": 50},
        {"loss": 1.5, "epoch": 1.0, "step": 100},
        {"eval_loss": 1.4, "epoch": 1.0, "step": 100},
        {"loss": 1.2, "epoch": 1.5, "step": 150},
        {"loss": 1.0, "epoch": 2.0, "step": 200},
        {"eval_loss": 1.1, "epoch": 2.0, "step": 200},
    ]
    (tmp_path / "log.jsonl").write_bytes("\n".join(map(json.dumps, rows)).encode(encoding))
    case = read_log(str(tmp_path / "log.jsonl"))
    assert case.epochs["epoch"].tolist() == [1, 2]
    np.testing.assert_allclose(case.epochs["train_loss"], [1.75, 1.1])
    assert case.epochs["val_loss"].tolist() == [1.4, 1.1]


def test_rows_of_steps_and_rows_of_epochs(tmp_path: Path) -> None:
    """A row that names only its epoch stands where the row above it does."""
    rows = [{"step": 100, "loss": 2}, {"step": 200, "loss": 1}, {"epoch": 1, "val_loss": 3}]
    rows += [{"step": 300, "loss": 0.5}, {"epoch": 2, "val_loss": 2}]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    case = read_log(str(tmp_path / "log.jsonl"))
    assert case.epochs["train_loss"].tolist() == [1.5, 0.5]
    assert case.epochs["val_loss"].tolist() == [3, 2]


def test_folders_of_phases_and_of_runs(tmp_path: Path) -> None:
    """Keras writes a folder for each phase, add_scalars of PyTorch one for each curve; two runs are not mixed."""
    steps = range(1, 4)
    written.events(tmp_path / "keras" / "train", {"epoch_loss": [(s, 3 - s) for s in steps]})
    written.events(tmp_path / "keras" / "validation", {"epoch_loss": [(s, 4 - s) for s in steps]})
    written.events(tmp_path / "curves" / "Loss_train", {"Loss": [(s, 3 - s) for s in steps]})
    written.events(tmp_path / "curves" / "Loss_val", {"Loss": [(s, 4 - s) for s in steps]})
    for name in ("keras", "curves"):
        case = read_log(str(tmp_path / name))
        assert case.epochs["train_loss"].tolist() == [2, 1, 0]
        assert case.epochs["val_loss"].tolist() == [3, 2, 1]
        assert not case.tasks
    written.events(tmp_path / "two" / "a", {"val/loss": [(1, 1.0)]})
    written.events(tmp_path / "two" / "b" / "val", {"loss": [(1, 2.0)]})
    with pytest.raises(InputError, match=r"two: holds 2 runs; name one, such as .*b"):
        read_log(str(tmp_path / "two"))


def test_validation_after_the_last_word_of_its_epoch(tmp_path: Path) -> None:
    log = {"epoch": [(0, 0), (10, 0), (20, 1), (30, 1)], "val_loss": [(15, 5.0), (35, 4.0)]}
    written.events(tmp_path, log)
    case = read_log(str(tmp_path))
    assert case.epochs["epoch"].tolist() == [0, 1]
    assert case.epochs["val_loss"].tolist() == [5, 4]


def test_a_log_cut_off_in_its_last_line(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"epoch": 1, "train/a/loss": 2}\n{"epoch": 2, "train/a/loss": 1}\n{"epoch": 3, "tra')
    assert read_log(str(log)).losses["train"]["a"].tolist() == [2, 1]
    log.write_text('{"epoch": 1, "train/a/loss": 2}\n{"epoch": 2, "tra\n{"epoch": 3, "train/a/loss": 1}\n')
    with pytest.raises(InputError, match=r"log\.jsonl:2: is no JSON"):
        read_log(str(log))


def test_what_the_log_does_not_hold_is_not_passed(tmp_path: Path) -> None:
    from polyhead.diagnosis.catalogue import all_checks
    from polyhead.diagnosis.diagnose import diagnose

    found = diagnose(read_log(str(written.six_tables(tmp_path))), all_checks())
    assert found.checks["weight-lag"] == "ran"
    assert found.checks["split-leakage"].startswith("skipped: ")
    assert found.checks["negative-transfer"] == "skipped: needs trials"
