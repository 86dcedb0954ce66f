"""The page of a comparison: complete, in order, safe, and nothing without a file of its own name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from polyhead.errors import InputError
from polyhead.report.comparison.comparison import compare_runs
from polyhead.report.comparison.page import write_comparison

from .compared import alarms, changed, loads, write_compared

HOSTILE = "<script>alert(1)</script>"
SECTIONS = ["What differs in the configurations", "Tasks", "Repetitions with other seeds", "Curves", "Cost"]


def write_page(tmp_path: Path, *folders: Path) -> str:
    page = tmp_path / "compare.html"
    write_comparison(compare_runs(folders, lambda file: {}), page)
    return page.read_text()


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    runs = [
        write_compared(tmp_path / "one", load=loads(2.5), bad=alarms(1.0)),
        write_compared(tmp_path / "two", load=loads(1.0), bad=alarms(1.0), config=changed("seed", 2)),
    ]
    for run in runs:
        (run / "trace").mkdir()
        epochs = {"epoch": np.arange(1, 10), "val_loss": 1 / np.arange(1, 10), "load_r2": np.arange(9) / 9}
        pl.DataFrame(epochs).write_csv(run / "trace" / "epoch_metrics.csv")
    return runs


def test_the_page_shows_everything_in_order(tmp_path: Path, pair: list[Path]) -> None:
    (pair[1] / "config.yaml").write_text("{name: two, hypothesis: less noise, tags: [quiet]}")
    page = write_page(tmp_path, *pair)
    assert re.findall(r"<h2>(.*?)</h2>", page) == [*SECTIONS, "What they were for"]
    assert (
        '<p class="verdict">Ahead of the other by more than chance: B in <code>load</code>; in the other task' in page
    )
    assert "less noise" in page
    assert page.count("<figure") == 2
    assert page.count('class="best"') == 1
    assert len(page.encode()) < 5_000_000


def test_values_are_those_of_the_runs(tmp_path: Path, pair: list[Path]) -> None:
    page = write_page(tmp_path, *pair)
    found = compare_runs(pair, lambda file: {}).tasks
    raw = {float(value) for value in re.findall(r'<data value="(.*?)"', page)}
    assert {found[task][run][part] for task in found for run in "AB" for part in ("value", "floor", "skill")} <= raw


def test_hostile_names_are_only_text(tmp_path: Path, pair: list[Path]) -> None:
    (pair[0] / "config.yaml").write_text(f"name: '{HOSTILE}'\nhypothesis: '{HOSTILE}'\nnotes: '{HOSTILE}'\n")
    path = pair[1] / "metadata.json"
    path.write_text(path.read_text().replace("bench.npz", HOSTILE))
    page = write_page(tmp_path, *pair)
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;alert(1)") >= 4


def test_runs_without_scores_and_traces_make_a_page(tmp_path: Path, pair: list[Path]) -> None:
    for run in pair:
        for file in (run / "metrics.json", run / "trace" / "epoch_metrics.csv", run / "metadata.json"):
            file.unlink()
    page = write_page(tmp_path, *pair)
    assert "Nothing could be compared: no task has a score in two runs." in page
    assert "No run has scores yet." in page
    assert "No run has a trace of epochs of its own." in page


def test_a_caution_begins_with_a_capital(tmp_path: Path, pair: list[Path]) -> None:
    for run, task in zip(pair, ("load", "bad"), strict=True):
        metrics = json.loads((run / "metrics.json").read_text())
        del metrics["test"][task]
        (run / "metrics.json").write_text(json.dumps(metrics))
    assert '<strong>Not comparable</strong></p><ul class="caveats"><li>No task in common</li>' in write_page(
        tmp_path, *pair
    )


def test_a_task_that_nobody_judged_has_no_scores(tmp_path: Path, pair: list[Path]) -> None:
    for run in pair:
        path = run / "metadata.json"
        metadata = json.loads(path.read_text())
        metadata["tasks"]["later"] = {"kind": "binary"}
        path.write_text(json.dumps(metadata))
    assert '<code>later</code> <span class="soft">no scores</span>' in write_page(tmp_path, *pair)


@pytest.mark.parametrize("name", ["compare", "compare.pdf"])
def test_only_an_html_file_is_written(tmp_path: Path, pair: list[Path], name: str) -> None:
    with pytest.raises(InputError, match=r"write -o compare\.html"):
        write_comparison(compare_runs(pair, lambda file: {}), tmp_path / name)
    assert not (tmp_path / name).exists()
