"""Samples until a span starts against the truth, and beside what a place in the window says of it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.boundaries import unit_of
from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw, whole_numbers
from polyhead.report.figures.resolution import CENTRAL
from polyhead.report.figures.values import columns_of
from polyhead.report.numbers import number
from polyhead.report.run import Run
from polyhead.scoring.board import kind_of

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

GROUPS = 41  # of true values: each whole number from -20 to 20 where the count is clipped there


def countdown_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """The error at each place in the window beside that of the median of the place; what is predicted there; and
    predictions along the truth."""
    truth, pred = (rows.select(columns_of(rows, f"{task}.{part}")).to_numpy() for part in ("truth", "pred"))
    if not truth.size or truth.shape != pred.shape:
        return []
    (floor, of), unit = bar_median(run, task, truth), unit_of(run, task)
    return [
        _errors(task, truth, pred, floor, of, unit),
        _places(task, pred, truth, floor, of, unit),
        _along(task, truth, pred, unit),
    ]


def bar_median(run: Run, task: str, truth: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Median countdown at each place (sample,), and of which windows: those of training where the folder holds their
    predictions, else the shown ones (window, sample), which flatters it."""
    rows = run.predictions("train")
    if rows is not None and f"{task}.mask" in rows.columns:
        known = rows.filter(rows[f"{task}.mask"].cast(bool))
        learned = known.select(columns_of(known, f"{task}.truth")).to_numpy()
        if len(learned) and learned.shape[1:] == truth.shape[1:]:
            return np.asarray(kind_of("countdown").fit(learned, None).bar_median), "training windows"
    return np.asarray(kind_of("countdown").fit(truth, None).bar_median), "these windows"


def _along(task: str, truth: np.ndarray, pred: np.ndarray, unit: str) -> Panel:
    edges = np.linspace(truth.min() - 0.5, truth.max() + 0.5, min(GROUPS, int(np.ptp(truth)) + 1) + 1)
    place = np.digitize(truth.ravel(), edges[1:-1])
    groups = [group for one in range(len(edges) - 1) if (group := np.flatnonzero(place == one)).size]
    at = [float(truth.ravel()[group].mean()) for group in groups]
    low, middle, high = _spread(pred.ravel(), groups)

    def paint(axes: Axes) -> None:
        ends = [at[0], at[-1]]
        axes.fill_between(at, low, high, color=COLOURS[0], alpha=0.2, lw=0, label="central 68 %")
        axes.plot(at, middle, color=COLOURS[0], label="median prediction")
        axes.plot(ends, ends, color=INK, lw=0.8, ls=":", label="exact")
        axes.set(xlabel=f"truth, {unit} until the span", title=f"prediction, {unit} until the span")

    caption = f"Predictions of {task} along the truth, over the samples of all windows; dotted: exact."
    return draw(f"along-{task}", caption, paint)


def _places(task: str, pred: np.ndarray, truth: np.ndarray, floor: np.ndarray, of: str, unit: str) -> Panel:
    at = np.arange(pred.shape[1])
    low, high = np.percentile(pred, CENTRAL, axis=0)

    def paint(axes: Axes) -> None:
        axes.fill_between(at, low, high, color=COLOURS[0], alpha=0.2, lw=0, label="central 68 % of predictions")
        axes.plot(at, pred.mean(axis=0), color=COLOURS[0], label="mean prediction")
        axes.plot(at, truth.mean(axis=0), color=COLOURS[1], lw=1.2, label="mean truth")
        axes.plot(at, floor, color=INK, lw=1, ls="--", label="median of the place")
        whole_numbers(axes)
        axes.set(xlabel="sample of the window", title=f"{unit} until the span")

    caption = (
        f"What {task} says at each place in the window: a narrow band is the same answer in every window; dashed: the"
        f" median of {of} at that place."
    )
    return draw(f"places-{task}", caption, paint)


def _errors(task: str, truth: np.ndarray, pred: np.ndarray, floor: np.ndarray, of: str, unit: str) -> Panel:
    at = np.arange(truth.shape[1])
    ours, theirs = np.abs(pred - truth), np.abs(floor - truth)

    def paint(axes: Axes) -> None:
        axes.plot(at, ours.mean(axis=0), color=COLOURS[0], label=f"prediction, {number(float(ours.mean())).text}")
        label = f"median of the place, {number(float(theirs.mean())).text}"
        axes.plot(at, theirs.mean(axis=0), color=COLOURS[1], lw=1, ls="--", label=label)
        whole_numbers(axes)
        axes.set(xlabel="sample of the window", title=f"mean absolute error, {unit}")
        axes.set_ylim(bottom=0)

    caption = (
        f"Error of {task} at each place in the window, and its mean; dashed: of the median of {of} at that place, which"
        " knows nothing of the signal."
    )
    return draw(f"errors-{task}", caption, paint)


def _spread(values: np.ndarray, groups: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, middle, high = np.transpose([np.percentile(values[one], [CENTRAL[0], 50, CENTRAL[1]]) for one in groups])
    return low, middle, high
