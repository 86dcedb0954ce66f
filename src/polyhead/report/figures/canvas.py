"""One panel of a page: drawn once, kept as inline SVG that follows the page's colours and as PNG on white."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008), without black, which a dark page swallows, and without yellow, which a light one does.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", ":", "-.")
INK = "#444546"  # drawn in this grey, which occurs nowhere else, and turned into the page's own text colour
PAPER = "#fdfeff"  # likewise, for what is written on a dark area
WIDTH, HEIGHT = 3.6, 2.3  # inches; at this width 8.5 pt stays readable on a telephone
LEGEND_ROW = 0.19  # inches
RASTER_DPI = 160

STYLE: Any = {  # keys and values are matplotlib's
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.16,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "text.parse_math": False,  # names of tasks, classes and units are text, whatever they contain
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.handlelength": 1.6,
    "legend.borderaxespad": 0.2,
    "svg.fonttype": "none",  # text stays text: it takes the page's font, can be found and read aloud
    "svg.hashsalt": "polyhead",  # equal runs draw equal files
}


@dataclass(frozen=True)
class Panel:
    """A drawn figure: its file name without ending, what it shows in a sentence, and both renderings."""

    name: str
    caption: str
    svg: str
    png: bytes


def draw(
    name: str, caption: str, paint: Callable[[Axes], None], *, width: float = WIDTH, height: float = HEIGHT
) -> Panel:
    """Paint one panel. `width` and `height` in inches."""
    with _figure(width, height) as figure:
        axes = figure.subplots()
        paint(axes)
        _legend_below(figure, axes)
        return _keep(slug(name), caption, figure)


def draw_rows(
    name: str, caption: str, rows: int, paint: Callable[[list[Axes]], None], *, height: float = HEIGHT
) -> Panel:
    """Paint one panel of several rows under each other that share their horizontal axis."""
    with _figure(WIDTH, height) as figure:
        axes = list(figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0])
        paint(axes)
        _legend_below(figure, axes[0])
        return _keep(slug(name), caption, figure)


def colour(index: int) -> str:
    """The colour of the task, class or channel with this index."""
    return COLOURS[index % len(COLOURS)]


def dash(index: int) -> str:
    """The line style that goes with `colour`: it changes where the colours begin again."""
    return DASHES[index // len(COLOURS) % len(DASHES)]


def slug(name: str) -> str:
    """A name as part of a file name and of an XML id."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "unnamed"


def short(name: str, length: int = 18) -> str:
    """A name that fits a legend."""
    return name if len(name) <= length else name[: length - 1] + "…"


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        # The user's own matplotlibrc has no say in what a report looks like.
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield Figure(figsize=(width, height), layout="constrained")


def _legend_below(figure: Figure, axes: Axes) -> None:
    """What the axes label, under them: there it hides no data, and panels side by side keep axes of one height."""
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        columns = 2 if len(labels) < 9 else 3
        figure.set_figheight(figure.get_figheight() + LEGEND_ROW * -(-len(labels) // columns))
        figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def plain_logarithm(axes: Axes) -> None:
    """A logarithmic vertical axis whose ticks are written as numbers, 0.01 and not as powers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    wide = high > 1e3 * low
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=6 if wide else 8))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def whole_numbers(axes: Axes, ticks: int = 6) -> None:
    """A horizontal axis of steps, counts or epochs: no ticks between them."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=ticks, integer=True, min_n_ticks=1))


def _keep(name: str, caption: str, figure: Figure) -> Panel:
    png, svg = io.BytesIO(), io.StringIO()
    figure.savefig(png, format="png", dpi=RASTER_DPI, facecolor="white", metadata={"Software": None})
    figure.savefig(svg, format="svg", transparent=True, dpi=RASTER_DPI, metadata={"Date": None})
    return Panel(name, caption, _inline(svg.getvalue(), name), png.getvalue())


def _inline(svg: str, name: str) -> str:
    """An SVG file as an element of an HTML page: no prolog, ids of its own, the page's ink and width."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r' id="', f' id="{name}.', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}.", svg)
    # Two decimals of a point are finer than any screen; the rest is a third of the file.
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\d\.\d{2})\d+", r"\1", path[0]), svg)
    for index, ink in enumerate(COLOURS):
        svg = svg.replace(ink.lower(), f"var(--c{index}, {ink})")
    return (
        svg.replace(INK, "currentColor")
        .replace(PAPER, "var(--paper, #fff)")
        .replace("<svg ", '<svg aria-hidden="true" ', 1)
        .strip()
    )
