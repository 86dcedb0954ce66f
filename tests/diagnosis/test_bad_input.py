"""Whatever is in a file, a user gets a case or one line; whatever is in a case, checks do not fall over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import all_checks
from polyhead.diagnosis.diagnose import Diagnosis, diagnose
from polyhead.diagnosis.folder import read_folder
from polyhead.diagnosis.logs.reading import read_log
from polyhead.errors import InputError

from .cases import FROZEN

NAMES = (
    *("epoch_metrics.csv", "loss_components.csv", "uncertainty_params.csv", "log.csv", "table.csv", "log.jsonl"),
    *("table.json", "events.out.tfevents.1.host", "run-abc.wandb", "mlflow.db", "log.parquet"),
)
HEADS = (
    b"",
    b"epoch,loss\n",
    b"task,metric,value\n",
    b"SQLite format 3\0",
    b"PAR1",
    b":W&B\xee\xbe\0",
    b"\xff\xfe",
    b"{",
)
WORDS = ("", "nan", "inf", "-inf", "1e400", "train", "val", "span", "accuracy", "R2", "92.3 %", "x,y", '"', ";", "#")
CELLS = st.one_of(st.floats().map(str), st.integers().map(str), st.sampled_from(WORDS))
COLUMNS = (
    *("epoch", "phase", "loss_a", "loss_b", "total_loss", "a_f1", "sigma_a", "weight_a", "val_loss", "a_pos_mean"),
    *("task", "metric", "value", "split", "n", "step", "feature_name", "mean", "in_a_mean", "separation", "lr", "odd"),
)
HEADERS = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=6)
ONCE = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refused(read: Callable[[], Case]) -> str | None:
    """The line by which reading is refused; where it is not, the checks run, and None."""
    try:
        case = read()
    except InputError as error:
        return error.line
    unharmed(case)
    return None


def unharmed(case: Case) -> Diagnosis:
    """The diagnosis, in which no check has fallen over."""
    found = diagnose(case, all_checks())
    assert [f"{id}: {said}" for id, said in found.checks.items() if "itself failed" in said] == []
    return found


def judged(path: Path) -> None:
    """Read and diagnose; a refusal is one line that names the file."""
    line = refused(lambda: read_log(str(path)))
    assert line is None or ("\n" not in line and str(path.parent) in line)


@pytest.mark.filterwarnings("ignore")  # of the programs whose files these pose as
@ONCE
@given(name=st.sampled_from(NAMES), head=st.sampled_from(HEADS), noise=st.binary(max_size=300))
def test_noise_posing_as_a_log(tmp_path: Path, name: str, head: bytes, noise: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(head + noise)
    judged(path)


@ONCE
@given(
    name=st.sampled_from(NAMES[:5]),
    header=HEADERS,
    rows=st.lists(st.lists(CELLS, max_size=7), max_size=8),
    mark=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_odd_tables(
    tmp_path: Path, name: str, header: list[str], rows: list[list[str]], mark: str, encoding: str
) -> None:
    path = tmp_path / name
    lines = [mark.join(header), *(mark.join(row) for row in rows)]
    path.write_bytes("\n".join(lines).encode(encoding))
    judged(path)


PARTS = sorted(path.relative_to(FROZEN / "machines") for path in (FROZEN / "machines").rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", ["empty", "half", "noise", "other version"])
@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_damaged_run_folder(tmp_path: Path, part: Path, damage: str) -> None:
    """Each file of a run cut off, emptied, overwritten or of another version, as crashes and upgrades leave it."""
    folder = tmp_path / "run"
    shutil.copytree(FROZEN / "machines", folder)
    whole = (folder / part).read_bytes()
    ruined = {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "noise": bytes(range(256)) * 4,
        "other version": whole.replace(b'"schema_version": 1', b'"schema_version": 99').replace(
            b'"layout": 1', b'"layout": 9'
        ),
    }[damage]
    (folder / part).write_bytes(ruined)
    line = refused(lambda: read_folder(folder))
    assert line is None or part.name in line


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_run_folder_that_lacks_a_file(tmp_path: Path, part: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(FROZEN / "machines", folder)
    (folder / part).unlink()
    found = unharmed(read_folder(folder))
    assert "ran" in found.checks.values()


def test_a_million_rows_and_none(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,train_loss_a,val_a_f1\n" + "".join(f"{i},{1 / (i + 1)},{0.5}\n" for i in range(1_000_000)))
    assert len(read_log(str(path)).losses["train"]["a"]) == 1_000_000
    path.write_text("epoch,train_loss_a,val_a_f1\n")
    with pytest.raises(InputError, match=r"log\.csv: no loss and no metric among its scalars"):
        read_log(str(path))
