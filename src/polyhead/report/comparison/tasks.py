"""The tasks of several runs side by side: their primary scores, how far each is from the first run, and which is best
beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polyhead.report.comparison.pairs import Resampled, difference, resample
from polyhead.report.comparison.runs import Compared
from polyhead.report.run import Record

KEPT = ("value", "interval", "floor", "floor_predictor", "skill", "n", "unit", "reason", "direction")


def compare_tasks(runs: Sequence[Compared]) -> dict[str, dict[str, Any]]:
    """{task: {run's letter: score}} of the judged split, in the order of the configurations.

    A score is that of metrics.json, with `difference` from the first run that has the task, paired where both judged
    the same windows, and `best` where it is ahead of every other one by more than chance; None where the run does not
    judge the task.
    """
    names = dict.fromkeys(task for run in runs for task in run.run.tasks if run.run.judged)
    return {task: _compare(task, runs) for task in names}


def common(tasks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Tasks of which two runs or more have a score."""
    return [task for task, scores in tasks.items() if sum(score is not None for score in scores.values()) > 1]


def _compare(task: str, runs: Sequence[Compared]) -> dict[str, Any]:
    scores = {run.letter: _score(run, task) for run in runs}
    judged = [run for run in runs if scores[run.letter]]
    drawn = {run.letter: _drawn(run, task) for run in judged}
    first = next(iter(drawn), None)
    for letter, score in scores.items():
        if score is not None and first is not None and letter != first:
            score["difference"] = {"from": first, **paired(drawn[letter], drawn[first])}
    labels = {str(found) for run in judged if (found := run.run.target(task).get("classes"))}
    tested_on = {run.letter: _tested_on(run, task) for run in runs}
    ahead = best_of(scores, drawn, tested_on) if len(labels) < 2 else None
    for letter, score in scores.items():
        if score is not None:
            score["best"] = letter == ahead
    return scores


def _tested_on(run: Compared, task: str) -> str | None:
    data, labels = (run.run.data.get("fingerprint") or {}).get("data"), run.run.target(task).get("classes")
    return f"{data}, {len(run.run.folds)} folds, labels {labels}" if data else None


def _score(run: Compared, task: str) -> dict[str, Any] | None:
    split = run.run.judged
    metric, score = run.run.primary(split, task)
    if not score:
        return None
    return {"split": split, "metric": metric, **{key: score.get(key) for key in KEPT}, "difference": None}


def _drawn(run: Compared, task: str) -> Resampled | str:
    assert run.run.judged is not None
    return resample(run.run, run.run.judged, task)


def paired(one: Resampled | str, first: Resampled | str) -> Record:
    """The paired difference, or an empty one with the reason."""
    for each in (one, first):
        if isinstance(each, str):
            return {"value": None, "interval": None, "reason": each}
    assert not isinstance(one, str)
    assert not isinstance(first, str)
    return difference(one, first)


def best_of(scores: Record, drawn: Record, tested_on: Record) -> str | None:
    """The run whose score is ahead of all others by more than chance: the interval of the paired difference leaves 0
    out, or, where the windows are not the same but the data are, the two intervals do not overlap. None where there is
    no such run. `tested_on` tells of each run what it was tested on, None where that is not known."""
    known = {letter: score for letter, score in scores.items() if score and score["value"] is not None}
    alike = {(score["split"], score["metric"], score["unit"]) for score in known.values()}
    directions = {score["direction"] for score in known.values()}
    if len(known) < 2 or len(alike) > 1 or not directions <= {"lower", "higher"}:
        return None
    sign = -1.0 if directions == {"lower"} else 1.0
    ahead = max(known, key=lambda letter: sign * known[letter]["value"])
    for other in (letter for letter in known if letter != ahead):
        span = paired(drawn[ahead], drawn[other])["interval"]
        parted = span is not None and min(sign * end for end in span) > 0
        if span is None and tested_on[ahead] == tested_on[other] is not None:
            parted = _parted(known[ahead]["interval"], known[other]["interval"], sign)
        if not parted:
            return None
    return ahead


def _parted(ahead: Sequence[float] | None, other: Sequence[float] | None, sign: float) -> bool:
    """Whether one interval lies wholly on the better side of the other."""
    return bool(ahead and other and min(sign * end for end in ahead) > max(sign * end for end in other))
