"""Worse than a trivial predictor.

What it finds
    A task whose primary metric is no better than the best predictor that never looks at the input.

Why it matters
    The mean of the training set has R2 0, a coin of the right bias some F1, a random score AUROC 1/2. A head at or
    below that adds nothing, whatever its loss did, and what it sends back into the backbone is noise to other tasks.

Evidence
    skill = (metric - floor) / (perfect - floor) on the judged split, with its 95 % interval where there is one. The
    floor of macro F1 is the larger of two: the majority class, and guessing each class c with its share of training
    q. Of windows with shares p, guesses hit a share p q of class c, while p occur and q are guessed, so its F1 is
    2pq / (p + q) and macro F1 the mean of that over the classes; 1/K where p = q. Of yes or no and of classes the log
    loss beside that of the base rate; of a countdown what one number for all samples scores, beside what the sample's
    place in the window alone tells.

Remedy
    Look at what findings on labels, scale and balance say first; then give the task more of the step, or leave it out.

When it can be wrong
    Early in a run, before 30 % of the epochs, and with few recordings. Some tasks cannot be told from the input at all.

Example
    A forecast with MSE 1.452 of an input of variance 1 has R2 = 1 - 1.452 = -.45: predicting 0 throughout would be
    better by .45.

References
    deepchecks SimpleModelComparison; Evidently's dummy models. Opitz and Burst, arXiv:1911.03347, on macro F1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import Span, metric_sets
from polyhead.diagnosis.pooled import known_of, shares

EARLY = 0.3
"""Before this share of the epochs a task may still be below its floor in a healthy run."""
LEARNED = 0.1
"""Share of the way from one number to the place alone from which a head has learned the place."""
FLOORS: dict[str, tuple[float | None, str]] = {
    "r2": (0.0, "mean"),
    "auroc": (0.5, "chance"),
    "macro_auroc": (0.5, "chance"),
}
"""Floors that need no data, for logs that name none; all of metrics whose best is 1."""


@dataclass(frozen=True)
class Standing:
    """Where a task's metric stands; `interval` is of the skill, `progress` the share of epochs done, None unknown.
    `loss` is its log loss, the least of predictors that never look, and which that is; `constant` what the one best
    number for all samples of a countdown scores, None for other kinds."""

    task: str
    split: str
    metric: str
    value: float
    floor: float
    predictor: str
    skill: float
    interval: Span | None
    n: int
    progress: float | None
    loss: tuple[float, float, str] | None = None
    constant: float | None = None


def measure(case: Case) -> Iterator[Standing]:
    """The primary metric of every task that has a floor, on the judged split."""
    found = 0
    for split, task, own in metric_sets(case):
        scored = case.score(task, split)
        if task not in case.tasks or (case.metrics is not None and (split != case.judged or scored is None)):
            continue
        name = scored[0] if scored else next((metric for metric in FLOORS if metric in own), None)
        if name is None or name not in own:
            continue
        score = scored[1] if scored else None
        floor, predictor = FLOORS.get(name, (None, ""))
        best = 1.0
        if score is not None and score.floor is not None and score.best is not None:
            floor, predictor, best = score.floor, score.floor_predictor or "", score.best
        if name == "macro_f1" and (guess := _guessing(case, split, task)) is not None and guess > (floor or 0.0):
            floor, predictor = guess, "guessing by the prior"
        if floor is None or floor == best:
            continue
        found += 1
        ends = score.interval if score is not None else None
        low_high = sorted((end - floor) / (best - floor) for end in ends) if ends else None
        yield Standing(
            task,
            split,
            name,
            own[name].value,
            floor,
            predictor,
            (own[name].value - floor) / (best - floor),
            (low_high[0], low_high[1]) if low_high else None,
            score.n if score is not None else 0,
            _progress(case),
            _log_loss(case, split, task),
            _constant(case, split, task, name),
        )
    if not found:
        raise NotCheckedError("no primary metric with a floor")


def _log_loss(case: Case, split: str, task: str) -> tuple[float, float, str] | None:
    score = (case.metrics or {}).get(split, {}).get(task, {}).get("log_loss")
    if score is None or score.value is None or score.floor is None:
        return None
    return score.value, score.floor, score.floor_predictor or ""


def _constant(case: Case, split: str, task: str, metric: str) -> float | None:
    """Mean absolute distance of a countdown to its own median over all windows and samples."""
    known = known_of(case, split, task)
    if case.tasks[task].kind != "countdown" or metric != "mae" or known is None:
        return None
    truth = known.truth.astype(np.float64)
    return float(np.abs(truth - np.median(truth)).mean())


def _guessing(case: Case, split: str, task: str) -> float | None:
    """Macro F1 of guessing by the shares of training, expected over many windows."""
    known, training = known_of(case, split, task), known_of(case, "train", task)
    if known is None or known.truth.ndim > 1:
        return None
    p = shares(known.truth)
    q = p if training is None else shares(training.truth)  # the split's own shares, where training is not told
    each = [2 * p[name] * q[name] / (p[name] + q[name]) if name in p and name in q else 0.0 for name in p.keys() | q]
    return sum(each) / len(each)


def _progress(case: Case) -> float | None:
    state = case.state or {}
    done, planned = state.get("epoch"), state.get("epochs")
    return done / planned if done and planned and state.get("status") != "finished" else None


def judge(standing: Standing) -> Finding | None:
    """An error where the interval is at or below the floor, a warning where only the value is."""
    if standing.skill > 0 or (standing.progress is not None and standing.progress < EARLY):
        return None
    sure = standing.interval is not None and standing.interval[1] <= 0
    return Finding(
        severity="error" if sure else "warning",
        what=f"{standing.task}: {standing.metric} {standing.value:.4g} on {standing.split} is no better than"
        f" {standing.predictor} with {standing.floor:.4g}; skill {standing.skill:.3g}{_place(standing)}",
        scope=Scope(task=standing.task, split=standing.split, key=f"tasks.{standing.task}"),
        evidence=(
            Fact(
                "skill",
                standing.skill,
                interval=standing.interval,
                threshold=0.0,
                source=f"floor {standing.floor:.4g} of {standing.predictor}",
                window=f"{standing.split}, n {standing.n}" if standing.n else standing.split,
            ),
            Fact(standing.metric, standing.value, threshold=standing.floor, source=standing.predictor),
            *_beside(standing),
        ),
        alternatives=(
            Alternative("ignores-input", "train the task alone on one batch: it learns that by heart, if it can learn"),
            Alternative("negative-transfer", "train the task alone: it is better without the others, if they harm it"),
        ),
        fixes=(
            Fix(
                "divide each loss by what a constant loses, so that every task starts with the same say",
                {"balance": "floor"},
                f"skill of {standing.task} above 0",
                risk="other tasks get less of the step than now",
            ),
            Fix(
                "leave the task out until its labels are checked",
                {f"tasks.{standing.task}.enabled": False},
                "the other tasks keep their skill or gain",
            ),
        ),
    )


def _place(one: Standing) -> str:
    """How far a countdown came that does not beat its place in the window; what it made of the input is not known."""
    if one.constant is None or not one.floor < one.constant:
        return ""
    share = (one.constant - one.value) / (one.constant - one.floor)
    if share < LEARNED:
        return ""
    return f"; that is {min(share, 1):.0%} of the way from one number to the sample's place in the window alone"


def _beside(one: Standing) -> Iterator[Fact]:
    if one.loss is not None:
        yield Fact("log_loss", one.loss[0], threshold=one.loss[1], source=one.loss[2])
    if one.constant is not None:
        yield Fact(f"{one.metric} of one number for all samples", one.constant, source="their median")


CHECK = Check(
    id="below-floor",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
