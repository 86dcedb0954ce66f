"""What a drawn figure shows, as values: read out of its axes for the charts of the page.

A figure is described once, by the function that paints it; what a chart says under the pointer is what was painted.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from polyhead.report.figures.marks import Mark, marks_of, rounded, values_along

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

POINTS = 12_000  # of all lines of one figure; more make a page heavy and a chart slow, and are finer than a screen


def write_series(figure: Figure) -> str:
    """Every axes of a figure whose layout is settled as JSON that may stand inside a script element.

    `size` of the figure in points, the unit of every other size; `place`: left, bottom, right and top of the axes as
    shares of the figure; colours hexadecimal; numbers to six significant digits, null where not finite.
    """
    most = max(100, POINTS // max(1, sum(len(axes.lines) for axes in figure.axes)))
    size = rounded([72 * figure.get_figwidth(), 72 * figure.get_figheight()])
    content = {"size": size, "axes": [_axes(axes, most) for axes in figure.axes]}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _axes(axes: Axes, most: int) -> dict[str, Any]:
    marks = marks_of(axes, most)
    place = axes.get_position()
    return {
        "place": rounded([place.x0, place.y0, place.x1, place.y1]),
        "title": axes.get_title(loc="left"),
        "frame": axes.spines["left"].get_visible(),
        "unified": _share_positions(marks),
        "x": _axis(axes.xaxis, axes.get_xlim(), [value for mark in marks for value in values_along(mark, "x")]),
        "y": _axis(axes.yaxis, axes.get_ylim(), [value for mark in marks for value in values_along(mark, "y")]),
        "marks": marks,
    }


def _axis(axis: Axis, limits: tuple[float, float], values: list[float]) -> dict[str, Any]:
    from matplotlib.ticker import FixedLocator, FuncFormatter

    shown = {
        "label": axis.get_label_text(),
        "range": rounded(limits),
        "log": axis.get_scale() == "log",
        "grid": any(line.get_visible() for line in axis.get_gridlines()),
        "whole": all(value == round(value) for value in rounded(values)),
    }
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    named = isinstance(locator, FixedLocator) or isinstance(formatter, FuncFormatter)
    if not named or shown["log"]:
        return shown
    at = list(locator())
    label = next(iter(axis.get_ticklabels()), None)  # rows above the last have none
    ticks = {"at": rounded(at), "text": formatter.format_ticks(at)}
    return shown | ticks | ({"turn": label.get_rotation(), "size": label.get_fontsize()} if label else {})


def _share_positions(marks: list[Mark]) -> bool:
    """Whether one look along x reads every mark: bars on the same edges, curves on the same rising positions."""
    if any(mark["kind"] in ("cells", "points") for mark in marks):
        return False
    # What has no name repeats what has one, or is all there is.
    marks = [mark for mark in marks if mark["name"]] or marks
    bars = [mark for mark in marks if mark["kind"] == "bars"]
    if bars:
        return len(bars) > 1 and all(mark["edges"] == bars[0]["edges"] and not mark["flat"] for mark in bars)
    curves = [mark for mark in marks if mark.get("x")]
    if not curves:
        return False
    first = curves[0]["x"]
    return all(earlier < later for earlier, later in pairwise(first)) and all(mark["x"] == first for mark in curves)
