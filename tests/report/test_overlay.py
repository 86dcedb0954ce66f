"""Curves of several runs in one panel: which are there, in whose colour, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from polyhead.report.figures.canvas import COLOURS
from polyhead.report.figures.overlay import DRAWN, course_of, overlay_panels
from polyhead.report.run import Run
from polyhead.report.saved.predictions import unknown_run


def write_traced(folder: Path, losses: list[float | None], metric: str = "r2") -> Run:
    """A run whose trace holds these validation losses and, as its metric, ten times as much."""
    (folder / "trace").mkdir(parents=True)
    epochs = {"epoch": range(1, len(losses) + 1), "val_loss": losses}
    epochs |= {f"x_{metric}": [None if loss is None else 10 * loss for loss in losses]}
    pl.DataFrame(epochs).write_csv(folder / "trace" / "epoch_metrics.csv")
    run = replace(unknown_run(folder), state={"best": {"epoch": 2}})
    return replace(run, metadata={"tasks": {"x": {"primary": metric}}})


def test_gaps_are_left_out(tmp_path: Path) -> None:
    epochs, values = course_of(write_traced(tmp_path / "a", [3.0, None, float("inf"), 1.0]), "val_loss") or ([], [])
    assert (list(epochs), list(values)) == ([1, 4], [3.0, 1.0])
    assert course_of(unknown_run(tmp_path), "val_loss") is None


def test_each_run_keeps_its_colour_and_marks_its_best_epoch(tmp_path: Path) -> None:
    """The second has no trace: the third is still drawn in the third colour."""
    runs = [("A", write_traced(tmp_path / "a", [3.0, 2.0, 2.5])), ("B", unknown_run(tmp_path / "b"))]
    runs.append(("C", write_traced(tmp_path / "c", [4.0, 1.0])))
    loss, metric = overlay_panels(runs, ["x"])
    lines = loss.figure.axes[0].lines
    drawn = {line.get_label(): line for line in lines if not str(line.get_label()).startswith("_")}
    assert {label: line.get_color() for label, line in drawn.items()} == {"A": COLOURS[0], "C": COLOURS[2]}
    assert list(drawn["C"].get_ydata()) == [4.0, 1.0]
    dots = [line.get_ydata().tolist() for line in lines if line.get_marker() == "o"]
    assert dots == [[2.0], [1.0]]
    assert metric.figure.axes[0].get_title(loc="left") == "x: R²"
    assert (loss.name, metric.name) == ("overlay-loss", "overlay-x")


def test_runs_that_are_left_out_are_counted(tmp_path: Path) -> None:
    run = write_traced(tmp_path / "a", [3.0, 2.0])
    for count, said in ((DRAWN, False), (DRAWN + 1, True)):
        captions = [panel.caption for panel in overlay_panels([(f"R{i}", run) for i in range(count)], ["x"])]
        assert [caption.endswith(f" The first 12 of {count} runs.") for caption in captions] == [said, said]


def test_another_metric_does_not_share_the_axis(tmp_path: Path) -> None:
    runs = [("A", write_traced(tmp_path / "a", [3.0, 2.0])), ("B", write_traced(tmp_path / "b", [1.0, 2.0], "mae"))]
    _, metric = overlay_panels(runs, ["x"])
    labels = {line.get_label() for line in metric.figure.axes[0].lines}
    assert "A" in labels
    assert "B" not in labels


def test_without_traces_there_is_nothing(tmp_path: Path) -> None:
    assert overlay_panels([("A", unknown_run(tmp_path))], ["x"]) == []


@pytest.mark.parametrize(("last", "scale"), [(0.1, "linear"), (0.01, "log")])
def test_a_loss_of_many_sizes_is_drawn_on_a_logarithm(tmp_path: Path, last: float, scale: str) -> None:
    (loss,) = overlay_panels([("A", write_traced(tmp_path / "a", [1.0, last]))], [])
    assert loss.figure.axes[0].get_yscale() == scale
