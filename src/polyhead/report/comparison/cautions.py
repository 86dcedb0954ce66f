"""What has to be known before two scores are held against each other: why they cannot be, or only with care."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from polyhead.report.comparison.pairs import OTHER_WINDOWS
from polyhead.report.comparison.repetitions import copies
from polyhead.report.comparison.runs import Compared
from polyhead.report.comparison.tasks import common
from polyhead.report.numbers import metric_label
from polyhead.report.verdict import quoted

Weight = Literal["invalid", "weak"]
Tasks = Mapping[str, Mapping[str, Any]]
"""Scores by task and letter, as compare_tasks has them."""


@dataclass(frozen=True)
class Caution:
    """A reason not to compare, or to do so with care, of all tasks or of one; names stand between backticks."""

    weight: Weight
    text: str
    task: str = ""


def cautions(runs: Sequence[Compared], tasks: Tasks) -> list[Caution]:
    """Reasons that make the comparison invalid first, then those that weaken it."""
    shared = {task: tasks[task] for task in common(tasks)}
    found = [
        *_nothing_shared(runs, shared),
        *_data(runs, shared),
        *_judged(runs),
        *(_tasks(runs, tasks) if shared else ()),
        *_counts(tasks),
        *_unfinished(runs),
        *_copied(runs),
        *_versions(runs),
        *_many(runs, tasks),
    ]
    return sorted(found, key=lambda one: one.weight != "invalid")


def _nothing_shared(runs: Sequence[Compared], shared: Tasks) -> Iterator[Caution]:
    if not shared and sum(run.run.judged is not None for run in runs) > 1:
        yield Caution("invalid", "no task in common")


def _data(runs: Sequence[Compared], shared: Tasks) -> Iterator[Caution]:
    sharing = [run for run in runs if any(scores[run.letter] for scores in shared.values())]
    if of_data := _apart(sharing, lambda run: _print(run, "data")):
        yield _other_data(of_data, shared)
    elif (of_split := _apart(runs, lambda run: _print(run, "split"))) and not any(run.run.folds for run in runs):
        yield Caution(
            "weak",
            f"The splits differ ({of_split}): each run is judged on recordings of its own, and some draws are easier.",
        )
    if silent := [run.letter for run in runs if not run.run.data.get("fingerprint")]:
        yield Caution(
            "weak", f"{', '.join(silent)}: data.json is missing, so nothing says whether the data are the same."
        )
    if of_folds := _apart(runs, lambda run: f"{len(run.run.folds)} folds" if run.run.folds else "one split"):
        yield Caution(
            "invalid", f"Not cut in the same way ({of_folds}): pooled folds and one test split are two tests."
        )


def _other_data(of_data: str, shared: Tasks) -> Caution:
    """How much it matters that the data are not the same: not much where every task has the same windows."""
    reasons = {
        task: {
            score["difference"]["reason"]
            for score in scores.values()
            if score and score["difference"] and score["difference"]["value"] is None
        }
        for task, scores in shared.items()
    }
    differ = [task for task, found in reasons.items() if OTHER_WINDOWS in found]
    unknown = [task for task, found in reasons.items() if found and task not in differ]
    told = [f"nor are the windows on which {_judged_on(differ)}"] * bool(differ)
    told += [f"and nothing says whether the windows are on which {_judged_on(unknown)}"] * bool(unknown)
    if told:
        return Caution(
            "invalid",
            f"The data are not the same ({of_data}), {', '.join(told)}: scores say as much of the data as of the runs.",
        )
    return Caution(
        "weak",
        f"The data are not the same ({of_data}), but the judged windows and their truth are: what differs is the"
        " inputs, other targets, or how windows were cut.",
    )


def _judged_on(tasks: Sequence[str]) -> str:
    return f"{', '.join(map(quoted, tasks))} {'is' if len(tasks) == 1 else 'are'} judged"


def _judged(runs: Sequence[Compared]) -> Iterator[Caution]:
    if of_split := _apart([run for run in runs if run.run.judged], lambda run: str(run.run.judged)):
        yield Caution("invalid", f"Not judged on the same split ({of_split}).")
    if chosen := [run.letter for run in runs if run.run.judged == "val"]:
        yield Caution("weak", f"{', '.join(chosen)}: judged on validation, which also chose the checkpoint.")
    kept = {str(run.config.get("data", {}).get("split", {}).get("by", "")) for run in runs}
    for column in sorted(kept - {"", "group", "time", "window"}):
        yield Caution(
            "weak",
            f"The split keeps each {quoted(column)} whole, which the saved predictions do not name: intervals of"
            " differences resample recordings, and may be too narrow.",
        )


def _tasks(runs: Sequence[Compared], tasks: Tasks) -> Iterator[Caution]:
    for task, scores in tasks.items():
        known = {letter: score for letter, score in scores.items() if score}
        if missing := [run.letter for run in runs if run.run.judged and run.letter not in known]:
            yield Caution("weak", f"{quoted(task)} has no score in {', '.join(missing)}.", task)
        if _grouped({run.letter: str(labels) for run in runs if scores[run.letter] and (labels := _labels(run, task))}):
            yield Caution("invalid", f"The labels of {quoted(task)} are not the same in all runs.", task)
        if of_metric := _grouped({letter: metric_label(score["metric"]) for letter, score in known.items()}):
            yield Caution("invalid", f"{quoted(task)} is judged by different metrics ({of_metric}).", task)
        if of_unit := _grouped({letter: score["unit"] or "no unit" for letter, score in known.items()}):
            yield Caution("invalid", f"{quoted(task)} is scored in different units ({of_unit}).", task)


def _labels(run: Compared, task: str) -> Any:
    return run.run.target(task).get("classes")


def _counts(tasks: Tasks) -> Iterator[Caution]:
    each = {
        task: _grouped({letter: str(score["n"]) for letter, score in scores.items() if score})
        for task, scores in tasks.items()
    }
    if counts := ", ".join(f"{quoted(task)} ({of_n})" for task, of_n in each.items() if of_n):
        yield Caution("weak", f"Judged on different numbers of windows: {counts}.")


def _unfinished(runs: Sequence[Compared]) -> Iterator[Caution]:
    for run in runs:
        status = run.run.state.get("status")
        if not run.run.judged:
            yield Caution("invalid", f"{run.letter} has no scores yet (status {status or 'unknown'}).")
        elif status not in (None, "finished"):
            yield Caution(
                "weak", f"{run.letter} is not finished (status {status}): its scores may be of an older state."
            )


def _copied(runs: Sequence[Compared]) -> Iterator[Caution]:
    for same in copies(runs):
        *others, last = [run.letter for run in same]
        yield Caution(
            "weak",
            f"runs {', '.join(others)} and {last} are the same configuration with the same seed; counted once",
        )


def _versions(runs: Sequence[Compared]) -> Iterator[Caution]:
    for package in ("polyhead", "torch"):
        packages = {run.letter: run.run.environment.get("packages") or {} for run in runs}
        known = {letter: str(each[package]) for letter, each in packages.items() if package in each}
        if of_version := _grouped(known):
            yield Caution("weak", f"Different versions of {package} ({of_version}).")
    if of_device := _apart(runs, lambda run: run.run.environment.get("device")):
        yield Caution("weak", f"Trained on different devices ({of_device}): seconds do not compare.")


def _many(runs: Sequence[Compared], tasks: Tasks) -> Iterator[Caution]:
    drawn = sum(bool((score or {}).get("difference") or {}) for scores in tasks.values() for score in scores.values())
    if drawn >= 10:
        yield Caution(
            "weak", f"{drawn} differences are shown: of so many, chance alone sets some apart from 0 at 95 % each."
        )


def _print(run: Compared, of: str) -> str | None:
    found = (run.run.data.get("fingerprint") or {}).get(of)
    return None if found is None else str(found).removeprefix("sha256:")[:8]


def _apart(runs: Sequence[Compared], of: Callable[[Compared], str | None]) -> str:
    return _grouped({run.letter: value for run in runs if (value := of(run)) is not None})


def _grouped(values: Mapping[str, str]) -> str:
    """Runs by their value, `A, B: 12 windows; C: 10 windows`; empty where all have the same."""
    groups: dict[str, list[str]] = {}
    for letter, value in values.items():
        groups.setdefault(value, []).append(letter)
    return "; ".join(f"{', '.join(each)}: {value}" for value, each in groups.items()) if len(groups) > 1 else ""
