"""How the probability of yes is spread over what is a yes and what is a no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw
from polyhead.report.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def score_panel(
    task: str,
    caption: str,
    truth: np.ndarray,
    score: np.ndarray,
    threshold: float | None,
    names: tuple[str, str] = ("negative", "positive"),
) -> Panel:
    """The scores of both sides, each as shares of its own; `truth` and `score` are of one shape, `names` of no and
    yes."""

    def paint(axes: Axes) -> None:
        edges = np.linspace(0, 1, 31).tolist()
        for positive, name, ink in ((False, names[0], COLOURS[0]), (True, names[1], COLOURS[1])):
            part = score[truth == positive]
            if part.size:
                label = f"{name} (n = {part.size})"
                weights = np.full(part.size, 1 / part.size)
                axes.hist(part, edges, weights=weights, color=ink, alpha=0.35, label=label)
                axes.hist(part, edges, weights=weights, color=ink, histtype="step", lw=1.2)
        if threshold is not None:
            axes.axvline(threshold, color=INK, lw=1, ls="--", label=f"threshold {number(threshold).text}")
        axes.set(xlim=(0, 1), xlabel="score", title="share of each class")

    dashed = "; dashed: the threshold, chosen on validation" if threshold is not None else ""
    return draw(f"scores-{task}", f"{caption}{dashed}.", paint)
