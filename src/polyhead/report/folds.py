"""The folds of a run: each one's own test scores beside the pooled ones, and how large each is."""

from __future__ import annotations

from polyhead.report.data import Row, Table
from polyhead.report.numbers import Number, decimals_of, metric_label, number
from polyhead.report.run import Record, Run
from polyhead.report.tables import PartRow, PartTable, row_of, titled
from polyhead.report.verdict import quoted
from polyhead.trace.folder import SPLITS

RANKING = ("auroc", "average_precision", "macro_auroc")  # metrics that compare the scores of windows with each other


def fold_tables(run: Run, split: str) -> list[PartTable]:
    """The primary metric of each task on the test set of each fold, and of all folds pooled where they are."""
    tables = []
    for task in run.tasks:
        rows = [
            PartRow(name, row_of(fold, task, *fold.primary(split, task), split=split), page=page_of(fold))
            for name, fold in zip(run.fold_names, run.folds, strict=True)
        ]
        pooled = run.primary(split, task)
        if pooled[1]:
            rows.append(PartRow("pooled", row_of(run, task, *pooled, split=split), whole=True))
        if rows:
            tables.append(PartTable(titled(task, "by fold", rows[-1].score), "fold", rows))
    return tables


def fold_notes(run: Run, split: str) -> list[str]:
    """Where the pooled value lies outside what the single folds reach, and what that means."""
    notes = []
    for task in run.tasks:
        metric, score = run.primary(split, task)
        each = [fold.primary(split, task)[1].get("value") for fold in run.folds]
        known, value = [one for one in each if one is not None], score.get("value")
        if value is None or not known or min(known) <= value <= max(known):
            continue
        decimals = decimals_of(value, min(known), max(known))
        low, high, at = (number(one, decimals).text for one in (min(known), max(known), value))
        side = "below" if value < min(known) else "above"
        why = (
            "the scores of different networks do not stand on one scale, and pooled they are compared with each other"
            if metric in RANKING
            else "the folds differ in their mix of windows, and a metric of all windows is no mean over folds"
        )
        notes.append(
            f"{quoted(task)}: pooled {metric_label(metric)} {at} lies {side} every fold ({low} to {high}): {why}."
        )
    return notes


def page_of(fold: Run) -> str:
    """Where the page of a fold lies, from the page of the whole."""
    return f"folds/{fold.path.name}/report.html"


def fold_table(run: Run) -> Table | None:
    """Windows and recordings per split of each fold."""
    splits = [fold.data.get("split") or {} for fold in run.folds]
    names = [name for name in SPLITS if any(name in (split.get("windows") or {}) for split in splits)]
    if not names:
        return None
    columns = [f"{what}, {name}" for what in ("windows", "recordings") for name in names]
    rows = [Row(name, _sizes(split, names)) for name, split in zip(run.fold_names, splits, strict=True)]
    return Table("Windows and recordings of each fold", "fold", columns, rows)


def _sizes(split: Record, names: list[str]) -> list[Number]:
    windows, recordings = split.get("windows") or {}, split.get("recordings") or {}
    held = [len(recordings[name]) if name in recordings else None for name in names]
    return [number(count, 0) for count in [*(windows.get(name) for name in names), *held]]
