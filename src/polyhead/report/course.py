"""How the numbers went from the first epoch to the judged one, and the losses at a few epochs between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyhead.report.data import Row, Table
from polyhead.report.numbers import decimals_of, metric_label, number
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars

SHOWN = 5  # epochs in the table of losses, the judged one beside them

FOLLOWED = {"span": ("precision", "recall", "span_f1_50", "separation")}
"""Metrics that are followed beside the primary one, by kind: of a rare mark no single number tells enough."""

Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Course:
    """The record of epochs at the `first` one and at the judged one, numbered `best`; empty where there is no row."""

    best: int
    first: Values
    judged: Values

    def of(self, column: str) -> tuple[float | None, float | None]:
        """A column at the first epoch and at the judged one."""
        return self.first.get(column), self.judged.get(column)


def course(run: Run, table: str = "epoch_metrics", phase: str = "") -> Course | None:
    """The first and the judged row of a table of epochs, of one phase where it has several; None without either."""
    rows, best = _rows(run, table, phase), (run.state.get("best") or {}).get("epoch")
    if rows is None or best is None:
        return None
    each = {int(row["epoch"]): row for row in rows.to_dicts() if row.get("epoch") is not None}
    return Course(int(best), each.get(1, {}), each.get(int(best), {}))


def gain(first: float | None, last: float | None, direction: str | None) -> float | None:
    """By how much a value got better; None where one is missing or no way is better."""
    if first is None or last is None or direction not in ("higher", "lower"):
        return None
    return last - first if direction == "higher" else first - last


def key_numbers(run: Run) -> Table | None:
    """The losses, the skill and the primary metric of each task, of spans some more, on validation: first epoch, judged
    epoch, change."""
    found = course(run)
    if found is None or not found.first:
        return None
    rows = [_row(label, *values, direction, floor) for label, values, direction, floor in _followed(run, found)]
    columns = ["epoch 1", f"epoch {found.best}", "better by", "better by, %", "floor"]
    return Table("Key numbers, of tasks on validation", "", columns, rows)


def loss_tables(run: Run) -> list[Table]:
    """Each task's own loss at a few epochs, the judged one among them, over the least loss that one constant output
    reaches on the training set: for validation and for training."""
    tables = []
    best = (run.state.get("best") or {}).get("epoch")
    for phase, title in (("val", "Validation loss"), ("train", "Training loss")):
        rows = _rows(run, "loss_components", phase)
        tasks = [task for task in run.tasks if rows is not None and f"loss_{task}" in rows.columns]
        if rows is None or not tasks:
            continue
        columns = [f"loss_{task}" for task in tasks] + ["total_loss"]
        decimals = [decimals_of(*[value for value in rows[column] if value is not None]) for column in columns]
        kept = _few(rows, best)
        lines = [
            Row(_epoch(row, best), [number(row[c], d) for c, d in zip(columns, decimals, strict=True)]) for row in kept
        ]
        floors = [run.task(task).get("floor_loss") for task in tasks]
        if any(floor is not None for floor in floors):
            cells = [number(floor, d) for floor, d in zip([*floors, None], decimals, strict=True)]
            lines.append(Row("best constant output", cells))
        tables.append(Table(title, "epoch", [*tasks, "all, weighted"], lines))
    return tables


def _rows(run: Run, table: str, phase: str) -> polars.DataFrame | None:
    rows = run.trace(table)
    if rows is None or "epoch" not in rows.columns:
        return None
    rows = rows.filter(rows["phase"] == phase) if phase and "phase" in rows.columns else rows
    return rows if rows.height else None


def _followed(
    run: Run, found: Course
) -> Iterator[tuple[str, tuple[float | None, float | None], str | None, float | None]]:
    """Label, first and judged value, direction and floor of each row."""
    yield "training loss, all tasks", found.of("train_loss"), "lower", None
    yield "validation loss, all tasks", found.of("val_loss"), "lower", None
    yield "skill, mean over tasks", found.of("val_skill"), "higher", 0.0
    for task in run.tasks:
        metric, score = run.primary("val", task)
        scores = (run.metrics.get("val") or {}).get(task) or {}
        also = [name for name in FOLLOWED.get(str(run.task(task).get("kind")), ()) if name in scores]
        for name, one in [(metric, score), *((name, scores[name]) for name in also)] if metric else ():
            first, judged = found.of(f"{task}_{name}")
            unit = f", {one['unit']}" if one.get("unit") else ""
            values = first, one.get("value", judged)
            yield f"{task}: {metric_label(name)}{unit}", values, one.get("direction"), one.get("floor")


def _row(label: str, first: float | None, last: float | None, direction: str | None, floor: float | None) -> Row:
    better = gain(first, last, direction)
    share = None
    # Of what can only fall to 0 a share says something; a score that began near 0 is any multiple of that.
    if better is not None and direction == "lower" and first and last is not None and min(first, last) >= 0:
        share = 100 * better / first
    decimals = decimals_of(first, last)
    cells = [number(first, decimals), number(last, decimals), number(better, decimals), number(share, 1)]
    return Row(label, [*cells, number(floor, decimals)])


def _few(rows: polars.DataFrame, best: int | None) -> list[dict[str, float | None]]:
    """Evenly spaced rows, the first, the last and the judged one among them."""
    last = rows.height - 1
    chosen = {round(at * last / (SHOWN - 1)) for at in range(SHOWN)}
    chosen |= {at for at, epoch in enumerate(rows["epoch"]) if best is not None and epoch == best}
    return rows[sorted(chosen)].to_dicts()


def _epoch(row: Mapping[str, float | None], best: int | None) -> str:
    epoch = int(row["epoch"] or 0)
    return f"{epoch}, judged" if epoch == best else str(epoch)
