"""Files of predictions: which tasks they hold, of what kind, which rows can be used, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from polyhead.errors import InputError
from polyhead.report.run import Run
from polyhead.report.saved.predictions import Saved, read_saved, unknown_run

NAN = float("nan")
CLASSES = "classification"


def read(path: Path, columns: dict[str, Any], run: Run | None = None) -> Saved:
    table = pl.DataFrame(columns)
    if path.suffix == ".csv":
        table.write_csv(path)
    else:
        table.write_parquet(path)
    return read_saved(path, run or unknown_run(path.parent))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"x.truth": ["a", "b"], "x.pred": ["a", "a"]}, CLASSES),
        ({"x.truth": ["1", "2"], "x.pred": ["1", "1"], "x.score.0": [0.5, 0.6], "x.score.1": [0.5, 0.4]}, CLASSES),
        ({"x.truth": [0, 1], "x.pred": [0, 1], "x.score": [0.2, 0.9]}, "binary"),
        ({"x.truth.0": [0, 1], "x.truth.1": [1, 1], "x.pred.0": [0, 1], "x.pred.1": [1, 0]}
         | {"x.score.0": [0.1, 0.9], "x.score.1": [0.8, 0.3]}, "multilabel"),
        ({"x.truth": [0.5, 1.5], "x.pred": [0.4, 1.4]}, "regression"),
        ({"x.truth": [1, 2], "x.pred": [1.1, 2.2]}, "regression"),
        ({f"x.{part}.{i}": [0.5, 1.0] for part in ("truth", "pred") for i in range(2)}, "regression"),
        ({"x.mask": [True, True], "x.rmse.0": [0.1, 0.2]}, "reconstruction"),
    ],
)  # fmt: skip
def test_kinds_are_read_off_the_columns(tmp_path: Path, columns: dict[str, Any], kind: str, ending: str) -> None:
    found = read(tmp_path / f"test.{ending}", columns)
    assert found.kinds == {"x": kind}
    assert found.rows["x.mask"].to_list() == [True, True]
    assert found.run.task("x")["kind"] == kind
    assert not found.notes


def test_many_outputs_are_a_forecast_only_with_a_horizon_that_divides_them(tmp_path: Path) -> None:
    columns = {f"x.{part}.{step}": [0.1, 0.2] for part in ("truth", "pred") for step in range(6)}
    for horizon, kind in ((3, "forecast"), (4, "regression"), (1, "regression"), (None, "regression")):
        run = replace(unknown_run(tmp_path), data={"windows": {"horizon": horizon}})
        assert read(tmp_path / "test.parquet", columns, run).kinds == {"x": kind}


def test_the_run_knows_better_than_the_columns(tmp_path: Path) -> None:
    run = replace(unknown_run(tmp_path), data={"targets": {"x": {"kind": "ordinal", "classes": ["low", "high"]}}})
    found = read(tmp_path / "test.parquet", {"x.truth": ["low", "high"], "x.pred": ["low", "low"]}, run)
    assert found.kinds == {"x": "ordinal"}
    assert found.run.target("x")["classes"] == ["low", "high"]


def test_classes_are_named_where_no_score_could_belong_to_another(tmp_path: Path) -> None:
    columns = {"x.truth": ["10", "9", "b"], "x.pred": ["10", "9", "b"]}
    assert read(tmp_path / "a.parquet", columns).run.target("x")["classes"] == ["9", "10", "b"]
    columns |= {f"x.score.{i}": [0.25] * 3 for i in range(4)}  # a fourth class, of which no name is known
    assert "classes" not in read(tmp_path / "b.parquet", columns).run.target("x")


def test_rows_that_cannot_be_drawn_are_left_out_and_counted(tmp_path: Path) -> None:
    columns = {
        "x.truth": [1.0, NAN, 3.0, 4.0, None],
        "x.pred": [1.0, 2.0, NAN, 4.0, 5.0],
        "x.mask": [True, True, True, False, False],
        "c.truth": ["a", None, "b", "b", "a"],
        "c.pred": ["a", "a", "b", "a", "a"],
    }
    found = read(tmp_path / "t.parquet", columns)
    assert found.rows["x.mask"].to_list() == [True, False, False, False, False]
    assert found.rows["c.mask"].to_list() == [True, False, True, True, True]
    assert found.notes == (
        f"{tmp_path}/t.parquet: 2 of 3 rows of x left out, truth or prediction is not finite",
        f"{tmp_path}/t.parquet: 1 of 5 rows of c left out, truth or prediction is not finite",
    )


def test_of_several_outputs_one_is_enough(tmp_path: Path) -> None:
    columns = {"x.truth.0": [1.5, NAN], "x.pred.0": [1.5, 1.5], "x.truth.1": [NAN, NAN], "x.pred.1": [1.5, 1.5]}
    assert read(tmp_path / "t.parquet", columns).rows["x.mask"].to_list() == [True, False]


def test_a_csv_reads_as_its_parquet_does(tmp_path: Path) -> None:
    """NaN, gaps and booleans survive the way through text."""
    columns = {
        "x.truth": [1.5, NAN, 2.5],
        "x.mask": [True, False, True],
        "x.pred": [1.0, 2.0, 3.0],
        "recording": list("aab"),
    }
    one, two = (read(tmp_path / f"t.{ending}", columns) for ending in ("csv", "parquet"))
    assert one.kinds == two.kinds
    assert one.rows.equals(two.rows.fill_nan(None)) or one.rows.equals(two.rows)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", "", "holds no rows"),
        ("t.csv", "true_x,pred_x\n", "holds no rows"),
        ("t.csv", "a,b\n1,2\n", "no column of truth with one of predictions; there are a, b"),
        ("t.csv", "recording,index,x.pred\na,0,1.5\n", "predictions without the truth"),
        ("t.csv", "x.truth,y\n1.5,2\n", "columns of x: 1 of truth and 0 of predictions"),
        ("t.csv", "x.truth.0,x.truth.1,x.pred.0\n1,2,3\n", "columns of x: 2 of truth and 1 of predictions"),
        ("t.csv", "x.truth,x.score.0,x.score.1\na,0.5,0.5\n", "columns of x: 1 of truth and 0 of predictions"),
        ("t.csv", "true_x,pred_x\n1.5,2.5\n2.5,oops\n", "'oops' is no number"),
        ("t.csv", "true_x,pred_x\n1.5,\n2.5,\n", "x.pred: is empty in every row"),
        ("t.csv", "true_x,pred_x\n" + "".join(f"{i}.5,1\n" for i in range(40)) + "oops,1\n", "'oops' is no number"),
        ("t.parquet", "no parquet", "cannot be read as parquet"),
        ("t.xlsx", "x", "ends in '.xlsx'"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as caught:
        read_saved(tmp_path / name, unknown_run(tmp_path))
    assert says in caught.value.line
    assert str(tmp_path / name) in caught.value.line
    assert "\n" not in caught.value.line


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_saved(tmp_path / "none", unknown_run(tmp_path))


def test_damage_names_the_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("true_x,pred_x\n1.5,2.5\n2.5,oops\n")
    with pytest.raises(InputError) as caught:
        read_saved(tmp_path / "t.csv", unknown_run(tmp_path))
    assert caught.value.where.endswith("x.pred of row 2")


def test_numbers_of_few_values_are_labels_and_of_many_are_not(tmp_path: Path) -> None:
    for count, kind in ((30, "classification"), (31, "regression")):
        values = np.arange(count).tolist()
        assert read(tmp_path / "t.csv", {"true_x": values, "pred_x": values}).kinds == {"x": kind}


def test_numbers_that_are_text_are_refused_with_a_remedy(tmp_path: Path) -> None:
    text = [f"{i}.5" for i in range(40)]
    with pytest.raises(InputError, match=r"x\.truth: holds numbers as text; write the column as numbers"):
        read(tmp_path / "t.parquet", {"x.truth": text, "x.pred": text})
