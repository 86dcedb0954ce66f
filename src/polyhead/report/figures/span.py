"""Marked samples against the truth: windows with their spans and scores, both sides of the score, thresholds, ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.boundaries import boundary_panel, unit_of
from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw_rows, whole_numbers
from polyhead.report.figures.precision_recall import precision_recall_panel
from polyhead.report.figures.scores import score_panel
from polyhead.report.figures.values import columns_of
from polyhead.report.numbers import number
from polyhead.report.run import Run
from polyhead.scoring.matching import cheapest, pairs_of
from polyhead.scoring.spans import runs, spans_of

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

RANKS = ((0.0, "the best"), (0.5, "a median one"), (1.0, "the worst"))


def span_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """Three windows; the scores inside and outside of spans; precision and recall over thresholds; errors of ends.
    Without a span in the truth there are only the scores."""
    truth, pred, score = (
        rows.select(columns_of(rows, f"{task}.{part}")).to_numpy() for part in ("truth", "pred", "score")
    )
    if not truth.size or truth.shape != pred.shape or truth.shape != score.shape:
        return []
    at = run.metrics.get("thresholds", {}).get(task)
    threshold = float(at) if isinstance(at, int | float) else None
    inside, marked = truth == 1, pred == 1
    caption = f"Scores of {task} at samples inside and outside of true spans"
    scores = score_panel(task, caption, inside, score, threshold, ("outside", "inside"))
    if not inside.any():
        return [scores]
    precision = precision_recall_panel(task, inside, score, marked, "samples")
    panels = [examples_panel(task, inside, marked, score, threshold), scores, precision]
    errors, missed = boundary_errors(truth, pred)
    alone = f"; {missed} true spans have no predicted one in their window" if missed else ""
    return [*panels, boundary_panel(task, errors, unit_of(run, task), alone)] if len(errors) else panels


def chosen(inside: NDArray[np.bool_], marked: NDArray[np.bool_], score: NDArray[np.float64]) -> list[int]:
    """Which windows (window, sample) are shown: of those with a span, by the rank of their F1, and where that is the
    same, of the mean squared error of their scores."""
    among = np.flatnonzero(inside.any(axis=1))
    worse = -window_f1(inside[among], marked[among]), ((score - inside) ** 2).mean(axis=1)[among]
    order = among[np.lexsort(worse[::-1])]
    return [int(order[round(rank * (len(order) - 1))]) for rank, _ in RANKS]


def boundary_errors(truth: NDArray[np.generic], pred: NDArray[np.generic]) -> tuple[NDArray[np.float64], int]:
    """Predicted minus true first and last sample (span, 2) of true spans, each beside the predicted span of its window
    that is paired with it at the least total distance; and how many true spans are left without one."""
    true = spans_of(truth)
    pairs = pairs_of(true, spans_of(pred))
    if not len(pairs):
        return np.zeros((0, 2)), len(true)
    apart = (pairs.pred_bounds - pairs.true_bounds).astype(np.float64)
    errors = apart[cheapest(np.abs(apart).mean(axis=1), pairs)]
    return errors, len(true) - len(errors)


def window_f1(inside: NDArray[np.bool_], marked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of the samples of each window (window, sample) with a span: (window,)."""
    return np.asarray(2 * (inside & marked).sum(axis=1) / (inside.sum(axis=1) + marked.sum(axis=1)))


def examples_panel(
    task: str,
    inside: NDArray[np.bool_],
    marked: NDArray[np.bool_],
    score: NDArray[np.float64],
    threshold: float | None,
) -> Panel:
    """The best, a median and the worst window with a span: its true and predicted spans and its scores; arrays are
    (window, sample)."""
    windows = chosen(inside, marked, score)
    f1 = window_f1(inside[windows], marked[windows])
    at = np.arange(inside.shape[1])

    def paint(rows: list[Axes]) -> None:
        for axes, window, value, (_, word) in zip(rows, windows, f1, RANKS, strict=True):
            span_bands(axes, runs(inside[window]), (0, 1), INK, 0.22, "true span")
            span_bands(axes, runs(marked[window]), (-0.16, -0.04), COLOURS[1], 0.85, "predicted span")
            axes.plot(at, score[window], color=COLOURS[0], lw=1.2, label="score")
            if threshold is not None:
                axes.axhline(threshold, color=INK, lw=0.8, ls="--", label="threshold")
            axes.set(ylim=(-0.2, 1.05), yticks=(0, 0.5, 1))
            axes.set_title(f"{word}: F1 {number(float(value), 2).text}", fontsize=8)
        whole_numbers(rows[-1])
        rows[-1].set_xlabel("sample of the window")

    caption = f"Windows of {task} with a span, chosen by the rank of their F1."
    return draw_rows(f"windows-{task}", caption, len(RANKS), paint, height=3.4)


def span_bands(
    axes: Axes, spans: NDArray[np.int64], between: tuple[float, float], ink: str, alpha: float, label: str
) -> None:
    """Spans as bands from the front of their first sample to the back of their last; one of no width, for the legend,
    where there is none."""
    for place, (first, last) in enumerate(spans.tolist() or [(0, -1)]):
        low, high = ([end] * 2 for end in between)
        named = label if place == 0 else None
        axes.fill_between([first - 0.5, last + 0.5], low, high, color=ink, alpha=alpha, lw=0, label=named)
