"""Precision against recall over all thresholds, with what one reaches by calling everything a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw
from polyhead.report.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rates = NDArray[np.float64]
DRAWN = 400  # points of the curve; more are finer than a screen


def precision_recall(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> tuple[Rates, Rates]:
    """Recall and precision at each score, from the highest down, of (case,) with a yes among them. Davis and Goadrich
    (2006), The relationship between precision-recall and ROC curves: between two of them no straight line is reached.
    """
    order = np.argsort(-score, kind="stable")
    found, falling = np.cumsum(truth[order]), score[order]
    last = np.append(np.flatnonzero(np.diff(falling)), len(score) - 1)  # equal scores fall to one side together
    return found[last] / found[-1], found[last] / (last + 1)


def all_positive_f1(share: float) -> float:
    """F1 of calling everything a yes, where `share` of all is one: precision is that share, recall 1."""
    return 2 * share / (1 + share)


def precision_recall_panel(task: str, truth: np.ndarray, score: np.ndarray, decided: np.ndarray, cases: str) -> Panel:
    """The curve, the point that was `decided` for, and the curve along which F1 is that of calling everything a yes;
    all arrays are of one shape, True for yes, and `cases` are what they count."""
    truth, score, decided = (values.ravel() for values in (truth, score, decided))
    recall, precision = precision_recall(truth, score)
    share = float(truth.mean())
    floor = all_positive_f1(share)
    kept = np.unique(np.searchsorted(recall, np.linspace(0, 1, DRAWN)).clip(max=len(recall) - 1))
    right = int((truth & decided).sum())

    def paint(axes: Axes) -> None:
        at = np.linspace(floor / (2 - floor), 1, 100)  # where precision, f r / (2 r - f), is 1 at most
        axes.plot(
            at, floor * at / (2 * at - floor), color=INK, lw=1, ls="--", label=f"F1 {number(floor).text}, all yes"
        )
        axes.axhline(share, color=INK, lw=0.8, ls=":", label=f"share of yes, {number(share).text}")
        axes.plot(recall[kept], precision[kept], color=COLOURS[0], label="over thresholds")
        if right:
            point = right / truth.sum(), right / decided.sum()
            axes.plot(*point, "o", color=COLOURS[1], ms=5, label="as decided")
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.05), xlabel="recall", title="precision")

    caption = (
        f"Precision and recall of the {cases} of {task} over thresholds; dashed: where F1 is that of calling all of"
        " them a yes; dotted: chance."
    )
    return draw(f"precision-recall-{task}", caption, paint)
