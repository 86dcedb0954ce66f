"""Tables of metrics for tests: typed as text and read as a file, and scores of a run changed."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.metric_table import read_metric_table


def table(text: str, suffix: str = ".csv") -> Case:
    """The case of a table as typed; its first line is the header, unless it is JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()), encoding="utf-8")
        return read_metric_table(path)


def long(**tasks: dict[str, object]) -> Case:
    """A table of columns task, metric, value from {task: {metric: value}}; numbers as they print."""
    rows = [f"{task},{metric},{value}" for task, metrics in tasks.items() for metric, value in metrics.items()]
    return table("\n".join(["task,metric,value", *rows]))


def scored(case: Case, split: str, task: str, **values: float) -> Case:
    """The case with other values of some metrics."""
    own = case.metrics[split][task]
    changed = {name: replace(own[name], value=value) for name, value in values.items()}
    return replace(case, metrics={**case.metrics, split: {**case.metrics[split], task: {**own, **changed}}})


def predicting(case: Case, split: str, task: str, **arrays: object) -> Case:
    """The case with other predictions: truth, pred, score or recording of one task on one split."""
    changed = replace(case.predictions[split][task], **arrays)
    return replace(case, predictions={**case.predictions, split: {**case.predictions[split], task: changed}})
