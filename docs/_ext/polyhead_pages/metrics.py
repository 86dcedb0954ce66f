"""The metrics of each kind of task with direction, best value and floor, off the tables that score a run."""

from __future__ import annotations

from polyhead.scoring.board import KINDS
from polyhead.scoring.kind import Measure
from polyhead_pages.prose import prose, sentence

UNITS = {"": "–", "target": "the target's", "target^2": "the target's, squared"}


def page(kind: str) -> str:
    """The table of one kind's metrics, the primary one first."""
    rows = ["| metric | better | best | unit | floor | meaning |", "|---|---|---|---|---|---|"]
    return "\n".join([*rows, *(_row(measure) for measure in KINDS[kind].measures)])


def trivial_page(kind: str) -> str:
    """What the trivial predictors of a kind are."""
    return f"Trivial predictors: {prose(KINDS[kind].trivial.__doc__)}"


def _row(measure: Measure) -> str:
    metric = measure.metric
    best = "–" if metric.best is None else f"{metric.best:g}"
    remark = " On request." if measure.on_request else ""
    remark += f" Where predictions carry {' and '.join(measure.needs)}." if measure.needs else ""
    floor = ", ".join(measure.trivial) or "–"
    meaning = sentence(measure.compute.__doc__) or "The mean over labels of the metric of `binary`."
    return (
        f"| `{metric.name}` | {metric.direction or '–'} | {best} | {UNITS[metric.unit]} | {floor} | {meaning}{remark} |"
    )
