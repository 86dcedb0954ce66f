"""Each label of a multi-label task on its own, scored as the yes or no that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from polyhead.report.data import Row, Table
from polyhead.report.figures.labels import label_names
from polyhead.report.figures.values import columns_of
from polyhead.report.numbers import Number, decimals_of, number
from polyhead.report.run import Run
from polyhead.scoring.board import score_task
from polyhead.scoring.metric import Score
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference

if TYPE_CHECKING:
    import polars

METRICS = ("auroc", "average_precision", "f1", "precision", "recall")
# The floors of these metrics, chance and always yes, follow from the judged windows: training has no part in them.
NOTHING_LEARNED = Reference("binary", 0, prior=(0.5, 0.5))


def label_scores(run: Run, task: str, rows: polars.DataFrame) -> Table | None:
    """How often each label occurs, how well its score ranks, and how well it is decided at its threshold."""
    names = label_names(run, task, rows)
    parts = {part: columns_of(rows, f"{task}.{part}") for part in ("truth", "pred", "score")}
    if not names or any(len(found) != len(names) for found in parts.values()):
        return None
    truth, pred, score = (rows.select(parts[part]).to_numpy() for part in ("truth", "pred", "score"))
    at = run.metrics.get("thresholds", {}).get(task)
    cuts = at if isinstance(at, list) and len(at) == len(names) else None
    columns = ["windows with it", "AUROC", "average precision", "its floor", "F1", "its floor", "precision", "recall"]
    lines = []
    for label, name in enumerate(names):
        scores = _scores(truth[:, label], pred[:, label], score[:, label])
        cells = [number(int(truth[:, label].sum()), 0), *_cells(scores)]
        lines.append(Row(name, [*cells, number(cuts[label], 3)] if cuts else cells))
    return Table(f"Each label of {task}", "label", [*columns, "threshold"] if cuts else columns, lines)


def _scores(truth: NDArray[np.int64], pred: NDArray[np.int64], score: NDArray[np.float64]) -> dict[str, Score]:
    every = np.ones(len(truth), dtype=bool)
    one = Prediction(truth.astype(np.int64), pred.astype(np.int64), every, np.arange(len(truth)), score=score)
    return score_task("binary", one, NOTHING_LEARNED, metrics=METRICS)


def _cells(scores: dict[str, Score]) -> list[Number]:
    shown = [(name, part) for name in METRICS for part in ("value", "floor")]
    kept = [pair for pair in shown if pair[1] == "value" or pair[0] in ("average_precision", "f1")]
    values = [getattr(scores[name], part) for name, part in kept]
    return [number(value, max(3, decimals_of(value))) if value is not None else number(None) for value in values]
