"""Observations of the result: floors, answers, gaps and intervals."""

from __future__ import annotations

from collections.abc import Iterator

from polyhead.report.account.observation import Observation, among
from polyhead.report.figures.values import columns_of
from polyhead.report.numbers import number
from polyhead.report.run import Run
from polyhead.report.verdict import give_verdict, quoted

NAMED = 8  # classes that a sentence names
GAP = 0.2  # of skill: a fifth of the way from the floor to perfect that was learned of the training windows alone
COVERAGE = 0.9  # what the intervals are meant to hold
NEAR = 0.05  # of coverage: beyond, an interval misses half as often again as it says, or half as often
ANSWERS = ("classification", "ordinal", "binary")


def standings(run: Run) -> Iterator[Observation]:
    """Each task beside its floor on the judged split."""
    verdict = give_verdict(run)
    for task in verdict.tasks if verdict else ():
        yield Observation(task.outcome in ("beats", "above"), f"{task.sentence}.", "tasks")


def one_answer(run: Run) -> Iterator[Observation]:
    """Classes that a head never answers although they occur."""
    split = run.judged
    rows = run.predictions(split)
    for task in run.tasks if rows is not None else ():
        columns = [f"{task}.{part}" for part in ("mask", "truth", "pred")]
        kind = run.task(task).get("kind")
        if rows is None or kind not in ANSWERS or not set(columns) <= set(rows.columns):
            continue
        known = rows.filter(rows[columns[0]].cast(bool))
        there, said = (set(known[column].drop_nulls().to_list()) for column in columns[1:])
        never = sorted(map(str, there - said))
        if never and kind == "binary":
            word = {"0": "no", "1": "yes"}.get(never[0], never[0])
            yield Observation(
                False, f"{quoted(task)} never answers {word} on {split}, which occurs there.", "predictions"
            )
        elif never:
            what = (
                f"{quoted(task)} never answers {_listed(never)} on {split}: {len(never)} of {len(there)} classes there."
            )
            yield Observation(False, what, "predictions")


def unmarked(run: Run) -> Iterator[Observation]:
    """Tasks that mark no sample of any window although spans occur."""
    split = run.judged
    rows = run.predictions(split)
    for task in run.tasks if rows is not None else ():
        if rows is None or run.task(task).get("kind") != "span" or f"{task}.mask" not in rows.columns:
            continue
        known = rows.filter(rows[f"{task}.mask"].cast(bool))
        truth, pred = (known.select(columns_of(known, f"{task}.{part}")).to_numpy() for part in ("truth", "pred"))
        if truth.any() and pred.size and not pred.any():
            samples = f"{number(int(truth.sum()), 0).text} of {number(truth.size, 0).text} samples are marked there"
            yield Observation(False, f"{quoted(task)} marks no sample on {split}: {samples}.", "predictions")


def gaps(run: Run) -> Iterator[Observation]:
    """Skill on training against that on validation, both of the judged weights."""
    skills = []
    for task in run.tasks:
        train, val = (run.primary(split, task)[1].get("skill") for split in ("train", "val"))
        if train is not None and val is not None and train > 0:  # else nothing was learned that could be general
            skills.append((task, train, val))
    wide = [one for one in skills if one[1] - one[2] > GAP]
    for task, train, val in wide:
        what = f"{quoted(task)} has skill {_two(train)} on train and {_two(val)} on val: part of it is not general."
        yield Observation(False, what, "tasks")
    if skills and not wide:
        each = ", ".join(f"{quoted(task)} {_two(train)} / {_two(val)}" for task, train, val in skills)
        of = among(len(skills), len(run.tasks))
        what = f"Skill on train is no more than {GAP:g} above that on val for {of}: {each}."
        yield Observation(True, what, "tasks")


def intervals(run: Run) -> Iterator[Observation]:
    """How many truths the 90 % intervals hold."""
    for task in run.tasks:
        score = (run.metrics.get(run.judged or "") or {}).get(task, {}).get("coverage_90") or {}
        if score.get("value") is None:
            continue
        held = float(score["value"])
        what = f"The 90 % intervals of {quoted(task)} hold {number(100 * held, 1).text} % of {score.get('n')} truths."
        yield Observation(abs(held - COVERAGE) <= NEAR, what, "predictions")


def _two(value: float) -> str:
    return number(value, 2).text


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(quoted(name) for name in names[:NAMED]) + more
