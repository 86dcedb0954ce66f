"""Which keys differ between runs: what really ran, defaults filled in, blocks as a whole where one is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyhead.report.comparison.config import differences
from polyhead.report.comparison.runs import Compared, filled, letter, read_compared
from polyhead.report.run import Record
from polyhead.report.saved.predictions import unknown_run

from .compared import CONFIG, alarms, changed, loads, write_compared


def runs(*configs: Record) -> list[Compared]:
    return [Compared(letter(index), unknown_run(Path()), config) for index, config in enumerate(configs)]


@pytest.mark.parametrize(
    ("configs", "expected"),
    [
        (({"a": 1}, {"a": 1.0}), {}),
        (({"a": 1}, {"a": True}), {"a": {"A": 1, "B": True}}),
        (({"a": [1, 2]}, {"a": [1, 2]}), {}),
        (({"a": [1, 2]}, {"a": [2, 1]}), {"a": {"A": [1, 2], "B": [2, 1]}}),
        (({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}), {"a.c": {"A": 2, "B": 3}}),
        (({"a": None}, {}), {"a": {"A": None}}),
        (({"t": {"x": {"w": 1, "l": 2}}}, {"t": {}}), {"t.x": {"A": {"w": 1, "l": 2}}}),
        (({"a": {"b": 1}}, {"a": "none"}), {"a": {"A": {"b": 1}, "B": "none"}}),
        (({"a": 1}, {"a": 1}, {"a": 2}), {"a": {"A": 1, "B": 1, "C": 2}}),
    ],
)
def test_differences(configs: tuple[Record, ...], expected: dict[str, Any]) -> None:
    assert {one.key: one.values for one in differences(runs(*configs))} == expected


def test_texts() -> None:
    (found,) = differences(runs({"a": None}, {}, {"a": "x"}, {"a": ""}, {"a": [0.1, "é"]}))
    assert [found.text(run) for run in "ABCDE"] == ["null", "–", "x", '""', '[0.1, "é"]']


def test_letters() -> None:
    assert [letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_what_ran_is_kept_over_todays_defaults() -> None:
    assert filled({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}, "d": 4}) == {"a": {"b": 1, "c": 3}, "d": 4}


def test_a_default_that_is_written_out_is_no_difference(tmp_path: Path) -> None:
    """The second run was made before `train.epochs` and `balance` were keys: it has today's defaults."""
    old: dict[str, Any] = {key: CONFIG[key] for key in CONFIG if key != "balance"} | {"train": {"lr": 0.001}}
    folders = [
        write_compared(tmp_path / name, load=loads(1), bad=alarms(1), config=config)
        for name, config in (("new", CONFIG), ("old", old), ("faster", changed("train.lr", 0.1)))
    ]
    found = read_compared(folders, lambda file: {"balance": {"method": "floor"}, "train": {"epochs": 9}})
    assert {one.key: one.values for one in differences(found)} == {"train.lr": {"A": 0.001, "B": 0.001, "C": 0.1}}


def test_without_metadata_the_file_speaks(tmp_path: Path) -> None:
    folders = [write_compared(tmp_path / name, load=loads(1), bad=alarms(1)) for name in "ab"]
    for folder in folders:
        (folder / "metadata.json").unlink()
    (folders[1] / "config.yaml").write_text("{name: b, seed: 2, notes: nothing}")
    found = read_compared(folders, lambda file: {})
    assert [found[0].seed, found[1].seed] == [1, 2]
    assert "notes" not in found[1].config


def test_the_number_of_a_fold_is_not_the_whole_runs(folded: Path, tmp_path: Path) -> None:
    other = write_compared(tmp_path / "other", load=loads(1), bad=alarms(1))
    found = read_compared(
        [folded, other], lambda file: {"data": {"split": {"fold": 1 if "folded" in str(file) else None}}}
    )
    assert found[0].config["data"]["split"]["fold"] is None
