"""Stated uncertainty against the truth: intervals of single windows, and whether 90 % of truths lie in theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NOMINAL = 0.9  # what `low` and `high` are said to enclose
SHOWN = 60  # windows whose intervals can still be told apart
GROUPS, FEWEST = 10, 50  # groups of equal size by width, with no fewer windows than this


def interval_panels(name: str, truth: np.ndarray, low: np.ndarray, high: np.ndarray, unit: str) -> list[Panel]:
    """Some intervals with their truths; and, where the widths differ, coverage by width. All arrays are (window,)."""
    panels = [_intervals(name, truth, low, high, unit)]
    groups = groups_by_width(high - low)
    return [*panels, _coverage(name, truth, low, high, groups, unit)] if len(groups) > 1 else panels


def inside(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where the truth lies between the bounds, both included."""
    return (low <= truth) & (truth <= high)


def groups_by_width(width: np.ndarray) -> list[np.ndarray]:
    """Windows in groups of rising width and about equal size; one group where all are about as wide."""
    low, high = np.percentile(width, [5, 95])
    many = min(GROUPS, len(width) // FEWEST) if high > 1.05 * low else 1
    return np.array_split(np.argsort(width, kind="stable"), max(1, many))


def coverage_by_step(task: str, truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> Panel:
    """Share of truths (window, step) within their interval, by step ahead."""
    share = inside(truth, low, high).mean(axis=0)

    def paint(axes: Axes) -> None:
        axes.plot(np.arange(1, len(share) + 1), share, color=COLOURS[0], label="found")
        _nominal(axes, share)
        whole_numbers(axes)
        axes.set(xlabel="step ahead", title="share of truths in their 90 % interval")

    return draw(
        f"coverage-{task}", f"Coverage of the intervals of {task} by step ahead, first channel.", paint, height=3.0
    )


def _intervals(name: str, truth: np.ndarray, low: np.ndarray, high: np.ndarray, unit: str) -> Panel:
    order = np.argsort(truth, kind="stable")
    shown = order[np.unique(np.linspace(0, len(order) - 1, min(SHOWN, len(order))).round().astype(int))]
    held = inside(truth, low, high)
    at = np.arange(len(shown))

    def paint(axes: Axes) -> None:
        axes.vlines(at, low[shown], high[shown], color=COLOURS[0], lw=1.6, alpha=0.4)
        for right, ink, word in ((True, INK, "inside"), (False, COLOURS[1], "outside")):
            drawn = held[shown] == right
            share = (held == right).mean()
            axes.plot(
                at[drawn], truth[shown][drawn], "o", color=ink, ms=2.6, label=f"truth {word} ({100 * share:.0f} %)"
            )
        axes.set_xticks([])
        axes.set(
            xlabel="windows in order of their truth", title=f"90 % interval and truth{f', {unit}' if unit else ''}"
        )

    some = f", {len(shown)} of {len(truth)} windows" if len(shown) < len(truth) else ""
    caption = f"Intervals of {name} with the truth{some}, evenly spaced by rank; the shares are of all windows."
    return draw(f"intervals-{name}", caption, paint)


def _coverage(
    name: str, truth: np.ndarray, low: np.ndarray, high: np.ndarray, groups: list[np.ndarray], unit: str
) -> Panel:
    width, held = high - low, inside(truth, low, high)
    share = np.array([held[group].mean() for group in groups])

    def paint(axes: Axes) -> None:
        at = [width[group].mean() for group in groups]
        axes.plot(at, share, "o-", color=COLOURS[0], lw=1, ms=3.5, label="found")
        _nominal(axes, share)
        axes.set(xlabel=f"width of the interval{f', {unit}' if unit else ''}", title="share of truths inside")

    caption = (
        f"Coverage of the intervals of {name} in {len(groups)} groups of equal size by their width; where the line lies"
        " below 90 %, intervals of that width are too narrow."
    )
    return draw(f"coverage-{name}", caption, paint)


def _nominal(axes: Axes, share: np.ndarray) -> None:
    axes.axhline(NOMINAL, color=COLOURS[1], lw=1, ls="--", label="as stated, 90 %")
    axes.set_ylim(max(0.0, min(0.68, float(share.min()) - 0.05)), 1.02)
