"""The marks of a drawn figure as values: a line, points, bars, a band, cells, each as its artist was given them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PathCollection, QuadMesh
    from matplotlib.container import BarContainer
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon
    from matplotlib.text import Text

Mark = dict[str, Any]
CELLS = "_polyhead_cells"  # under this name a mesh carries what its colours alone do not say
DIGITS = 6


def tell_cells(mesh: QuadMesh, classes: list[str], counts: NDArray[np.int64]) -> None:
    """Give the cells of a confusion matrix their classes by full name and their counts (true, predicted)."""
    setattr(mesh, CELLS, {"classes": classes, "counts": counts.tolist()})


def marks_of(axes: Axes, most: int) -> list[Mark]:
    """Every mark from back to front, as matplotlib paints them; a line has at most about `most` points."""
    from matplotlib.collections import FillBetweenPolyCollection, LineCollection, PathCollection, QuadMesh
    from matplotlib.container import BarContainer
    from matplotlib.patches import Polygon

    drawn = axes.collections
    marks = [_cells(mesh) for mesh in drawn if isinstance(mesh, QuadMesh)]
    marks += _stack([_band(band) for band in drawn if isinstance(band, FillBetweenPolyCollection)])
    marks += [_bars(bars) for bars in axes.containers if isinstance(bars, BarContainer) and bars.patches]
    marks += [_outline(patch) for patch in axes.patches if isinstance(patch, Polygon)]
    marks += [_ranges(lines) for lines in drawn if isinstance(lines, LineCollection)]
    marks += [_points(points) for points in drawn if isinstance(points, PathCollection)]
    marks += [_line(line, axes, most) for line in axes.lines]
    return [*marks, _texts(list(axes.texts))] if axes.texts else marks


def values_along(mark: Mark, axis: str) -> list[float]:
    """What a mark says along the axis `x` or `y`, None left out."""
    if mark["kind"] == "bars" and (axis == "x") == mark["flat"]:
        return [value for value in mark["height"] if value is not None]
    if mark["kind"] == "bars":
        return [(start + end) / 2 for start, end in zip(*mark["edges"], strict=True)]
    keys = {"x": ("x",), "y": ("y", "low", "high")}[axis]
    return [value for key in keys for value in mark.get(key, ()) if value is not None]


def rounded(values: Any) -> Any:
    """Numbers of any shape as JSON can hold them; what is whole stays whole, what is not finite is None."""
    if np.ndim(values):
        return [rounded(value) for value in values]
    value = float(values)
    if not np.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.{DIGITS}g}")


def thinned(y: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Which of the values in a row are kept: all, or the lowest and the highest of each of `most` / 2 stretches, and
    both ends."""
    if len(y) <= most:
        return np.arange(len(y))
    kept = {0, len(y) - 1}
    for stretch in np.array_split(np.arange(len(y)), max(1, most // 2)):
        known = stretch[np.isfinite(y[stretch])]
        kept |= {int(known[pick(y[known])]) for pick in (np.argmin, np.argmax) if known.size}
    return np.array(sorted(kept))


def _line(line: Line2D, axes: Axes, most: int) -> Mark:
    x, y = (np.asarray(values, dtype=float) for values in (line.get_xdata(orig=False), line.get_ydata(orig=False)))
    look = {"colour": _hex(line.get_color()), "width": line.get_linewidth(), "dash": str(line.get_linestyle())}
    in_data = line.get_transform().contains_branch_seperately(axes.transData)
    if in_data != (True, True):
        along, at = ("y", y[0]) if in_data[1] else ("x", x[0])
        return _named(line, "level") | look | {"along": along, "at": rounded(at)}
    kept = thinned(y, most)
    mark = _named(line, "line") | look | {"x": rounded(x[kept]), "y": rounded(y[kept])}
    if line.get_marker() not in ("", "None", None):
        mark["marker"] = rounded(line.get_markersize())
    if line.get_drawstyle() == "steps-post":
        mark["step"] = True
    return mark


def _points(points: PathCollection) -> Mark:
    at, sizes = np.asarray(points.get_offsets(), dtype=float), np.sqrt(np.asarray(points.get_sizes()))
    size = rounded(sizes[0]) if len(sizes) == 1 else rounded(sizes)
    return _named(points, "points") | _filled(points) | {"x": rounded(at[:, 0]), "y": rounded(at[:, 1]), "size": size}


def _bars(bars: BarContainer) -> Mark:
    flat = bars.orientation == "horizontal"
    boxes = [
        (box.get_y(), box.get_height(), box.get_width()) if flat else (box.get_x(), box.get_width(), box.get_height())
        for box in bars.patches
    ]
    start, width, height = np.array(boxes, dtype=float).T
    first = bars.patches[0]
    fills = [_hex(box.get_facecolor()) for box in bars.patches]
    return _named(first if str(bars.get_label()).startswith("_") else bars, "bars") | {
        "colour": fills[0] if len(set(fills)) == 1 else fills,
        "alpha": rounded(first.get_alpha() or 1),
        "flat": flat,
        "edges": rounded([start, start + width]),
        "height": rounded(height),
    }


def _outline(patch: Polygon) -> Mark:
    x, y = np.asarray(patch.get_xy(), dtype=float).T
    look = {"colour": _hex(patch.get_edgecolor()), "width": patch.get_linewidth(), "dash": "-"}
    return _named(patch, "line") | look | {"x": rounded(x), "y": rounded(y)}


def _ranges(lines: LineCollection) -> Mark:
    ends = np.array([segment[:2] for segment in lines.get_segments()], dtype=float).reshape(-1, 2, 2)
    look = {"width": rounded(np.atleast_1d(lines.get_linewidth())[0]), "alpha": rounded(lines.get_alpha() or 1)}
    values = {"x": rounded(ends[:, 0, 0]), "low": rounded(ends[:, 0, 1]), "high": rounded(ends[:, 1, 1])}
    return _named(lines, "ranges") | {"colour": _hex(lines.get_colors()[0])} | look | values


def _band(band: FillBetweenPolyCollection) -> Mark:
    """A band is kept as one closed path for each stretch: start, lower edge, end, upper edge backwards, start."""
    x: list[float] = []
    low: list[float] = []
    high: list[float] = []
    for path in band.get_paths():
        corners = np.asarray(path.vertices, dtype=float)
        count = (len(corners) - 3) // 2
        lower, upper = corners[1 : count + 1], corners[count + 2 : 2 * count + 2][::-1]
        x, low, high = [*x, *lower[:, 0]], [*low, *lower[:, 1]], [*high, *upper[:, 1]]
    return _named(band, "band") | _filled(band) | {"x": rounded(x), "low": rounded(low), "high": rounded(high)}


def _stack(bands: list[Mark]) -> list[Mark]:
    """Bands of which each stands on the one before are layers: what they say is how thick they are."""
    stands = [
        set(low) == {0} if index == 0 else low == bands[index - 1]["high"]
        for index, low in enumerate(band["low"] for band in bands)
    ]
    if len(bands) < 2 or not all(stands):
        return bands
    return [
        {key: value for key, value in band.items() if key not in ("low", "high")}
        | {"kind": "layer", "y": rounded(np.subtract(band["high"], band["low"]))}
        for band in bands
    ]


def _cells(mesh: QuadMesh) -> Mark:
    values, corners = np.asarray(mesh.get_array()), np.asarray(mesh.get_coordinates())
    low, high = mesh.get_clim()
    ends = [mesh.cmap(0.0), mesh.cmap(1.0)]
    return (
        _named(mesh, "cells")
        | getattr(mesh, CELLS, {})
        | {
            "edges": rounded([corners[0, :, 0], corners[:, 0, 1]]),
            "values": rounded(values),
            "range": rounded([low, high]),
            "colour": [_hex(end) for end in ends],
            "alpha": rounded([end[3] for end in ends]),
        }
    )


def _texts(texts: list[Text]) -> Mark:
    at = np.array([text.get_position() for text in texts], dtype=float)
    return _named("", "text") | {
        "x": rounded(at[:, 0]),
        "y": rounded(at[:, 1]),
        "text": [text.get_text() for text in texts],
        "colour": [_hex(text.get_color()) for text in texts],
        "size": rounded(texts[0].get_fontsize()),
    }


def _named(artist: Artist | BarContainer | str, kind: str) -> Mark:
    name = artist if isinstance(artist, str) else str(artist.get_label() or "")
    return {"kind": kind, "name": "" if name.startswith("_") else name}


def _filled(artist: PathCollection | FillBetweenPolyCollection) -> Mark:
    return {"colour": _hex(artist.get_facecolor()[0]), "alpha": rounded(artist.get_alpha() or 1)}


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(colour)
