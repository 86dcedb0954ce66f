"""What each task had of the training: its weight, its share of the weighted loss and of the weighted gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyhead.report.data import Row, Table
from polyhead.report.numbers import Number, number
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True)
class Portion:
    """Of one task, (first, last) each: mean weight in the first and the last epoch; mean share, from 0 to 1, of the
    weighted loss; share of the weighted gradients at the backbone's output where they were sampled; and sigma, for
    balances that have one. None where it is not recorded."""

    task: str
    weight: tuple[float | None, float | None]
    loss: tuple[float | None, float | None]
    gradient: tuple[float | None, float | None]
    sigma: tuple[float | None, float | None]


def portions(run: Run) -> list[Portion]:
    """The portion of every task that the trace of steps knows."""
    steps = run.steps
    if steps is None or "epoch" not in steps.columns:
        return []
    tasks = [task for task in run.tasks if f"share.{task}" in steps.columns]
    losses, gradients = loss_shares(steps, tasks), gradient_shares(steps, tasks)
    rows = run.trace("uncertainty_params")
    return [
        Portion(
            task,
            _ends(steps, f"weight.{task}"),
            _ends(losses, task),
            _ends(gradients, task),
            (None, None) if rows is None else _ends(rows, f"sigma_{task}"),
        )
        for task in tasks
    ]


def loss_shares(steps: polars.DataFrame, tasks: Sequence[str]) -> polars.DataFrame:
    """`step`, `epoch` and, under each task's name, its share of the weighted loss, at the steps where every weighted
    loss was finite and none below 0: of a likelihood that is, there are no shares."""
    import polars as pl

    shares = steps.select("step", "epoch", *(pl.col(f"share.{task}").alias(task) for task in tasks))
    return shares.filter(pl.all_horizontal(pl.col(task).is_between(0, 1) for task in tasks)) if tasks else shares


def gradient_shares(steps: polars.DataFrame, tasks: Sequence[str]) -> polars.DataFrame:
    """`step`, `epoch` and, under each task's name, its weighted gradient norm over the sum of all tasks', at the steps
    where the gradients at the backbone's output were sampled."""
    import polars as pl

    known = [task for task in tasks if {f"grad_norm.{task}", f"weight.{task}"} <= set(steps.columns)]
    if not known:
        return pl.DataFrame({"step": [], "epoch": []})
    norms = [(pl.col(f"grad_norm.{task}") * pl.col(f"weight.{task}").abs()).alias(task) for task in known]
    sampled = steps.filter(pl.any_horizontal(pl.col(f"grad_norm.{task}").is_not_null() for task in known))
    weighted = sampled.select("step", "epoch", *norms)
    total = pl.sum_horizontal(*known)
    return weighted.with_columns(pl.when(total > 0).then(pl.col(task) / total).alias(task) for task in known)


def portion_table(found: Sequence[Portion]) -> Table | None:
    """Weight, share of the loss and share of the gradient of each task, in the first epoch and in the last."""
    if not found:
        return None
    sigmas = any(value is not None for one in found for value in one.sigma)
    columns = ["weight, first epoch", "last", "% of the loss, first", "last", "% of the gradient, first", "last"]
    rows = []
    for one in found:
        cells = [*_cells(one.weight), *_percents(one.loss), *_percents(one.gradient)]
        rows.append(Row(one.task, [*cells, *_cells(one.sigma)] if sigmas else cells))
    return Table(
        "Weight, share of the loss and share of the gradient",
        "task",
        [*columns, "sigma, first", "last"] if sigmas else columns,
        rows,
    )


def _ends(rows: polars.DataFrame, column: str) -> tuple[float | None, float | None]:
    """The mean of a column over the first and over the last epoch that has values of it."""
    if column not in rows.columns or "epoch" not in rows.columns:
        return None, None
    known = rows.select("epoch", column).drop_nulls()
    known = known.filter(known[column].is_finite())
    if not known.height:
        return None, None
    ends = (known["epoch"].min(), known["epoch"].max())
    first, last = (known.filter(known["epoch"] == end)[column].to_list() for end in ends)
    return sum(first) / len(first), sum(last) / len(last)


def _cells(values: tuple[float | None, float | None]) -> list[Number]:
    return [number(value) for value in values]


def _percents(values: tuple[float | None, float | None]) -> list[Number]:
    return [number(None if value is None else 100 * value, 1) for value in values]
