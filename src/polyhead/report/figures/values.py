"""Predictions against truth for numbers: scatter and residuals, or example windows and error by step ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyhead.report.figures.canvas import COLOURS, INK, Panel, colour, draw, draw_rows, whole_numbers
from polyhead.report.figures.intervals import coverage_by_step, interval_panels
from polyhead.report.figures.resolution import resolution_panels
from polyhead.report.numbers import number
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

DRAWN = 3000  # points of a scatter; more only darken it
OUTPUTS = 4  # outputs of one task that get panels of their own
EXAMPLES = ((0.1, "a good one"), (0.5, "a median one"), (0.9, "a poor one"))


def regression_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """Truth against prediction, the residuals, and these along the truth, for each of the first outputs."""
    truths = columns_of(rows, f"{task}.truth")
    panels = []
    for truth_column in truths[:OUTPUTS]:
        suffix = truth_column.removeprefix(f"{task}.truth")
        truth, pred = rows[truth_column].to_numpy(), rows[f"{task}.pred{suffix}"].to_numpy()
        kept = np.isfinite(truth) & np.isfinite(pred)
        if kept.any():
            name = f"{task} {output_name(run, task, suffix[1:])}" if suffix else task
            unit = str(run.target(task).get("unit") or "")
            panels += [_scatter(name, truth[kept], pred[kept], unit), _residuals(name, truth[kept], pred[kept], unit)]
            panels += resolution_panels(name, truth[kept], pred[kept], unit)
            ends = [f"{task}.{end}{suffix}" for end in ("low", "high")]
            if all(end in rows.columns for end in ends):
                low, high = (rows[end].to_numpy() for end in ends)
                kept &= np.isfinite(low) & np.isfinite(high)
                panels += interval_panels(name, truth[kept], low[kept], high[kept], unit) if kept.any() else []
    return panels


def forecast_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """Three windows chosen by their error, and the error by step ahead, both of the first channel."""
    truth = rows.select(columns_of(rows, f"{task}.truth")).to_numpy()
    pred = rows.select(columns_of(rows, f"{task}.pred")).to_numpy()
    if not truth.size or truth.shape != pred.shape:
        return []
    horizon = horizon_of(run, task, truth.shape[1])
    unit = str(run.target(task).get("unit") or "")
    ends = [rows.select(columns_of(rows, f"{task}.{end}")).to_numpy() for end in ("low", "high")]
    truth, pred, ends = truth[:, :horizon], pred[:, :horizon], [end[:, :horizon] for end in ends]
    bounds = (ends[0], ends[1]) if all(end.shape == truth.shape for end in ends) else None
    panels = [_examples(task, truth, pred, unit, bounds), _error_by_step(task, truth, pred, unit)]
    return [*panels, coverage_by_step(task, truth, *bounds)] if bounds else panels


def horizon_of(run: Run, task: str, columns: int) -> int:
    """Steps ahead of a forecast of so many columns, its channels one after another: as the task says, else as the
    windows do, which hold the longest horizon of all tasks; all columns where that does not divide them."""
    horizon = int(run.options(task).get("horizon") or (run.data.get("windows") or {}).get("horizon") or 0)
    return horizon if horizon > 0 and columns % horizon == 0 else columns


def output_name(run: Run, task: str, number: str) -> str:
    """One of a task's outputs by name, where the folder names them, or by number."""
    named = run.target(task).get("outputs") or []
    return str(named[int(number)]) if int(number) < len(named) else number


def examples_of(truth: np.ndarray, pred: np.ndarray) -> list[int]:
    """Which windows are shown: by the rank of their mean squared error, so that nobody picked them."""
    order = np.argsort(np.mean((pred - truth) ** 2, axis=1), kind="stable")
    return [int(order[round(rank * (len(order) - 1))]) for rank, _ in EXAMPLES]


def columns_of(rows: polars.DataFrame, name: str) -> list[str]:
    """The column `name`, or its numbered parts `name.0`, `name.1`, ... in order."""
    if name in rows.columns:
        return [name]
    parts = [part for part in rows.columns if part.startswith(f"{name}.") and part.removeprefix(f"{name}.").isdigit()]
    return sorted(parts, key=lambda part: int(part.rpartition(".")[2]))


def _scatter(name: str, truth: np.ndarray, pred: np.ndarray, unit: str) -> Panel:
    stride = -(-truth.size // DRAWN)

    def paint(axes: Axes) -> None:
        ends = [truth.min(), truth.max()]
        axes.scatter(truth[::stride], pred[::stride], s=7, color=COLOURS[0], alpha=0.45, lw=0, rasterized=True)
        axes.plot(ends, ends, color=INK, lw=0.8, ls=":", label="exact")
        axes.axhline(truth.mean(), color=COLOURS[1], lw=1, ls="--", label="mean of the truth")
        axes.set(xlabel=_with_unit("truth", unit), title=_with_unit("prediction", unit))

    some = f", every {stride}th window" if stride > 1 else ""
    return draw(f"scatter-{name}", f"Prediction of {name} against the truth{some}; dotted: exact.", paint)


def _residuals(name: str, truth: np.ndarray, pred: np.ndarray, unit: str) -> Panel:
    residual = pred - truth
    # The outermost 1 % would set the scale and flatten the rest; it is counted in the outer bars.
    low, high = np.percentile(residual, [0.5, 99.5])
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    bars = int(np.clip(2 * np.sqrt(residual.size), 6, 40))

    def paint(axes: Axes) -> None:
        axes.hist(np.clip(residual, low, high), np.linspace(low, high, bars + 1).tolist(), color=COLOURS[0], alpha=0.75)
        axes.axvline(0, color=INK, lw=0.8, ls=":")
        bias = residual.mean()
        axes.axvline(bias, color=COLOURS[1], lw=1, ls="--", label=f"mean {number(float(bias)).text}")
        axes.set(xlabel=_with_unit("prediction − truth", unit), title="windows")

    return draw(f"residuals-{name}", f"Residuals of {name}; the outermost 1 % stand in the outer bars.", paint)


def _examples(
    task: str, truth: np.ndarray, pred: np.ndarray, unit: str, bounds: tuple[np.ndarray, np.ndarray] | None
) -> Panel:
    windows = examples_of(truth, pred)
    steps = np.arange(1, truth.shape[1] + 1)

    def paint(axes: list[Axes]) -> None:
        for row, window, (rank, word) in zip(axes, windows, EXAMPLES, strict=True):
            row.plot(steps, truth[window], color=INK, lw=1, label="truth")
            row.plot(steps, pred[window], color=COLOURS[1], lw=1.2, label="prediction")
            if bounds is not None:
                low, high = bounds[0][window], bounds[1][window]
                row.fill_between(steps, low, high, color=COLOURS[1], alpha=0.2, lw=0, label="90 % interval")
            row.set_title(f"{word}: {100 * rank:.0f} % of windows have less error", fontsize=8)
        whole_numbers(axes[-1])
        axes[-1].set_xlabel("step ahead")
        axes[1].set_ylabel(unit)

    caption = f"Three windows of {task}, chosen by the rank of their squared error, first channel."
    return draw_rows(f"examples-{task}", caption, len(EXAMPLES), paint, height=3.0)


def _error_by_step(task: str, truth: np.ndarray, pred: np.ndarray, unit: str) -> Panel:
    steps = np.arange(1, truth.shape[1] + 1)

    def paint(axes: Axes) -> None:
        axes.plot(steps, np.sqrt(np.mean((pred - truth) ** 2, axis=0)), color=colour(0), label="prediction")
        axes.plot(steps, truth.std(axis=0), color=COLOURS[1], lw=1, ls="--", label="mean of the truth")
        whole_numbers(axes)
        axes.set(xlabel="step ahead", title=_with_unit("RMSE", unit))
        axes.set_ylim(bottom=0)

    caption = f"Error of {task} by step ahead; dashed: what the mean of the truth would score, first channel."
    return draw(f"steps-{task}", caption, paint, height=3.0)


def _with_unit(text: str, unit: str) -> str:
    return f"{text}, {unit}" if unit else text
