"""One run, logged by six programs, is one case."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from polyhead.diagnosis.folder import numbers
from polyhead.diagnosis.logs.reading import read_log
from polyhead.diagnosis.table import read_csv
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
        ("", r"names\.yaml: the file is empty; write names, tasks or files"),
        ("# to do\n", r"names\.yaml: the file is empty; write names, tasks or files"),
        ("names: {L_cd: train/a/loss}\n", r"log\.csv: --columns names L_cd, .*there are epoch, loss\)"),
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


def test_six_tables_in_words_of_others(tmp_path: Path) -> None:
    """Spaces, capitals and Loss Span are read as in a single table; 2 + 3 = 5 is the total of the first epoch."""
    (tmp_path / "epoch_metrics.csv").write_text("Epoch;Train Loss;Val Loss;Span F1\n1;5;6;0,1\n2;4;5;0,2\n")
    (tmp_path / "loss_components.csv").write_text(
        "Epoch;Phase;Loss Span;Loss Countdown;Total Loss\n1;Train;2;3;5\n1;Validation;2;4;6\n"
    )
    case = read_log(str(tmp_path))
    assert set(case.tasks) == {"span", "countdown"}
    assert case.epochs["train_loss"].tolist() == [5, 4]
    assert case.epochs["val_loss"].tolist() == [6, 5]
    assert case.scores["span"]["f1"].tolist() == [0.1, 0.2]
    assert {name: one.tolist() for name, one in case.losses["train"].items()} == {
        "epoch": [1], "span": [2], "countdown": [3], "total": [5]
    }  # fmt: skip
    assert case.losses["val"]["total"].tolist() == [6]


@pytest.mark.parametrize("table", ["epoch_metrics", "loss_components"])
def test_losses_of_tasks_in_columns_of_splits(tmp_path: Path, table: str) -> None:
    (tmp_path / f"{table}.csv").write_text("epoch,val_fault_loss,train_fault_loss,lr\n1,3,2,0.1\n2,2,1,0.1\n")
    case = read_log(str(tmp_path))
    assert set(case.tasks) == {"fault"}
    assert case.losses["val"]["fault"].tolist() == [3, 2]
    assert case.losses["train"]["fault"].tolist() == [2, 1]
    assert case.losses["train"]["epoch"].tolist() == [1, 2]


def test_losses_of_tasks_in_both_tables(tmp_path: Path) -> None:
    (tmp_path / "epoch_metrics.csv").write_text(
        "epoch,val_fault_loss,val_life_loss,val_fault_f1,train_fault_f1\n1,3,9,0.5,0.6\n"
    )
    (tmp_path / "loss_components.csv").write_text("epoch,phase,loss_life\n1,train,1\n1,val,2\n")
    case = read_log(str(tmp_path))
    assert set(case.tasks) == {"life", "fault"}
    assert case.losses["val"]["fault"].tolist() == [3]
    assert case.losses["val"]["life"].tolist() == [2]
    assert case.losses["train"]["life"].tolist() == [1]
    assert case.scores["fault"]["f1"].tolist() == [0.5]


@pytest.mark.parametrize("head", ["epoch,phase,Loss Sum,loss_a", "epoch,Loss Sum,loss_a"])
def test_a_total_that_the_file_of_names_tells(tmp_path: Path, head: str) -> None:
    row = "1,train,5,4" if "phase" in head else "1,5,4"
    (tmp_path / "loss_components.csv").write_text(f"{head}\n{row}\n")
    (tmp_path / "names.yaml").write_text("names: {Loss Sum: train/loss}\n")
    case = read_log(str(tmp_path), tmp_path / "names.yaml")
    assert set(case.tasks) == {"a"}
    assert case.losses["train"]["total"].tolist() == [5]
    assert case.losses["train"]["a"].tolist() == [4]


def test_tables_spelt_as_they_should_be_stay(tmp_path: Path) -> None:
    (tmp_path / "epoch_metrics.csv").write_text("epoch,Fault_A_macro_f1,Fault_A_within_1,val_skill\n1,0.5,0.6,0.1\n")
    (tmp_path / "loss_components.csv").write_text("epoch,phase,loss_Fault_A,total_loss\n1,val,2,2\n")
    case = read_log(str(tmp_path))
    assert set(case.tasks) == {"Fault_A"}
    assert set(case.scores["Fault_A"]) == {"epoch", "macro_f1", "within_1"}
    assert case.epochs["val_skill"].tolist() == [0.1]


@pytest.mark.parametrize("run", ["detector", "machines", "radio"])
def test_a_trace_of_polyhead_keeps_its_columns(run: str) -> None:
    """Such as backbone.stem.weight of gradient_stats."""
    trace = Path(__file__).parents[1] / "frozen" / run / "trace"
    case = read_log(str(trace))
    assert set(numbers(read_csv(trace / "gradient_stats.csv"))) == set(case.gradients)
    assert set(numbers(read_csv(trace / "parameter_sums.csv"))) == set(case.parameters)


def test_epochs_that_are_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "loss_components.csv").write_text("epoch,loss\n:\n")
    with pytest.raises(InputError, match=r"loss_components\.csv: column epoch holds more than numbers"):
        read_log(str(tmp_path))


def test_names_of_no_table(tmp_path: Path) -> None:
    written.six_tables(tmp_path / "log")
    (tmp_path / "names.yaml").write_text("names: {Val F1: val/span/f1}\n")
    with pytest.raises(InputError, match=r"log: --columns names Val F1, .*\(there are epoch, train_loss"):
        read_log(str(tmp_path / "log"), tmp_path / "names.yaml")


def test_a_table_without_epochs_is_told_of_names(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("ep,L\n1,2\n")
    with pytest.raises(InputError, match=r"names the task .*--columns FILE"):
        read_log(str(tmp_path / "log.csv"))


def test_folders_one_level_above(tmp_path: Path) -> None:
    written.lightning(tmp_path / "save" / "lightning_logs")
    assert set(read_log(str(tmp_path / "save")).tasks) == {"span", "countdown"}


@pytest.mark.filterwarnings("ignore")
def test_a_folder_with_a_store(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    written.mlflow(folder / "mlflow.db")
    assert set(read_log(str(folder)).tasks) == {"span", "countdown"}
