"""A table once more under other names: the first line changes, and no other byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.api.configuration import published_columns
from polyhead.studies import STUDIES
from polyhead.studies.expansions.published import COLUMNS
from polyhead.trace.folder import RunFolder
from polyhead.trace.published import write_published

NAMES = {"span_pos_mean": "in_span_mean", "span_separation": "separation"}
WRITE_UP = [  # the columns of the write-up's probability_stats.csv
    *("epoch", "phase", "in_span_mean", "in_span_std", "in_span_min", "in_span_max", "in_span_median"),
    *("out_span_mean", "out_span_std", "out_span_min", "out_span_max", "out_span_median", "separation"),
]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "trace").mkdir()
    return RunFolder(tmp_path)


def test_only_names_change(run: RunFolder) -> None:
    (run.trace / "probability_stats.csv").write_text(
        'epoch,phase,span_pos_mean,"odd, name",span_separation\n1,val,0.065,,0.0036\n2,val,0.0651,a,1e-300\n'
    )
    (written,) = write_published(run, {"probability_stats": NAMES, "loss_components": {"loss_a": "a"}})
    assert written == run.path / "published" / "probability_stats.csv"
    assert written.read_text() == (
        'epoch,phase,in_span_mean,"odd, name",separation\n1,val,0.065,,0.0036\n2,val,0.0651,a,1e-300\n'
    )


def test_a_table_without_such_a_column_is_not_written_again(run: RunFolder) -> None:
    (run.trace / "probability_stats.csv").write_text("epoch,phase,bad_pos_mean\n1,val,0.5\n")
    (run.trace / "epoch_metrics.csv").write_text("")
    assert write_published(run, {"probability_stats": NAMES, "epoch_metrics": {"epoch": "step"}}) == []
    assert not (run.path / "published").exists()


def test_the_expansions_have_the_write_up_s_names(run: RunFolder) -> None:
    sides = [f"span_{side}_{name}" for side in ("pos", "neg") for name in ("mean", "std", "min", "max", "median")]
    header = ",".join(["epoch", "phase", *sides, "span_separation"])
    (run.trace / "probability_stats.csv").write_text(f"{header}\n")
    (written,) = write_published(run, COLUMNS)
    assert written.read_text().rstrip().split(",") == WRITE_UP


def test_the_reader_tells_the_study() -> None:
    assert published_columns("expansions") == COLUMNS
    assert published_columns("bearings") == {}
    assert published_columns("package.module:function") == {}
    for study in STUDIES.values():
        for names in study.columns.values():
            assert len(set(names.values())) == len(names), "no two columns may take one name"
