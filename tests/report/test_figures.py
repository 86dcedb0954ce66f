"""Figures: what they count and choose, and how they sit in a page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.axes import Axes

from polyhead.report.figures.canvas import COLOURS, INK, draw, slug
from polyhead.report.figures.classes import binary_panels, classification_panels, operating_point
from polyhead.report.figures.curves import loss_curve, metric_curve
from polyhead.report.figures.shares import share_panels
from polyhead.report.figures.values import columns_of, examples_of, forecast_panels, horizon_of, regression_panels
from polyhead.report.run import read_run


def _paint(axes: Axes) -> None:
    axes.plot([0, 1], [0.0012345, 0.0012349], color=COLOURS[0], label="<b> & $x$")
    axes.set_title("0.0012345")


def test_a_panel_follows_the_page_and_stands_alone() -> None:
    panel = draw("curve <x>", "A line.", _paint)
    assert panel.name == "curve-x"
    assert panel.svg.startswith("<svg aria-hidden")
    assert "<metadata" not in panel.svg
    assert INK not in panel.svg
    assert "currentColor" in panel.svg
    assert f"var(--c0, {COLOURS[0]})" in panel.svg
    assert 'id="curve-x.axes_1"' in panel.svg
    assert "<b>" not in panel.svg
    assert "$x$" in panel.svg, "names are not mathematics"
    assert ">0.0012345<" in panel.svg, "only paths are rounded, never text"
    assert panel.png.startswith(b"\x89PNG")


def test_equal_runs_draw_equal_files() -> None:
    assert draw("a", "A line.", _paint) == draw("a", "A line.", _paint)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("life", "life"),
        ("a_b", "a_b"),
        ("../../etc", "etc"),
        ("<script>", "script"),
        ("///", "unnamed"),
        ("角度", "角度"),
    ],
)
def test_a_name_becomes_a_file_name(name: str, safe: str) -> None:
    assert slug(name) == safe


def test_a_confusion_matrix_counts(report: Path) -> None:
    # 4 normal windows, 3 of them found; 1 ball window, called normal; no window of the two other classes.
    rows = pl.DataFrame({"fault.truth": ["normal"] * 4 + ["ball"], "fault.pred": ["normal"] * 3 + ["ball", "normal"]})
    (confusion,) = classification_panels(read_run(report), "fault", rows)
    for text in ("75 %", "25 %", "100 %", ">normal<", ">outer<"):
        assert text in confusion.svg


@pytest.mark.parametrize(("classes", "bitmap"), [(30, False), (31, True), (200, True)])
def test_a_confusion_matrix_of_many_classes_stays_small(report: Path, classes: int, bitmap: bool) -> None:
    names = [f"class {index}" for index in range(classes)]
    rows = pl.DataFrame({"fault.truth": names, "fault.pred": names[1:] + names[:1]})
    (confusion,) = classification_panels(replace(read_run(report), data={}), "fault", rows)
    assert ("<image" in confusion.svg) == bitmap
    assert (len(confusion.svg) < 20_000) == bitmap
    mark = json.loads(confusion.series)["axes"][0]["marks"][0]
    assert len(mark["counts"]) == len(mark["classes"]) == classes, "the chart still reads every cell"


def test_the_point_of_the_threshold_is_where_the_decision_is_made() -> None:
    truth, score = np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8])
    assert operating_point(truth, score, 0.35) == (0.5, 1.0)
    assert operating_point(truth, score, 0.41) == (0.0, 0.5)


def test_one_class_has_scores_but_no_roc(report: Path) -> None:
    rows = pl.DataFrame({"anomaly.truth": [0, 0, 0], "anomaly.score": [0.1, 0.2, 0.3]})
    assert [panel.name for panel in binary_panels(read_run(report), "anomaly", rows)] == ["scores-anomaly"]


def test_each_forecast_has_its_own_horizon(report: Path) -> None:
    """The windows are cut for the longest of all, 48: of two channels of 24 steps the first is drawn."""
    run = replace(read_run(report), metadata={"configuration": {"tasks": {"next": {"horizon": 24}}}})
    assert [horizon_of(run, "next", columns) for columns in (48, 96, 50)] == [24, 24, 50]
    assert horizon_of(replace(run, metadata={}, config_text=""), "next", 96) == 48
    rows = pl.DataFrame({f"next.{part}.{step}": [0.0, 1.0] for part in ("truth", "pred") for step in range(48)})
    for panel in forecast_panels(run, "next", rows):
        assert panel.figure.axes[-1].lines[0].get_xdata()[-1] == 24


def test_example_windows_are_chosen_by_their_rank() -> None:
    error = np.array([5.0, 0, 1, 2, 3, 4, 10, 9, 8, 7, 6])
    truth = np.zeros((11, 2))
    # Ranks 1, 5 and 9 of 0..10, that is errors 1, 5 and 9.
    assert examples_of(truth, truth + error[:, None]) == [2, 0, 7]


def test_parts_of_a_prediction_are_in_order() -> None:
    rows = pl.DataFrame({f"next.truth.{i}": [0.0] for i in (10, 2, 1)} | {"next.truth.x": [0.0]})
    assert columns_of(rows, "next.truth") == ["next.truth.1", "next.truth.2", "next.truth.10"]


@pytest.mark.parametrize("windows", [1, 2])
def test_few_windows_are_enough(report: Path, windows: int) -> None:
    run = read_run(report)
    rows = run.predictions("test")
    assert rows is not None
    few = rows.head(windows)
    assert len(classification_panels(run, "fault", few)) == 2
    assert binary_panels(run, "anomaly", few)
    assert len(regression_panels(run, "life", few)) == 2
    assert len(forecast_panels(run, "next", few)) == 2


def test_several_outputs_have_panels_of_their_own(report: Path) -> None:
    columns = {f"life.{part}.{i}": [0.0, 1.0, float("nan")] for part in ("truth", "pred") for i in range(2)}
    panels = regression_panels(read_run(report), "life", pl.DataFrame(columns))
    assert [panel.name for panel in panels] == [
        "scatter-life-0",
        "residuals-life-0",
        "scatter-life-1",
        "residuals-life-1",
    ]


def test_what_the_trace_does_not_hold_is_not_drawn(bare: Path) -> None:
    run = read_run(bare)
    assert loss_curve(run, "life") is None
    assert metric_curve(run, "life") is None
    assert share_panels(run) == []


def test_a_run_of_one_epoch_with_a_diverged_loss(bare: Path) -> None:
    (bare / "trace").mkdir()
    table = "epoch,phase,loss_life,total_loss\n1,train,0.5,0.5\n1,val,inf,inf\n"
    (bare / "trace" / "loss_components.csv").write_text(table)
    (bare / "trace" / "epoch_metrics.csv").write_text("epoch,life_r2\n1,\n")
    run = read_run(bare)
    assert loss_curve(run, "life") is not None
    assert metric_curve(run, "life") is None
