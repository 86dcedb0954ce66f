"""A run of the newer kinds: what stands on its page, in its tables and in its figures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from polyhead.report.data import counted_lines, input_tables, reweighting_table
from polyhead.report.facts import field_line, parameter_table
from polyhead.report.figures.classes import ordinal_panels, steps_off
from polyhead.report.figures.intervals import groups_by_width, inside
from polyhead.report.figures.reconstruction import reconstruction_panels, relative
from polyhead.report.labels import label_scores
from polyhead.report.run import Run, read_run
from polyhead.report.tables import joint_rows, slice_notes, slice_tables


@pytest.fixture(scope="module")
def run(wide: Path) -> Run:
    """The folder, read."""
    return read_run(wide)


def test_the_page_shows_all_of_it(wide: Path) -> None:
    page, text = (wide / "report.html").read_text(), (wide / "report.md").read_text()
    for heading in ("Tasks together on test", "Parts of test", "Network"):
        assert f">{heading}</h2>" in page
        assert f"# {heading}\n" in text
    for sentence in (
        "The last step of the backbone sees all 2048 samples of a window: its receptive field is 4095 samples.",
        "41 of 2000 windows are shorter than their length: what is missing at the front is masked.",
        "88 windows stand in no split.",
        "Each label of marks",
        "Weights of training windows",
        "Widths of intervals, calibrated on validation: times 1.073",
        "Not by machine: 120 values, more than 50.",
    ):
        assert sentence in page
        assert sentence in text
    drawn = {
        *("roc-marks", "wrong-marks", "confusion-wear", "steps-off-wear", "errors-again", "recordings-again"),
        *("scatter-load", "residuals-load", "error-load", "intervals-load", "coverage-load"),
        *("examples-ahead", "steps-ahead", "coverage-ahead"),
    }
    assert {path.stem for path in (wide / "figures").iterdir()} == drawn
    assert {name.removesuffix(".png") for name in re.findall(r"\(figures/(.*?)\)", text)} == drawn


def test_what_stands_beside_the_splits_is_no_split(run: Run) -> None:
    assert run.splits == ["test"]
    assert run.tasks == ["marks", "wear", "load", "ahead", "again"]


def test_a_metric_of_several_tasks_names_them(run: Run) -> None:
    (row,) = joint_rows(run, "test")
    assert (row.task, row.kind, row.metric, row.predictor) == ("sound", "marks, wear", "all correct", "majority")
    assert (row.value.raw, row.floor.raw, row.outcome) == ("0.5513", "0.2247", "above")


def test_parts_of_a_split_end_with_all_of_it(run: Run) -> None:
    tables = slice_tables(run, "test")
    assert [table.title for table in tables][:2] == ["marks by load_hp: AUROC", "wear by load_hp: macro F1"]
    load = tables[2]
    assert [(row.label, row.score.value.raw, row.score.n, row.whole) for row in load.rows] == [
        ("0", "0.9712", "75", False),
        ("1", "0.9413", "75", False),
        ("3", "", "75", False),
        ("all", "0.9481", "300", True),
    ]
    assert load.rows[2].score.reason == "the known labels are constant"
    assert slice_notes(run, "test") == ["Not by machine: 120 values, more than 50."]


def test_each_label_is_scored_as_the_yes_or_no_that_it_is(run: Run) -> None:
    # Label 0: scores .9 .8 .3 .1 of truths 1 0 1 0; 3 of 4 pairs stand right. Two are called positive, one rightly.
    columns = {"truth": [1, 0, 1, 0], "pred": [1, 1, 0, 0], "score": [0.9, 0.8, 0.3, 0.1]}
    rows = pl.DataFrame({f"marks.{part}.{i}": values for part, values in columns.items() for i in range(3)})
    table = label_scores(run, "marks", rows)
    assert table is not None
    assert [row.label for row in table.rows] == ["looseness", "misalignment", "unbalance"]
    first = dict(zip(table.columns, [cell.text for cell in table.rows[0].cells], strict=False))
    assert (first["windows with it"], first["AUROC"], first["precision"], first["recall"]) == (
        "2",
        "0.750",
        "0.500",
        "0.500",
    )
    # Precisions at the positives: 1/1 and 2/3; its floor is the share of positives.
    assert [cell.text for cell in table.rows[0].cells][2:6] == ["0.833", "0.500", "0.500", "0.667"]
    assert table.rows[1].cells[-1].text == "0.370"


def test_a_label_that_never_occurs_is_undefined(run: Run) -> None:
    columns = {"truth": [0, 0], "pred": [0, 1], "score": [0.2, 0.7]}
    rows = pl.DataFrame({f"marks.{part}.{i}": values for part, values in columns.items() for i in range(3)})
    table = label_scores(run, "marks", rows)
    assert table is not None
    assert {cell.text for cell in table.rows[0].cells[1:-1]} == {"–"}


def test_steps_between_classes_follow_their_order(run: Run) -> None:
    # new -> bad is 2 steps up, broken -> bad one down, worn -> worn none: a third of the windows each.
    rows = pl.DataFrame({"wear.truth": ["new", "broken", "worn"], "wear.pred": ["bad", "bad", "worn"]})
    truth, pred = rows["wear.truth"].to_list(), rows["wear.pred"].to_list()
    off = steps_off(["new", "worn", "bad", "broken"], truth, pred)
    assert off is not None
    assert off.tolist() == [2, -1, 0]
    confusion, steps = ordinal_panels(run, "wear", rows)
    assert (confusion.name, steps.name) == ("confusion-wear", "steps-off-wear")
    for tick in (">+2<", ">−1<", ">0<"):
        assert tick in steps.svg
    strange = pl.DataFrame({"wear.truth": ["new"], "wear.pred": ["molten"]})
    assert [panel.name for panel in ordinal_panels(run, "wear", strange)] == ["confusion-wear"]


def test_a_bound_belongs_to_its_interval() -> None:
    truth, low, high = np.array([1.0, 2.0, 2.1, 0.9]), np.full(4, 1.0), np.full(4, 2.0)
    assert inside(truth, low, high).tolist() == [True, True, False, False]


def test_groups_are_of_equal_size_in_order_of_width() -> None:
    width = np.arange(200.0)[::-1] + 1
    groups = groups_by_width(width)
    assert [len(group) for group in groups] == [50] * 4
    assert width[groups[0]].max() < width[groups[1]].min()
    assert len(groups_by_width(np.full(200, 3.0))) == 1, "intervals of one width"
    assert len(groups_by_width(width[:60])) == 1, "too few windows for two groups"


def test_channels_of_different_units_weigh_alike() -> None:
    # Medians 2 and 0.02: the last window has 3 and 1 times the median.
    error = np.array([[1.0, 0.02], [2.0, 0.02], [6.0, 0.02]])
    assert relative(error) == pytest.approx([0.75, 1.0, 2.0])
    assert relative(np.zeros((3, 2))).tolist() == [0, 0, 0]


def test_errors_of_one_recording_are_not_ranked(run: Run) -> None:
    rows = pl.DataFrame({"recording": ["A"] * 3, "again.rmse.0": [0.1, 0.2, 0.3], "again.rmse.1": [0.0, 0.0, 0.0]})
    assert [panel.name for panel in reconstruction_panels(run, "again", rows)] == ["errors-again"]


@pytest.mark.parametrize(
    ("field", "length", "words"),
    [
        (2048, 2048, "sees all 2048 samples"),
        (2047, 2048, "sees 2047 of a window's 2048 samples, less than the window"),
        (None, 2048, ""),
        (2048, 0, ""),
    ],
)
def test_what_a_step_sees(run: Run, field: int | None, length: int, words: str) -> None:
    metadata, data = {"backbone": {"receptive_field": field}}, {"windows": {"length": length}}
    line = field_line(Run(run.path, "", {}, {}, metadata, data, {}))
    assert words in line
    assert bool(line) == bool(words)


def test_parameters_add_up(run: Run) -> None:
    table = parameter_table(run)
    assert table is not None
    assert [row.label for row in table.rows][:3] == ["backbone", "branch of marks", "branch of wear"]
    *parts, whole = [int(row.cells[0].raw) for row in table.rows]
    assert sum(parts) == whole == 48256 + 5 * 2112 + 130 * (1 + 2 + 3 + 4 + 5)


def test_weights_are_shown_with_what_they_leave_of_the_sample(run: Run) -> None:
    table = reweighting_table(run)
    assert table is not None
    assert [(row.label, *[cell.text for cell in row.cells]) for row in table.rows] == [
        ("angle", "1400", "910", "65.0", "4.25", "20 × 20", "31"),
        ("energy", "1390", "1033", "73.8", "2.50", "30", "0"),
        ("their product", "1400", "702", "50.2", "6.50", "–", "–"),
    ]


def test_a_scaling_of_each_recording_has_no_column(run: Run) -> None:
    (signal,) = input_tables(run)
    assert signal.columns == ["mean", "sd", "min", "max", "non-finite"]
    assert signal.title.endswith("scaling per recording")


def test_nothing_is_said_of_what_did_not_happen(report: Path) -> None:
    run = read_run(report)
    assert counted_lines(run) == []
    assert reweighting_table(run) is None
    assert not any(of(run, "test") for of in (joint_rows, slice_tables, slice_notes))
