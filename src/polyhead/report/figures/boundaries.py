"""By how much predicted spans begin and end too early or too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw, whole_numbers
from polyhead.report.run import Run
from polyhead.scoring.spans import HIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REACH = 20  # samples to each side; what is further off stands in the outer bars
SIDES = (("start", COLOURS[0]), ("end", COLOURS[1]))


def unit_of(run: Run, task: str) -> str:
    """What places in a window are counted in: as the target says, or its samples."""
    return str(run.target(task).get("unit") or "samples")


def boundary_panel(task: str, errors: NDArray[np.float64], unit: str, beside: str = "") -> Panel:
    """Predicted minus true first and last sample (span, 2); `beside` says in the caption what is not among them."""
    reach = int(np.clip(np.ceil(np.abs(errors).max(initial=0)), HIT + 2, REACH))
    edges = np.arange(-reach - 0.5, reach + 1.5)
    held = np.clip(errors, -reach, reach)
    # Whole numbers stand in the middle of a bar of the histogram, so what is within ends behind the last of them.
    within = HIT + 0.5 if (errors == errors.round()).all() else HIT

    def paint(axes: Axes) -> None:
        weights = np.full(len(held), 1 / max(1, len(held)))
        for side, (name, ink) in enumerate(SIDES):
            axes.hist(held[:, side], edges.tolist(), weights=weights, color=ink, alpha=0.35, label=name)
            axes.hist(held[:, side], edges.tolist(), weights=weights, color=ink, histtype="step", lw=1.2)
        for at, label in ((-within, f"{HIT} off"), (within, "")):
            axes.axvline(at, color=INK, lw=0.8, ls=":", label=label or None)
        whole_numbers(axes, 9)
        axes.set(xlabel=f"prediction − truth, {unit}", title=f"share of {len(errors)} spans")

    far = f"; more than {reach} {unit} off stand in the outer bars" if np.abs(errors).max(initial=0) > reach else ""
    return draw(f"boundaries-{task}", f"Errors of both ends of the spans of {task}{far}{beside}.", paint)
