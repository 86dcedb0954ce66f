"""Starts and ends of spans against the truth: both in one scatter, and by how much they are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyhead.report.figures.boundaries import SIDES, boundary_panel, unit_of
from polyhead.report.figures.canvas import INK, Panel, draw
from polyhead.report.figures.values import DRAWN, columns_of
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes


def pointers_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """Predicted against true starts and ends, and their errors."""
    truth, pred = (rows.select(columns_of(rows, f"{task}.{part}")).to_numpy() for part in ("truth", "pred"))
    if truth.shape[1:] != (2,) or truth.shape != pred.shape:
        return []
    return [_scatter(task, truth, pred), boundary_panel(task, pred - truth, unit_of(run, task))]


def _scatter(task: str, truth: np.ndarray, pred: np.ndarray) -> Panel:
    stride = -(-len(truth) // DRAWN)

    def paint(axes: Axes) -> None:
        ends = [truth.min(), truth.max()]
        for side, (name, ink) in enumerate(SIDES):
            points = truth[::stride, side], pred[::stride, side]
            axes.scatter(*points, s=9, color=ink, alpha=0.45, lw=0, rasterized=True, label=name)
        axes.plot(ends, ends, color=INK, lw=0.8, ls=":", label="exact")
        axes.set(xlabel="truth, sample of the window", title="prediction, sample of the window")

    some = f", every {stride}th window" if stride > 1 else ""
    caption = f"Predicted starts and ends of {task} against the true ones{some}; dotted: exact."
    return draw(f"scatter-{task}", caption, paint)
