"""Runs side by side: what differs in their configurations first, then what forbids to compare, scores and cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from polyhead.report.comparison.cautions import Caution, cautions
from polyhead.report.comparison.config import Difference, differences
from polyhead.report.comparison.repetitions import repetitions
from polyhead.report.comparison.runs import Compared, Resolve, read_compared
from polyhead.report.comparison.tasks import compare_tasks


@dataclass(frozen=True)
class Comparison:
    """Everything that is said of several runs. `tasks` as in `compare_tasks`, `repetitions` as in `repetitions`."""

    runs: list[Compared]
    differences: list[Difference]
    cautions: list[Caution]
    tasks: dict[str, dict[str, Any]]
    repetitions: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON holds it."""
        return {
            "runs": {run.letter: described(run) for run in self.runs},
            "differences": {one.key: one.values for one in self.differences},
            "cautions": [asdict(caution) for caution in self.cautions],
            "tasks": self.tasks,
            "repetitions": self.repetitions,
        }


def compare_runs(paths: Sequence[Path], resolve: Resolve) -> Comparison:
    """Read and compare run folders, finished or not; `resolve` fills in the defaults of a configuration file.

    Raises InputError where there are fewer than two, one is no run, or a file of one cannot be read.
    """
    runs = read_compared(paths, resolve)
    tasks = compare_tasks(runs)
    return Comparison(runs, differences(runs), cautions(runs, tasks), tasks, repetitions(runs, tasks))


def described(run: Compared) -> dict[str, Any]:
    """What a run is, what it cost and what it was for."""
    read, state = run.run, run.run.state
    folds = [fold.state["seconds"] for fold in read.folds if fold.state.get("seconds") is not None]
    told = read.config
    return {
        "run": str(read.path),
        "name": read.name,
        "stamp": read.stamp,
        "status": state.get("status"),
        "split": read.judged,
        "seed": run.seed,
        "epochs": state.get("epoch"),
        "of_epochs": state.get("epochs"),
        "best_epoch": (state.get("best") or {}).get("epoch"),
        "stopped_by": state.get("stopped_by"),
        "seconds": state.get("seconds", sum(folds) if folds else None),
        "parameters": (read.metadata.get("parameters") or {}).get("total"),
        "folds": len(read.folds),
        "hypothesis": str(told.get("hypothesis") or ""),
        "notes": str(told.get("notes") or ""),
        "tags": [str(tag) for tag in told.get("tags") or []],
    }
