"""One panel of a page: drawn once, kept as inline SVG in the page's colours, as PNG on white, and as values."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from polyhead.report.figures.inline import inline
from polyhead.report.figures.series import write_series

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
PNG_DPI = 300  # enough for print
RASTER_DPI = 160  # of what an SVG or PDF holds as a bitmap, such as the points of a scatter

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
    "pdf.fonttype": 42,  # TrueType, as journals ask for
}


@dataclass(frozen=True)
class Panel:
    """A drawn figure: its file name without ending, what it shows in a sentence, and its renderings.

    `series` is what it shows as JSON, in the page's colours like `svg` (figures/series.py says what it holds).
    """

    name: str
    caption: str
    svg: str
    series: str
    png: bytes
    figure: Figure = field(repr=False, compare=False)

    @cached_property
    def pdf(self) -> bytes:
        """The figure as a PDF without a date: made when it is first asked for, as a page has no use for it."""
        pdf = io.BytesIO()
        with _style():
            self.figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
        return pdf.getvalue()


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
    return re.sub(r"\W+", "-", name).strip("-") or "unnamed"  # letters of every script, as tasks may have


def short(name: str, length: int = 18) -> str:
    """A name that fits a legend."""
    return name if len(name) <= length else name[: length - 1] + "…"


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context():
        # The user's own matplotlibrc has no say in what a report looks like.
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    from matplotlib.figure import Figure

    with _style():
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
    # Laid out once, so that every rendering and the chart of the page have their axes in the same place.
    figure.draw_without_rendering()
    figure.set_layout_engine(None)  # "none" would keep a place for one, and draw twice for it each time
    png, svg = io.BytesIO(), io.StringIO()
    figure.savefig(png, format="png", dpi=PNG_DPI, facecolor="white", metadata={"Software": None})
    figure.savefig(svg, format="svg", transparent=True, dpi=RASTER_DPI, metadata={"Date": None})
    return Panel(
        name, caption, _themed(inline(svg.getvalue(), name)), _themed(write_series(figure)), png.getvalue(), figure
    )


def _themed(text: str) -> str:
    """The colours of a drawing as what the page's style sheet says of them."""
    for index, ink in enumerate(COLOURS):
        text = text.replace(ink.lower(), f"var(--c{index}, {ink})")
    return text.replace(INK, "currentColor").replace(PAPER, "var(--paper, #fff)")
