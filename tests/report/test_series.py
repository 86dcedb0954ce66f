"""What is read out of a drawn figure: the numbers that were painted, and nothing that only a screen needs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from polyhead.report.figures.canvas import COLOURS, INK, draw, draw_rows, plain_logarithm, whole_numbers
from polyhead.report.figures.marks import rounded, tell_cells, thinned
from polyhead.report.figures.series import POINTS

BLUE, RED = f"var(--c0, {COLOURS[0]})", f"var(--c1, {COLOURS[1]})"


def _read(paint: Callable[[Axes], object]) -> dict[str, Any]:
    """The only axes of a figure, as its chart gets it."""

    def painted(axes: Axes) -> None:
        paint(axes)

    (axes,) = json.loads(draw("figure", "A figure.", painted).series)["axes"]
    return dict(axes)


def _mark(paint: Callable[[Axes], object]) -> dict[str, Any]:
    (mark,) = _read(paint)["marks"]
    return dict(mark)


def test_a_line_is_what_was_plotted() -> None:
    mark = _mark(lambda axes: axes.plot([1, 2, 3], [0.5, np.nan, 1 / 3], color=COLOURS[0], ls="--", lw=1, label="val"))
    assert mark == {
        **{"kind": "line", "name": "val", "colour": BLUE, "width": 1, "dash": "--"},
        **{"x": [1, 2, 3], "y": [0.5, None, 0.333333]},
    }


def test_marks_and_steps_of_a_line() -> None:
    assert _mark(lambda axes: axes.plot([1], [2], "o", ms=3, color=INK))["marker"] == 3
    assert _mark(lambda axes: axes.plot([1], [2], "o", color=INK))["dash"] == "None"
    assert _mark(lambda axes: axes.step([0, 1], [2, 3], where="post", color=INK))["step"] is True


@pytest.mark.parametrize(("draws", "along"), [("axhline", "y"), ("axvline", "x")])
def test_a_level_is_one_number(draws: str, along: str) -> None:
    mark = _mark(lambda axes: getattr(axes, draws)(0.25, color=COLOURS[1], lw=1, ls=":", label="floor"))
    assert mark == {
        "kind": "level",
        "name": "floor",
        "colour": RED,
        "width": 1,
        "dash": ":",
        "along": along,
        "at": 0.25,
    }


def test_points_have_the_diameter_whose_area_was_given() -> None:
    mark = _mark(lambda axes: axes.scatter([1, 2], [3, 4], s=[9, 16], color=COLOURS[0], alpha=0.45))
    assert (mark["kind"], mark["x"], mark["y"], mark["size"]) == ("points", [1, 2], [3, 4], [3, 4])
    assert (mark["colour"], mark["alpha"]) == (BLUE, 0.45)


def test_a_histogram_holds_its_counts_and_edges() -> None:
    # 0.1 and 0.2 lie in [0, 0.5), 0.5, 0.6 and 1.0 in [0.5, 1].
    mark = _mark(lambda axes: axes.hist([0.1, 0.2, 0.5, 0.6, 1.0], [0, 0.5, 1], color=COLOURS[1], label="n = 5"))
    assert (mark["kind"], mark["name"], mark["colour"], mark["flat"]) == ("bars", "n = 5", RED, False)
    assert (mark["edges"], mark["height"]) == ([[0, 0.5], [0.5, 1]], [2, 3])


def test_bars_keep_their_own_colours_and_lie_down() -> None:
    upright = _mark(lambda axes: axes.bar([-1, 0], [0.25, 0.75], color=[COLOURS[1], COLOURS[0]], width=0.8))
    assert (upright["colour"], upright["edges"]) == ([RED, BLUE], [[-1.4, -0.4], [-0.6, 0.4]])
    lying = _mark(lambda axes: axes.barh([0, 1], [3, 2], color=COLOURS[0], height=1))
    assert (lying["flat"], lying["edges"], lying["height"]) == (True, [[-0.5, 0.5], [0.5, 1.5]], [3, 2])


@pytest.mark.parametrize("draws", ["bar", "plot", "scatter", "fill_between"])
def test_nothing_is_drawn_as_nothing(draws: str) -> None:
    marks = _read(lambda axes: getattr(axes, draws)([], []))["marks"]
    assert [mark["x"] for mark in marks] in ([], [[]])


def test_a_band_keeps_both_edges() -> None:
    mark = _mark(lambda axes: axes.fill_between([1, 2, 3], [0, 1, 2], [4, 5, 7], color=COLOURS[0], alpha=0.2, lw=0))
    assert (mark["kind"], mark["x"], mark["low"], mark["high"]) == ("band", [1, 2, 3], [0, 1, 2], [4, 5, 7])


def test_stacked_areas_are_as_thick_as_they_were_given() -> None:
    marks = _read(lambda axes: axes.stackplot([0, 1], [[0.2, 0.3], [0.8, 0.7]], labels=["a", "b"]))["marks"]
    assert [(mark["kind"], mark["name"], mark["y"]) for mark in marks] == [
        ("layer", "a", [0.2, 0.3]),
        ("layer", "b", [0.8, 0.7]),
    ]


def test_points_without_a_name_are_no_curve_to_be_read_along_x() -> None:
    def paint(axes: Axes) -> None:
        axes.scatter([1.0, 2.0, 3.0], [1.0, 4.0, 2.0])
        axes.plot([1, 3], [1, 3], label="exact")

    assert _read(paint)["unified"] is False


def test_two_bands_that_lie_apart_are_no_stack() -> None:
    def paint(axes: Axes) -> None:
        axes.fill_between([0, 1], [0, 0], [1, 1], color=COLOURS[0])
        axes.fill_between([0, 1], [2, 2], [3, 3], color=COLOURS[1])

    assert [mark["kind"] for mark in _read(paint)["marks"]] == ["band", "band"]


def test_upright_lines_are_ranges() -> None:
    mark = _mark(lambda axes: axes.vlines([1, 2], [0, 1], [5, 7], color=COLOURS[0], lw=2, alpha=0.4))
    assert (mark["kind"], mark["x"], mark["low"], mark["high"]) == ("ranges", [1, 2], [0, 1], [5, 7])
    assert (mark["width"], mark["alpha"]) == (2, 0.4)


def test_cells_with_what_is_told_of_them() -> None:
    def paint(axes: Axes) -> None:
        mesh = axes.pcolormesh(np.array([[0.75, 0.25], [0.0, 1.0]]), vmin=0, vmax=1)
        tell_cells(mesh, ["a long name of a class", "b"], np.array([[3, 1], [0, 9]]))
        axes.text(0.5, 1.5, "3\n75 %", color=INK, fontsize=7.5)

    cells, text = _read(paint)["marks"]
    assert (cells["edges"], cells["values"], cells["range"]) == ([[0, 1, 2], [0, 1, 2]], [[0.75, 0.25], [0, 1]], [0, 1])
    assert (cells["classes"], cells["counts"]) == (["a long name of a class", "b"], [[3, 1], [0, 9]])
    assert (text["x"], text["y"], text["text"], text["size"]) == ([0.5], [1.5], ["3\n75 %"], 7.5)
    assert text["colour"] == ["currentColor"]


def test_axes_say_what_they_show() -> None:
    def paint(axes: Axes) -> None:
        axes.plot([1, 5], [0.001, 1], label="val")
        axes.set(xlabel="epoch", title="loss", xlim=(0, 6))
        plain_logarithm(axes)
        axes.set_ylim(0.001, 1)
        whole_numbers(axes)

    axes = _read(paint)
    assert (axes["title"], axes["x"]["label"], axes["x"]["range"], axes["x"]["whole"]) == (
        "loss",
        "epoch",
        [0, 6],
        True,
    )
    assert (axes["y"]["log"], axes["y"]["range"], axes["y"]["whole"]) == (True, [0.001, 1], False)
    assert axes["frame"] is True
    left, bottom, right, top = axes["place"]
    assert 0 < left < right <= 1
    assert 0 < bottom < top <= 1


def test_named_ticks_and_an_axis_that_runs_down() -> None:
    def paint(axes: Axes) -> None:
        axes.barh([0, 1], [3, 2])
        axes.set_yticks([0, 1], ["R05", "R02"])
        axes.set(ylim=(1.5, -0.5))
        axes.grid(visible=False, axis="y")

    axes = _read(paint)
    assert (axes["y"]["at"], axes["y"]["text"], axes["y"]["range"]) == ([0, 1], ["R05", "R02"], [1.5, -0.5])
    assert (axes["x"]["grid"], axes["y"]["grid"]) == (True, False)
    assert "at" not in axes["x"]


@pytest.mark.parametrize(
    ("paint", "unified"),
    [
        (lambda axes: (axes.plot([1, 2], [3, 4], label="a"), axes.plot([1, 2], [5, 6], label="b")), True),
        (lambda axes: (axes.plot([1, 2], [3, 4], label="a"), axes.plot([1, 3], [5, 6], label="b")), False),
        (lambda axes: (axes.plot([1, 2], [3, 4], label="a"), axes.plot([1], [5], "o")), True),  # a dot without a name
        (lambda axes: axes.plot([0, 0, 1], [0, 1, 1], label="a curve with a step upright"), False),
        (lambda axes: axes.scatter([1, 2], [3, 4]), False),
        (lambda axes: axes.hist([1, 2], [0, 1, 2]), False),
        (lambda axes: (axes.hist([1], [0, 1, 2], label="a"), axes.hist([2], [0, 1, 2], label="b")), True),
    ],
)
def test_one_look_reads_all_only_where_all_stand_on_the_same_positions(
    paint: Callable[[Axes], object], unified: bool
) -> None:
    assert _read(paint)["unified"] is unified


def test_rows_are_axes_from_the_top() -> None:
    def paint(rows: list[Axes]) -> None:
        for index, axes in enumerate(rows):
            axes.plot([0, 1], [index, index], label="truth")

    axes = json.loads(draw_rows("rows", "Rows.", 3, paint).series)["axes"]
    assert [each["marks"][0]["y"] for each in axes] == [[0, 0], [1, 1], [2, 2]]
    bottoms = [each["place"][1] for each in axes]
    assert bottoms == sorted(bottoms, reverse=True)


def test_numbers_are_short_and_legal() -> None:
    assert rounded([1 / 3, 2.0, np.nan, np.inf, 1234567, 1234567.8]) == [0.333333, 2, None, None, 1234567, 1234570]
    assert json.dumps(rounded(np.array([[1e-7 / 3, -4.0]]))) == "[[3.33333e-08, -4]]"


def test_a_long_line_keeps_its_ends_and_its_peaks() -> None:
    y = np.zeros(5000)
    y[1234], y[4321] = 7, -7
    kept = thinned(y, 100)
    assert len(kept) <= 102
    assert {0, 1234, 4321, 4999} <= set(kept.tolist())
    assert thinned(y[:100], 100).tolist() == list(range(100))


def test_a_figure_of_many_long_lines_stays_small() -> None:
    def paint(axes: Axes) -> None:
        for line in range(40):
            axes.plot(np.arange(20_000), np.arange(20_000) % (7 + line), label=f"pair {line}")

    marks = _read(paint)["marks"]
    assert sum(len(mark["x"]) for mark in marks) <= POINTS + 2 * 40


def test_a_name_cannot_end_the_script_it_stands_in() -> None:
    panel = draw("hostile", "A line.", lambda axes: axes.plot([0], [1], label="</script><script>alert(1)"))
    assert "<" not in panel.series
    assert json.loads(panel.series)["axes"][0]["marks"][0]["name"] == "</script><script>alert(1)"


def test_a_pdf_is_made_when_asked_for_and_equal_for_equal_figures() -> None:
    first, second = (draw("a", "A line.", lambda axes: axes.plot([0, 1], [2, 3])) for _ in range(2))
    assert "pdf" not in vars(first)
    assert first.pdf == second.pdf
    assert first.pdf.startswith(b"%PDF-")
    assert b"CreationDate" not in first.pdf
    assert b"/FontFile2" in first.pdf, "TrueType"
