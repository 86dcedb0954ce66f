"""One run, logged by six programs, is one case."""

from __future__ import annotations

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
