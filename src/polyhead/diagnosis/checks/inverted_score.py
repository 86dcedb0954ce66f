"""A score that ranks the wrong way round.

What it finds
    A yes-or-no task whose score, over all windows of a split together, is higher for no than for yes.

Why it matters
    A score that knows nothing has AUROC 1/2. One that is surely below has learned the task and says it with the wrong
    sign: a map of labels that is flipped in one split or source, or a score of the other class. 1 - AUROC is what it
    knows.

Evidence
    AUROC of all known predictions of the split, its 95 % bootstrap over recordings, and the same of training: a score
    that ranks not even the training windows has learned nothing that could be turned round, and stays a note as long as
    few recordings may have ordered it by chance. A task whose weight is 0 is not asked. A number
    from a table is not enough: see batch-averaged-metric, which looks the same there.

Remedy
    Compare the label map of the splits; say which label means yes.

When it can be wrong
    With few recordings a shift between splits turns the order of some by chance; the interval accounts for that, as far
    as recordings are independent. A score can be inverted by a confounder that flips between splits.

Example
    Positives at .2 and .4, negatives at .3, .6 and .8: of the 6 pairs 1 is in the right order, AUROC 1/6, and 5/6 with
    the sign turned.

References
    Hanley and McNeil, Radiology 143, 1982. Efron and Tibshirani 1993, chapter 8 (bootstrap over groups). Mann and
    Whitney, Annals of Mathematical Statistics 18, 1947.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import Span
from polyhead.diagnosis.pooled import answers, auroc, is_binary, known_of, positive
from polyhead.diagnosis.starving import unweighted
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.ranking import auroc_statistic

CHANCE = 0.5
"""AUROC of a score that ranks nothing."""
BEYOND = 1.96
"""Standard deviations below chance, counted in recordings, for an error. Where recordings have one label each, few of
one of the two make the bootstrap too narrow: of scores that know nothing it calls a tenth inverted, for 4 of 20."""


@dataclass(frozen=True)
class Ranked:
    """AUROC of a split with its interval over `recordings`, how many standard deviations it lies `below` chance if each
    recording counted once for each label it has, and the AUROC of training with its interval, None where not known."""

    task: str
    split: str
    auroc: float
    interval: Span
    recordings: int
    below: float
    training: float | None
    learned: Span | None = None


def measure(case: Case) -> Iterator[Ranked]:
    """Every yes-or-no task with scores, on every split with both classes."""
    why = "no yes-or-no task with scores"
    found = 0
    for task, facts in case.tasks.items():
        if unweighted(case, task):
            continue
        for split in case.predictions or {}:
            known = known_of(case, split, task)
            known = None if known is None else answers(facts, known)
            if known is None or known.score is None or not is_binary(case, task, known):
                continue
            truth, score = positive(known.truth, facts.classes), known.score.astype(np.float64)
            value = auroc(truth, score)
            names, recording = np.unique(known.recording, return_inverse=True)
            interval, reason = bootstrap(auroc_statistic(truth, score), recording, seed=0)
            if not isfinite(value) or interval is None:
                why = reason or "only one class among the labels"
                continue
            found += 1
            sd = _null_sd(len(np.unique(recording[truth])), len(np.unique(recording[~truth])))
            training, learned = _training(case, task) if split != "train" else (None, None)
            yield Ranked(task, split, value, interval, len(names), (CHANCE - value) / sd, training, learned)
    if not found:
        raise NotCheckedError(why)


def _null_sd(yes: int, no: int) -> float:
    """Standard deviation of the AUROC of a score that knows nothing (Mann and Whitney 1947)."""
    return float(np.sqrt((yes + no + 1) / (12 * yes * no)))


def _training(case: Case, task: str) -> tuple[float | None, Span | None]:
    """AUROC of the training windows and its interval over recordings."""
    known = known_of(case, "train", task)
    if known is None or known.score is None:
        return None, None
    known = answers(case.tasks[task], known)
    assert known.score is not None
    truth, score = positive(known.truth, case.tasks[task].classes), known.score.astype(np.float64)
    value = auroc(truth, score)
    interval, _ = bootstrap(auroc_statistic(truth, score), np.unique(known.recording, return_inverse=True)[1], seed=0)
    return (value, interval) if isfinite(value) else (None, None)


def judge(ranked: Ranked) -> Finding | None:
    """An error where the interval lies below chance and there are recordings enough of both labels; else a warning, or
    a note where nothing shows that the score was learned."""
    if ranked.interval[1] >= CHANCE:
        return None
    training = () if ranked.training is None else (Fact("auroc of training", ranked.training, ranked.learned, CHANCE),)
    chance = ranked.split == "train" or (ranked.learned is not None and ranked.learned[0] <= CHANCE)
    upright = ranked.training is not None and ranked.training > CHANCE
    return Finding(
        severity="error" if ranked.below >= BEYOND else "note" if chance else "warning",
        what=f"{ranked.task}: on {ranked.split} the score ranks the wrong way round, AUROC {ranked.auroc:.3g}"
        f" ({ranked.interval[0]:.3g} to {ranked.interval[1]:.3g}) over all windows; turned round it has"
        f" {1 - ranked.auroc:.3g}" + ("; training is the right way round" if upright else ""),
        scope=Scope(task=ranked.task, split=ranked.split, key=f"tasks.{ranked.task}"),
        evidence=(
            Fact(
                "auroc",
                ranked.auroc,
                interval=ranked.interval,
                threshold=CHANCE,
                source=f"bootstrap over {ranked.recordings} recordings",
                window=ranked.split,
            ),
            Fact("1 - auroc", 1 - ranked.auroc, source="what the score knows"),
            Fact("standard deviations below chance", ranked.below, threshold=BEYOND, source="recordings as units"),
            *training,
        ),
        alternatives=(
            Alternative("shifted-input", "score each source on its own: a flipped map turns all of one"),
            Alternative("label-noise", "permuted labels give AUROC near 1/2, not below it"),
        ),
        fixes=(
            Fix(
                "compare the map of labels of the splits and sources, and name the label that means yes",
                {},
                f"AUROC near {1 - ranked.auroc:.2g} on {ranked.split}",
                risk="turning the sign of the score instead hides the cause",
            ),
        ),
    )


CHECK = Check(
    id="inverted-score",
    needs=("predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "below-majority"),
)
