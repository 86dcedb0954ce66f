"""The page of a run's files against what a run writes: every file and column is told, and what is told is there."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

from polyhead import api
from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.trace.tables import TABLES

from ..machine import machine_config, write_machine
from .pages import DOCS

PAGE = (DOCS / "reference" / "files.md").read_text()
STANDS_FOR = {
    "TASK": r"(?:state|bad|wear|next)",
    "METRIC": r"\w+",
    "SPLIT": r"(?:train|val|test)",
    "STATISTIC": r"\w+",
    "CLASS": r"\w+",
    "PARAMETER": r"(?:backbone|heads)\.[\w.]+",
    ".i": r"\.\d+",
    "*": "[^/]+",
}
"""The words that stand for what a run has, as patterns."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a task of each sort, an interval and learned variances' columns."""
    folder = tmp_path_factory.mktemp("files")
    config = machine_config(write_machine(folder / "machine.npz"))
    config["tasks"]["wear"] = {"kind": "regression", "loss_fn": "gaussian_nll"}
    config["balance"] = "floor"
    config["train"]["epochs"] = 2
    return api.train(config, out=folder / "runs").folder


def _table(heading: str) -> list[str]:
    """The first column of the table under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)


def _pattern(name: str) -> re.Pattern[str]:
    words = re.split(r"(TASK|METRIC|SPLIT|STATISTIC|CLASS|PARAMETER|\.i$|\*)", name)
    return re.compile("".join(STANDS_FOR.get(word) or re.escape(word) for word in words))


def _unlike(told: list[str], there: list[str]) -> tuple[list[str], list[str]]:
    """What is there and not told, and told but not there."""
    patterns = {name: _pattern(name) for name in told}
    untold = [name for name in there if not any(one.fullmatch(name) for one in patterns.values())]
    absent = [name for name, one in patterns.items() if not any(one.fullmatch(other) for other in there)]
    return untold, absent


def test_every_file_is_told_and_there(run: Path) -> None:
    files = [path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()]
    assert _unlike(_table("The folder"), files) == ([], [])


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_the_tables_is_told_and_there(run: Path, name: str) -> None:
    assert _unlike(_table(f"`trace/{name}.csv`"), pl.read_csv(run / "trace" / f"{name}.csv").columns) == ([], [])


def test_every_column_of_steps_and_predictions_is_told_and_there(run: Path) -> None:
    steps = next((run / "trace" / "steps").iterdir())
    assert _unlike(_table("`trace/steps/*.parquet`"), pl.read_parquet(steps).columns) == ([], [])
    columns = pl.read_parquet(run / "predictions" / "test.parquet").columns
    assert _unlike(_table("`predictions/SPLIT.parquet`"), columns) == ([], [])


def test_every_key_of_a_score_is_told_and_there(run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    assert _unlike(_table("`metrics.json`"), list(metrics["test"]["wear"]["r2"])) == ([], [])
    told = set(re.findall(r"`(\w+)`", PAGE.split("\n## `metrics.json`\n")[1].split("| key |")[0]))
    assert set(metrics) - {"train", "val", "test"} <= told


def test_every_key_of_a_finding_is_told() -> None:
    found = Finding("note", "odd", Scope(), (Fact("value", 1),))
    assert sorted(_table("`findings.json`")) == sorted(found.as_dict())
    for kind in (Scope, Fact, Alternative, Fix):
        for one in fields(kind):
            assert f"`{one.name}`" in PAGE
    told = PAGE.split("\n## `findings.json`\n")[1].split("| key |")[0]
    everything = Diagnosis("a run", (), {}, audit=({"item": "A1"},), summary={"windows": 1}).as_dict()
    assert set(everything) <= set(re.findall(r"`(\w+)`", told))
