"""Runs that differ in their seed alone: mean and standard deviation of their scores."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from polyhead.report.comparison.runs import Compared

INDIFFERENT = ("seed", "track")  # keys that no result of a configuration hangs on, but for chance


def repetitions(runs: Sequence[Compared], tasks: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Groups of two runs or more with one configuration and several seeds, with mean and sd of each task's scores.

    Of several runs with one seed the first that has scores counts. The sd is that of a sample (n - 1). A run without
    a score of a task is left out of it.
    """
    groups = [[_counted(same) for same in seeds] for seeds in _grouped(runs)]
    return [
        {
            "runs": [run.letter for run in group],
            "seeds": [run.seed for run in group],
            "tasks": {task: made for task in tasks if (made := _spread([tasks[task][run.letter] for run in group]))},
        }
        for group in groups
        if len(group) > 1
    ]


def copies(runs: Sequence[Compared]) -> list[list[Compared]]:
    """Runs with one configuration and one seed, where there are two or more."""
    return [same for seeds in _grouped(runs) for same in seeds if len(same) > 1]


def _grouped(runs: Sequence[Compared]) -> list[list[list[Compared]]]:
    """The runs of each configuration, and among them those of each seed, in the order of the runs."""
    groups: dict[str, dict[int | None, list[Compared]]] = {}
    for run in runs:
        same = {key: value for key, value in run.config.items() if key not in INDIFFERENT}
        seeds = groups.setdefault(json.dumps([same, _data(run)], sort_keys=True, default=str), {})
        seeds.setdefault(run.seed, []).append(run)
    return [list(seeds.values()) for seeds in groups.values()]


def _counted(same: Sequence[Compared]) -> Compared:
    return next((run for run in same if run.run.judged), same[0])


def _data(run: Compared) -> str | None:
    # Simulated recordings follow the seed; then the same configuration is still a repetition.
    generated = not (run.config.get("data") or {}).get("path")
    return None if generated else (run.run.data.get("fingerprint") or {}).get("data")


def _spread(scores: Sequence[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    known = [score for score in scores if score and score["value"] is not None]
    if len(known) < 2 or len({score["metric"] for score in known}) > 1:
        return None
    made: dict[str, Any] = {"metric": known[0]["metric"], "unit": known[0]["unit"], "n": len(known)}
    for part in ("value", "skill"):
        values = [score[part] for score in known if score[part] is not None]
        made[part] = {
            "mean": statistics.fmean(values) if values else None,
            "sd": statistics.stdev(values) if len(values) > 1 else None,
        }
    return made
