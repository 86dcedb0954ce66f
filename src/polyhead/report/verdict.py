"""Which tasks beat their floor: said from metrics.json alone, worded here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from polyhead.report.numbers import decimals_of, interval_text, metric_label, number
from polyhead.report.run import Record, Run
from polyhead.scoring.standing import Standing, standing

OUTCOMES: dict[Standing, str] = {
    "beats": "beats its floor",
    "above": "above its floor, without an interval",
    "even": "not distinguishable from its floor",
    "below": "below its floor, without an interval",
    "worse": "worse than its floor",
    "undefined": "undefined",
}
SPELT_OUT = 3  # tasks without success up to which the headline holds their numbers
NO_ARTICLE = ("persistence", "all-positive", "chance")  # names of trivial predictors that read on their own


@dataclass(frozen=True)
class TaskVerdict:
    """One task's outcome on the judged split, with the sentence that carries its numbers."""

    task: str
    outcome: Standing
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The first line of the page, and what has to be known to read it."""

    split: str
    headline: str
    tasks: list[TaskVerdict]
    caveats: list[str]


def give_verdict(run: Run) -> Verdict | None:
    """The verdict on the judged split; None for a run that has no scores yet."""
    split = run.judged
    if split is None:
        return None
    tasks = [_task_verdict(run, split, task) for task in run.tasks]
    return Verdict(split, _headline(tasks, place(run, split)), tasks, _caveats(run, split, tasks))


def place(run: Run, split: str) -> str:
    """Where the judged windows come from, as the split allows to say it and no better."""
    made = run.data.get("split", {})
    if run.folds:
        return f"{_folded(run, made)}, pooled over {len(run.folds)} folds"
    return _whence(made, split)


def _folded(run: Run, made: Record) -> str:
    asked = str((run.config.get("data") or {}).get("split", {}).get("folds") or "")
    left_out = asked.removeprefix("leave-one-").removesuffix("-out") if asked.startswith("leave-one-") else ""
    if left_out and not made.get("shared_recordings"):
        return f"on each `{_plain(left_out)}` that training had never seen"
    return _whence(made, "test")


def _whence(made: Record, split: str) -> str:
    if split == "train":
        return "on the very windows that were trained on"
    if made.get("by") == "time":
        return "on later stretches of recordings that were trained on"
    if made.get("by") == "window" or made.get("shared_recordings"):
        return "on windows of recordings that were also trained on"
    if not made:
        return f"on the {split} split"
    if made.get("by") == "group" and made.get("note"):
        return f"on rows of {split} that were not trained on"
    return "on unseen recordings" if split == "test" else f"on the recordings of {split}"


def numbers_of(metric: str, score: Record) -> str:
    """A score in prose: `R² −0.04 [−0.21, 0.10] against 0.00 for the mean`."""
    value, floor, interval = score.get("value"), score.get("floor"), score.get("interval")
    decimals = decimals_of(value, floor, interval=interval)
    unit = f" {_plain(score['unit'])}" if score.get("unit") else ""
    parts = [_plain(metric_label(metric)), number(value, decimals).text + unit, interval_text(interval, decimals)]
    parts.append(f"against {number(floor, decimals).text}{unit}{_for(score.get('floor_predictor'))}")
    return " ".join(part for part in parts if part)


def unfinished_line(run: Run) -> str:
    """What stands where the verdict would: the run has no scores yet."""
    state = run.state
    at = f"epoch {state['epoch']} of {state['epochs']}" if state.get("epochs") is not None else ""
    if run.folds:
        done = sum(fold.state.get("status") == "finished" for fold in run.folds)
        at = f"{done} of the {len(run.folds)} folds begun {'is' if done == 1 else 'are'} finished"
    found = ", ".join(part for part in (f"status {state['status']}" if state.get("status") else "", at) if part)
    return f"This run is not finished{f' ({found})' if found else ''}: it has no scores, so there is no verdict."


def _task_verdict(run: Run, split: str, task: str) -> TaskVerdict:
    metric, score = run.primary(split, task)
    outcome = standing(score)
    if outcome != "undefined":
        verb = "" if outcome == "beats" else "is "
        return TaskVerdict(task, outcome, f"{quoted(task)} {verb}{OUTCOMES[outcome]}: {numbers_of(metric, score)}")
    reason = _plain(score.get("reason") or f"there is no score of it on {split}")
    if score.get("value") is not None and score.get("floor") is not None:
        found = f"{numbers_of(metric, score)} leaves nothing to judge"
    else:
        found = f"its {_plain(metric_label(metric)) or 'primary metric'} is undefined"
    return TaskVerdict(task, outcome, f"{quoted(task)} cannot be judged: {found} ({reason})")


def _headline(tasks: list[TaskVerdict], where: str) -> str:
    won = sum(task.outcome == "beats" for task in tasks)
    others = _others([task for task in tasks if task.outcome != "beats"])
    verb = "beats its floor" if won == 1 or not won else "beat their floor"
    if not tasks:
        return "There is no task to judge."
    if not won:
        start = f"{_none(tasks)} its floor {where}"
    elif not others:
        start = f"{'The only task' if won == 1 else f'All {won} tasks'} {verb} {where}"
    else:
        start = f"{won} of {len(tasks)} tasks {verb} {where}"
    return "; ".join([start, *others]) + "."


def _none(tasks: list[TaskVerdict]) -> str:
    """No task beats its floor, or, where one is above it without an interval, none is known to."""
    open_ = any(task.outcome == "above" for task in tasks)
    if len(tasks) == 1:
        return "The only task is not shown to beat" if open_ else "The only task does not beat"
    return f"None of {len(tasks)} tasks {'is shown to beat' if open_ else 'beats'}"


def _others(tasks: list[TaskVerdict]) -> list[str]:
    """Each task with its numbers; of more than a reader takes in at once only their names, by outcome."""
    if len(tasks) <= SPELT_OUT:
        return [task.sentence for task in tasks]
    words: dict[Standing, tuple[str, str]] = {
        "worse": ("is worse than its floor", "are worse than their floor"),
        "below": ("is below its floor, without an interval", "are below their floors, without intervals"),
        "even": ("is not distinguishable from its floor", "are not distinguishable from their floor"),
        "above": ("is above its floor, without an interval", "are above their floors, without intervals"),
        "undefined": ("cannot be judged", "cannot be judged"),
    }
    named = {outcome: [quoted(task.task) for task in tasks if task.outcome == outcome] for outcome in words}
    return [f"{', '.join(names)} {words[outcome][len(names) > 1]}" for outcome, names in named.items() if names]


def _caveats(run: Run, split: str, tasks: list[TaskVerdict]) -> list[str]:
    caveats = []
    if split != "test":
        caveats.append(f"There is no test split: this is {split}, which also chose the checkpoint, so it flatters.")
    if run.is_fold:
        caveats.append("This is one fold of several: the result is that of all of them, pooled, on the run's own page.")
    if (status := run.state.get("status")) not in (None, "finished", "evaluating"):
        caveats.append(f"The run's status is {_plain(status)}: these scores are of an earlier evaluation.")
    shared = run.data.get("split", {}).get("shared_recordings")
    if shared:
        stand = "recording stands" if shared == 1 else "recordings stand"
        caveats.append(f"{shared} {stand} on both sides of the split: the scores say nothing about a new recording.")
    bare = [task.task for task in tasks if task.outcome in ("above", "below")]
    if bare:
        caveats.append(f"Without an interval, so chance is not excluded: {', '.join(map(quoted, bare))}.")
    return caveats


def _for(predictor: str | None) -> str:
    if not predictor:
        return ""
    article = "" if predictor in NO_ARTICLE else "the "
    return f" for {article}{_plain(predictor)}"


def quoted(task: str) -> str:
    """A name as a sentence marks it."""
    return f"`{_plain(task)}`"


def _plain(text: object) -> str:
    # Backticks are how a sentence marks a name; one that came in from outside would mark the rest of it.
    return " ".join(str(text).replace("`", "'").split())
