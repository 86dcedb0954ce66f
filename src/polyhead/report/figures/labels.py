"""Predictions against truth for several labels at once: how well the score of each one ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polyhead.report.figures.canvas import Panel, colour, dash, draw, short, whole_numbers
from polyhead.report.figures.roc import roc_axes, roc_corners
from polyhead.report.figures.values import columns_of
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

DRAWN = 12  # labels whose curves can still be told apart


def multilabel_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """The ROC of each label, and how many labels of a window are decided wrongly."""
    truths, preds, scores = (columns_of(rows, f"{task}.{part}") for part in ("truth", "pred", "score"))
    names = label_names(run, task, rows)
    panels: list[Panel] = []
    if truths and len(truths) == len(scores):
        panels += _roc(task, names, rows.select(truths).to_numpy() > 0.5, rows.select(scores).to_numpy())
    if truths and len(truths) == len(preds):
        wrong = (rows.select(truths).to_numpy() != rows.select(preds).to_numpy()).sum(axis=1)
        panels.append(_wrong(task, wrong, len(truths)))
    return panels


def label_names(run: Run, task: str, rows: polars.DataFrame) -> list[str]:
    """The labels by name, or by number where the folder does not name them."""
    found = len(columns_of(rows, f"{task}.truth"))
    named = [str(label) for label in run.target(task).get("classes") or []]
    return named if len(named) == found else [str(label) for label in range(found)]


def _roc(task: str, names: list[str], truth: np.ndarray, score: np.ndarray) -> list[Panel]:
    both = [label for label in range(len(names)) if truth[:, label].any() and not truth[:, label].all()]
    if not both:
        return []

    def paint(axes: Axes) -> None:
        roc_axes(axes)
        for label in both[:DRAWN]:
            style: Any = {"color": colour(label), "ls": dash(label), "lw": 1.2}
            corners = roc_corners(truth[:, label], score[:, label])
            axes.plot(*corners, label=short(names[label], 14), **style)

    some = f", the first {DRAWN} of {len(both)}" if len(both) > DRAWN else ""
    return [draw(f"roc-{task}", f"Receiver operating characteristic of each label of {task}{some}.", paint)]


def _wrong(task: str, wrong: np.ndarray, labels: int) -> Panel:
    counts = np.bincount(wrong, minlength=2)

    def paint(axes: Axes) -> None:
        axes.bar(np.arange(len(counts)), counts / counts.sum(), color=colour(0), alpha=0.75, width=0.8)
        whole_numbers(axes, 8)
        axes.set(xlabel=f"labels decided wrongly, of {labels}", title="share of windows")

    return draw(f"wrong-{task}", f"How many labels of a window of {task} are decided wrongly.", paint)
