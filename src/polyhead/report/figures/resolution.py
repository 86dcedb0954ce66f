"""Residuals against the truth: where along its range a prediction is biased, and how widely it scatters there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw
from polyhead.report.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUPS, FEWEST = 10, 20  # groups of about equal size by truth, of no fewer windows than this
CENTRAL = (16.0, 84.0)  # percentiles that hold the central 68 %: one standard deviation to each side, were it normal
LEAST = 0.01  # a truth below this share of the median makes relative errors a statement about small numbers
SPAN = 2.0  # largest over least truth below which a relative error says what the plain one says


def resolution_panels(name: str, truth: np.ndarray, pred: np.ndarray, unit: str) -> list[Panel]:
    """Bias with the central 68 %; and, where the truth spans a range well above 0, the relative resolution. Arrays
    are (window,)."""
    groups = groups_by_truth(truth)
    if len(groups) < 2:
        return []
    panels = [_bias(name, truth, pred - truth, groups, unit)]
    positive = truth.min() > LEAST * np.median(truth) > 0
    wide = positive and truth.max() > SPAN * truth.min()
    return [*panels, _relative(name, truth, pred, groups, unit)] if wide else panels


def groups_by_truth(truth: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Windows in groups of rising truth and about equal size. Windows of one truth stay together; a truth of few
    values makes a group of each."""
    values, counts = np.unique(truth, return_counts=True)
    many = min(GROUPS, truth.size // FEWEST)
    if len(values) <= GROUPS:
        place = np.searchsorted(values, truth)
        return [np.flatnonzero(place == i) for i in range(len(values)) if counts[i] >= FEWEST]
    if many < 2:
        return []
    # The place of a value is that of its middle window, so that one value is never parted.
    middle = (np.cumsum(counts) - counts / 2) * many / truth.size
    place = np.minimum(middle.astype(int), many - 1)[np.searchsorted(values, truth)]
    return [group for i in range(many) if (group := np.flatnonzero(place == i)).size]


def half_width(residual: NDArray[np.float64]) -> float:
    """Half the width of the central 68 % of residuals, linear between neighbours; a bias does not widen it."""
    low, high = np.percentile(residual, CENTRAL)
    return float(high - low) / 2


def _bias(name: str, truth: np.ndarray, residual: np.ndarray, groups: list[np.ndarray], unit: str) -> Panel:
    at = [float(np.median(truth[group])) for group in groups]
    low, middle, high = np.transpose([np.percentile(residual[group], [CENTRAL[0], 50, CENTRAL[1]]) for group in groups])

    def paint(axes: Axes) -> None:
        axes.axhline(0, color=INK, lw=0.8, ls=":")
        axes.fill_between(at, low, high, color=COLOURS[0], alpha=0.2, lw=0, label="central 68 %")
        axes.plot(at, middle, "o-", color=COLOURS[0], lw=1.2, ms=3.5, label="median")
        axes.set(xlabel=_with_unit("truth", unit), title=_with_unit("prediction − truth", unit))

    caption = f"Residuals of {name} along the truth: median and central 68 % in {_sizes(groups)}."
    return draw(f"error-{name}", caption, paint)


def _relative(name: str, truth: np.ndarray, pred: np.ndarray, groups: list[np.ndarray], unit: str) -> Panel:
    at = [float(np.median(truth[group])) for group in groups]
    relative = 100 * (pred - truth) / truth
    share = [half_width(relative[group]) for group in groups]

    def paint(axes: Axes) -> None:
        axes.plot(at, share, "o-", color=COLOURS[0], lw=1.2, ms=3.5, label="each group")
        whole = half_width(relative)
        axes.axhline(whole, color=COLOURS[1], lw=1, ls="--", label=f"all windows, {number(whole, 2).text} %")
        axes.set(xlabel=_with_unit("truth", unit), title="relative resolution, %")
        axes.set_ylim(bottom=0)

    caption = f"Resolution of {name}: half the width of the central 68 % of (prediction − truth) / truth, in "
    return draw(f"resolution-{name}", f"{caption}{_sizes(groups)}.", paint)


def _sizes(groups: list[np.ndarray]) -> str:
    least, most = min(group.size for group in groups), max(group.size for group in groups)
    return f"{len(groups)} groups of {least if least == most else f'{least} to {most}'} windows each"


def _with_unit(text: str, unit: str) -> str:
    return f"{text}, {unit}" if unit else text
