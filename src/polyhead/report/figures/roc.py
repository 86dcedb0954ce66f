"""The receiver operating characteristic: its corners, and the axes that every one of them is drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.canvas import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rates = NDArray[np.float64]


def roc_corners(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> tuple[Rates, Rates]:
    """Shares of false alarms and of found positives as the threshold falls from above every score to the least one;
    what lies on a straight line between two corners is left out. `truth` and `score` are (window,), and both classes
    occur. Fawcett (2006), An introduction to ROC analysis, algorithm 1."""
    order = np.argsort(-score, kind="stable")
    found, falling = np.cumsum(truth[order]), score[order]
    last = np.append(np.flatnonzero(np.diff(falling)), len(score) - 1)  # equal scores fall to one side together
    positives = np.concatenate([[0], found[last]])
    alarms = np.concatenate([[0], last + 1 - found[last]])
    turns = (np.diff(positives, 2) != 0) | (np.diff(alarms, 2) != 0)
    kept = np.concatenate([[True], turns, [True]])
    return alarms[kept] / alarms[-1], positives[kept] / positives[-1]


def roc_axes(axes: Axes) -> None:
    """The diagonal of chance, and how the axes are called."""
    axes.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":", label="chance")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="false alarms", title="found positives (ROC)")
