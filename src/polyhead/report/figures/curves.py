"""Loss and primary metric of a task over epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polyhead.report.figures.canvas import COLOURS, INK, Panel, draw, plain_logarithm, whole_numbers
from polyhead.report.numbers import metric_label
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

TRAIN, VAL = INK, COLOURS[0]


def loss_curve(run: Run, task: str) -> Panel | None:
    """Training and validation loss, with the loss of the best constant output."""
    table, column = run.trace("loss_components"), f"loss_{task}"
    if table is None or column not in table.columns or table[column].is_null().all():
        return None
    import polars as pl

    floor = run.task(task).get("floor_loss")

    def paint(axes: Axes) -> None:
        for phase, ink in (("train", TRAIN), ("val", VAL)):
            _line(axes, table.filter(pl.col("phase") == phase), column, phase, ink)
        if floor is not None:
            axes.axhline(floor, color=COLOURS[1], lw=1, ls="--", label="best constant")
        _epochs(axes, run)
        _logarithmic_where_needed(axes, table[column].drop_nulls().to_list())
        axes.set_title(f"loss ({run.task(task).get('loss_fn') or 'raw'})")

    against = (
        "; dashed: the least loss that one constant output reaches on the training set" if floor is not None else ""
    )
    return draw(f"curve-loss-{task}", f"Loss of {task} over epochs, training and validation{against}.", paint)


def metric_curve(run: Run, task: str) -> Panel | None:
    """The primary metric on validation, with its floor."""
    table = run.trace("epoch_metrics")
    metric, score = run.primary("val", task)
    column = f"{task}_{metric}"
    if table is None or column not in table.columns or table[column].is_null().all():
        return None
    floor, unit = score.get("floor"), score.get("unit")

    def paint(axes: Axes) -> None:
        _line(axes, table, column, "val", VAL)
        if floor is not None:
            axes.axhline(floor, color=COLOURS[1], lw=1, ls="--", label="floor")
            # One wild early epoch must not press everything that matters into a line.
            _keep_scale(axes, table[column].drop_nulls().to_list(), floor)
        _epochs(axes, run)
        axes.set_title(f"{metric_label(metric)} on validation{f', {unit}' if unit else ''}")

    against = f"; dashed: its floor, {score.get('floor_predictor') or 'a constant'}" if floor is not None else ""
    label = metric_label(metric)
    return draw(
        f"curve-metric-{task}", f"{label[0].upper()}{label[1:]} of {task} on validation over epochs{against}.", paint
    )


def _line(axes: Axes, table: polars.DataFrame, column: str, label: str, ink: str) -> None:
    rows = table.select("epoch", column).drop_nulls().filter(table[column].drop_nulls().is_finite())
    marker = "o" if rows.height == 1 else ""
    axes.plot(rows["epoch"].to_numpy(), rows[column].to_numpy(), color=ink, marker=marker, ms=3, label=label)


def _epochs(axes: Axes, run: Run) -> None:
    best = (run.state.get("best") or {}).get("epoch")
    if best is not None:
        axes.axvline(best, color=INK, lw=0.8, ls=":", label=f"best epoch ({best})")
    whole_numbers(axes)
    axes.set_xlabel("epoch")


def _logarithmic_where_needed(axes: Axes, values: list[float]) -> None:
    if values and min(values) > 0 and max(values) > 50 * min(values):
        plain_logarithm(axes)


def _keep_scale(axes: Axes, values: list[float], floor: float) -> None:
    """Show the floor and what the values mostly are; values far off may leave the panel."""
    import numpy as np

    low, high = np.percentile(values, [10, 90])
    reach = 4 * max(high - low, 1e-9)
    bottom = min(floor, max(min(values), low - reach))
    top = max(floor, min(max(values), high + reach))
    # A line that lies on its floor stands in the middle, not in a scale of its rounding errors.
    margin = max(0.06 * (top - bottom), 0.02 * max(abs(top), abs(bottom)), 1e-9)
    axes.set_ylim(bottom - margin, top + margin)
