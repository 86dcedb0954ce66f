"""A rare class that is never found.

What it finds
    A class so rare in training that the network ignores it. Rarity alone is a note.

Why it matters
    A loss that is a mean over windows is minimal, where the inputs say little, at the answer "never" for a rare class:
    its windows add less to the loss than the false alarms they would cost. Accuracy does not show it, since the
    class adds as little to accuracy.

Evidence
    Known training windows of each class, the share of the rarest times the number of classes, and the ratio of the
    commonest to it. Of the judged split the recall of the rarest class with its Wilson interval, and the AUROC of its
    score against the rest: a high one says that only the decision is wrong. Of training how many of its windows are
    found, beside those of the other classes (Fisher's exact test): what is not found even there is ignored, and few
    windows are enough to say so.

Remedy
    Batches with classes drawn equally often (data.sampler), a positive weight or focal loss, or more recordings. Where
    the AUROC is high, another threshold is enough.

When it can be wrong
    A class that the inputs do not tell from the others is missed at any frequency. An anomaly detector that ranks
    well is of use with a recall of 0 at threshold 0.5; among several classes there is no threshold to move.

Example
    Counts 980, 15 and 5 of 3 classes: the rarest has 5 / (1000 / 3) = 0.015 of an even share, below 0.1, and the
    ratio is 196. With 0 of 20 found the Wilson interval of the recall is [0, 0.161]. With 0 of 3 found in training, and
    9 of the 10 others, chance gives as few by 4 x 3 x 2 / (13 x 12 x 11) = 1.4 %.

References
    Amazon SageMaker Debugger, ClassImbalance (ratio 10); cleanlab Datalab (0.1 of an even share); E. B. Wilson, 1927.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.shares import wilson

EVEN_SHARE = 0.1
"""cleanlab Datalab's: the rarest class has less than a tenth of an even share."""
RATIO = 10.0
"""SageMaker Debugger's ratio of the commonest class to the rarest."""
HARM = 0.25
"""A recall surely below this misses three of four, which needs at least 12 windows to say."""
CHANCE = 0.025
"""One end of a 95 % interval: found so much seldomer than the other classes is no accident of few windows."""
RANKS = 0.8
"""An AUROC from which the class is told apart by its score, so that only the threshold is wrong."""


@dataclass(frozen=True)
class Rare:
    """Of the rarest class: training windows of it and of the commonest, its share of an even share, and on `n` windows
    of `split` its recall with interval and the AUROC of its score; None where not known. Of `trained` windows of it in
    training `hits` were found, and `chance` is the probability of so few if it were found as often as the rest."""

    task: str
    kind: str | None
    label: str
    count: int
    most: int
    share: float
    split: str | None = None
    n: int = 0
    recall: float | None = None
    interval: tuple[float, float] | None = None
    auroc: float | None = None
    target: str = ""
    classes: int = 2
    trained: int = 0
    hits: int = 0
    chance: float | None = None


def measure(case: Case) -> Iterator[Rare]:
    """The rarest class of each task of classes."""
    found = False
    for task, facts in case.tasks.items():
        counts = {label: count for label, count in _counts(case, task).items() if count}
        if len(counts) < 2 or facts.kind == "multilabel":
            continue
        found = True
        label = min(counts, key=lambda one: counts[one])
        share = counts[label] * len(counts) / sum(counts.values())
        trained = _trained((case.predictions or {}).get("train", {}).get(task), label)
        rare = Rare(
            task,
            facts.kind,
            label,
            counts[label],
            max(counts.values()),
            share,
            target=case.target(task),
            classes=len(counts),
            **trained,
        )
        split = next((one for one in ("test", "val") if task in (case.predictions or {}).get(one, {})), None)
        yield rare if split is None else _judged(rare, split, (case.predictions or {})[split][task], facts.classes)
    if not found:
        raise NotCheckedError("no task of classes with counts of training windows")


def _counts(case: Case, task: str) -> dict[str, int]:
    if case.profile is not None and task in case.profile.targets:
        labels = case.profile.targets[task].splits.get("train")
        return dict(labels.counts) if labels else {}
    one = (case.predictions or {}).get("train", {}).get(task)
    if one is None or case.tasks[task].kind not in ("classification", "ordinal", "binary"):
        return {}
    names, numbers = np.unique(_names(one.truth[one.mask]), return_counts=True)
    return {str(label): int(number) for label, number in zip(names, numbers, strict=True)}


def _trained(one: Predicted | None, label: str) -> dict[str, Any]:
    """Training windows of the class, how many of them were found, and Fisher's probability beside the others."""
    if one is None or one.truth.ndim > 1:
        return {}
    from scipy.stats import fisher_exact

    truth, right = _names(one.truth[one.mask]), _names(one.truth[one.mask]) == _names(one.pred[one.mask])
    own = truth == label
    table = [[int(right[own].sum()), int((~right[own]).sum())], [int(right[~own].sum()), int((~right[~own]).sum())]]
    if not own.any() or own.all():
        return {}
    _, chance = fisher_exact(table, alternative="less")
    return {"trained": int(own.sum()), "hits": table[0][0], "chance": float(chance)}


def _judged(rare: Rare, split: str, one: Predicted, classes: tuple[str, ...]) -> Rare:
    truth, pred = _names(one.truth[one.mask]), _names(one.pred[one.mask])
    own = truth == rare.label
    n = int(own.sum())
    if not n:
        return rare
    hits = int((pred[own] == rare.label).sum())
    auroc = None
    if one.score is not None and n < len(own):
        score = one.score[one.mask]
        if score.ndim == 1:
            auroc = _auroc(score if rare.label == _positive(classes) else -score, own)
        elif rare.label in classes:
            auroc = _auroc(score[:, classes.index(rare.label)], own)
    return Rare(
        **{**vars(rare), "split": split, "n": n, "recall": hits / n, "interval": wilson(hits, n), "auroc": auroc}
    )


def _names(labels: NDArray[Any]) -> NDArray[np.str_]:
    """Labels as words; a whole number has no decimals."""
    return (labels.astype(np.int64) if labels.dtype.kind in "fb" else labels).astype(str)


def _positive(classes: tuple[str, ...]) -> str:
    """The class of two that a score is the probability of."""
    return classes[-1] if len(classes) == 2 else "1"


def _auroc(score: NDArray[np.float64], own: NDArray[np.bool_]) -> float:
    """Probability that a window of the class has the larger score, ties by half."""
    from scipy.stats import rankdata

    inside, outside = int(own.sum()), int((~own).sum())
    return float((rankdata(score)[own].sum() - inside * (inside + 1) / 2) / (inside * outside))


def judge(rare: Rare) -> Finding | None:
    """A warning where a rare class is surely missed, on new windows or even on those of training; a note where it is
    only rare, or, of two, found by its score."""
    if rare.share >= EVEN_SHARE and rare.most < RATIO * rare.count:
        return None
    missed = rare.interval is not None and rare.interval[1] < HARM
    ranked = rare.auroc is not None and rare.auroc >= RANKS
    ignored = rare.chance is not None and rare.chance < CHANCE and rare.hits < HARM * rare.trained
    seen = [f"{rare.recall:.0%} of {rare.n} on {rare.split}"] if rare.recall is not None else []
    seen += [f"{rare.hits} of {rare.trained} in training"] if ignored else []
    told = f"; {' and '.join(seen)} are found" if seen else ""
    ratio = rare.most / rare.count
    harmed = (missed and not ranked) or (ignored and not (ranked and rare.classes == 2))
    against = (Fact("AUROC of its score", rare.auroc, threshold=RANKS, source="told apart, not decided for"),)
    draws = {"data.sampler": {"name": "class_balanced", "target": rare.target or rare.task}}
    binary = Fix(
        "weigh its windows up in the loss",
        {f"tasks.{rare.task}.pos_weight": "auto"},
        "recall above 0.25",
        "more false alarms",
    )
    return Finding(
        severity="warning" if harmed else "note",
        what=f"{rare.task}: {rare.label} has {rare.count} training windows, 1 for {ratio:.0f} of the commonest{told}",
        scope=Scope(task=rare.task, split=rare.split, parameter=rare.label, key=f"tasks.{rare.task}"),
        evidence=(
            Fact("share of an even share", rare.share, None, EVEN_SHARE, "cleanlab Datalab", "train"),
            Fact("commonest to rarest", ratio, None, RATIO, "SageMaker Debugger", "train"),
            Fact("recall of the rarest", rare.recall, rare.interval, HARM, f"of {rare.n}", rare.split or ""),
            *(
                [Fact("chance to find so few of training", rare.chance, None, CHANCE, "Fisher's exact test", "train")]
                if ignored
                else []
            ),
        ),
        counter_evidence=against if ranked else (),
        alternatives=(
            Alternative("untuned-threshold", "the AUROC of its score: above 0.8 a threshold is missing, not a class"),
            Alternative("missing-class", "count recordings: a class of one recording cannot be learned from it"),
        ),
        fixes=(
            *((binary,) if rare.kind == "binary" else ()),
            Fix(
                "draw classes equally often",
                draws,
                "recall of the rarest above 0.25",
                "its few windows learned by heart",
            ),
        ),
    )


CHECK = Check(
    id="class-imbalance",
    needs=("profile|predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("probability-collapse", "below-majority", "constant-output", "below-floor", "weak-slice"),
)
