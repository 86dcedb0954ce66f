"""The figures of one task side by side: its curves, and its predictions against the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from polyhead.report import numbers
from polyhead.report.data import Table
from polyhead.report.figures.canvas import Panel
from polyhead.report.figures.classes import binary_panels, classification_panels, ordinal_panels
from polyhead.report.figures.countdown import countdown_panels
from polyhead.report.figures.curves import loss_curve, metric_curve
from polyhead.report.figures.labels import multilabel_panels
from polyhead.report.figures.pointers import pointers_panels
from polyhead.report.figures.reconstruction import reconstruction_panels
from polyhead.report.figures.span import span_panels
from polyhead.report.figures.values import forecast_panels, regression_panels
from polyhead.report.labels import label_scores
from polyhead.report.run import Run
from polyhead.report.verdict import numbers_of

if TYPE_CHECKING:
    import polars

PAINTERS: dict[str, Callable[[Run, str, polars.DataFrame], list[Panel]]] = {
    "classification": classification_panels,
    "ordinal": ordinal_panels,
    "binary": binary_panels,
    "multilabel": multilabel_panels,
    "regression": regression_panels,
    "forecast": forecast_panels,
    "reconstruction": reconstruction_panels,
    "span": span_panels,
    "pointers": pointers_panels,
    "countdown": countdown_panels,
    "masked": reconstruction_panels,
}


@dataclass(frozen=True)
class Plate:
    """The figures of one task, or the reason why there are none, with what has to be said beside them."""

    task: str
    notes: list[str]
    panels: list[Panel]
    tables: list[Table] = field(default_factory=list)


def curves(run: Run, task: str) -> Plate:
    """Loss and primary metric over epochs."""
    panels = [panel for panel in (loss_curve(run, task), metric_curve(run, task)) if panel is not None]
    known, floor = run.task(task), run.task(task).get("floor_loss")
    notes = [str(known["kind"])] if known.get("kind") else []
    if floor is not None:
        notes.append(f"Best constant output: loss {numbers.number(floor).text}")
    if known.get("weight") not in (None, 1, 1.0):
        notes.append(f"Weight {numbers.number(known['weight']).text}")
    return Plate(task, notes if panels else [*notes, "The trace holds no curve of it."], panels)


def predictions(run: Run, split: str | None, task: str) -> Plate:
    """Predictions of the windows of a split whose truth is known, against it."""
    rows, kind = run.predictions(split), str(run.task(task).get("kind") or run.target(task).get("kind"))
    if rows is None:
        return Plate(task, [f"predictions/{split}.parquet is not in the folder."], [])
    if kind not in PAINTERS or f"{task}.mask" not in rows.columns:
        return Plate(task, [f"predictions/{split}.parquet holds nothing of it that can be drawn."], [])
    known = rows.filter(rows[f"{task}.mask"].cast(bool))
    if not known.height:
        return Plate(task, [f"Its truth is not known for any window of {split}."], [])
    notes = [f"{numbers.number(known.height, 0).text} windows of {split}"]
    factor = (run.metrics.get("interval_factors") or {}).get(task)
    if factor not in (None, 1, 1.0):
        notes.append(f"Widths of intervals, calibrated on validation: times {numbers.number(factor).text}")
    metric, score = run.primary(split, task)
    each = [label_scores(run, task, known)] if kind == "multilabel" else []
    return Plate(
        task,
        [numbers_of(metric, score), *notes] if score else notes,
        PAINTERS[kind](run, task, known),
        [table for table in each if table is not None],
    )
