"""Curves of several runs in one panel: validation loss, and each task's primary metric, over epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from polyhead.report.figures.canvas import Panel, colour, dash, draw, plain_logarithm, whole_numbers
from polyhead.report.numbers import metric_label
from polyhead.report.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Lettered = Sequence[tuple[str, Run]]
Course = tuple[np.ndarray, np.ndarray]
"""Epochs and values."""

DRAWN = 12  # runs whose curves can still be told apart
RATIO = 50.0  # of largest to least loss from which the axis is logarithmic


def overlay_panels(runs: Lettered, tasks: Sequence[str]) -> list[Panel]:
    """The loss, then each task; every run in the colour and dash of its place. Runs without a trace are left out, and
    those after the first DRAWN, as the captions say."""
    some = f" The first {DRAWN} of {len(runs)} runs." if len(runs) > DRAWN else ""
    runs = runs[:DRAWN]
    panels = [_loss(runs, some), *(_metric(runs, task, some) for task in tasks)]
    return [panel for panel in panels if panel is not None]


def course_of(run: Run, column: str) -> Course | None:
    """A column of the trace over epochs without its gaps; None where there is nothing of it."""
    table = run.trace("epoch_metrics")
    if table is None or column not in table.columns:
        return None
    rows = table.select("epoch", column).drop_nulls()
    rows = rows.filter(rows[column].is_finite())
    return (rows["epoch"].to_numpy(), rows[column].to_numpy()) if rows.height else None


def _loss(runs: Lettered, some: str) -> Panel | None:
    found = [course_of(run, "val_loss") for _, run in runs]
    if not any(found):
        return None

    def paint(axes: Axes) -> None:
        _lines(axes, runs, found)
        values = np.concatenate([course[1] for course in found if course])
        if values.min() > 0 and values.max() > RATIO * values.min():
            plain_logarithm(axes)
        axes.set_title("loss on validation")

    caption = (
        "Validation loss of each run; dots: its best epoch. Where losses, weights or balance differ, so do scales."
    )
    return draw("overlay-loss", f"{caption}{some}", paint)


def _metric(runs: Lettered, task: str, some: str) -> Panel | None:
    named = [run.primary("val", task) for _, run in runs]
    metric, score = next(((name, score) for name, score in named if name), ("", {}))
    alike = [run if name == metric else None for (_, run), (name, _) in zip(runs, named, strict=True)]
    found = [course_of(run, f"{task}_{metric}") if run else None for run in alike]
    if not metric or not any(found):
        return None
    unit = score.get("unit")

    def paint(axes: Axes) -> None:
        _lines(axes, runs, found)
        _keep_scale(axes, np.concatenate([course[1] for course in found if course]))
        axes.set_title(f"{task}: {metric_label(metric)}{f', {unit}' if unit else ''}")

    label = metric_label(metric)
    caption = f"{label[0].upper()}{label[1:]} of {task} on validation; dots: the best epoch.{some}"
    return draw(f"overlay-{task}", caption, paint)


def _lines(axes: Axes, runs: Lettered, found: Sequence[Course | None]) -> None:
    for place, ((letter, run), course) in enumerate(zip(runs, found, strict=True)):
        if course is None:
            continue
        epochs, values = course
        axes.plot(epochs, values, color=colour(place), ls=dash(place), lw=1.2, label=letter)
        best = epochs == (run.state.get("best") or {}).get("epoch")
        axes.plot(epochs[best], values[best], "o", color=colour(place), ms=4)
    whole_numbers(axes)
    axes.set_xlabel("epoch")


def _keep_scale(axes: Axes, values: np.ndarray) -> None:
    """Show what the values mostly are: one wild early epoch may leave the panel."""
    low, high = np.percentile(values, [10, 90])
    reach = 4 * max(high - low, 1e-9)
    bottom, top = max(values.min(), low - reach), min(values.max(), high + reach)
    margin = max(0.06 * (top - bottom), 0.01 * max(abs(top), abs(bottom)), 1e-9)
    axes.set_ylim(bottom - margin, top + margin)
