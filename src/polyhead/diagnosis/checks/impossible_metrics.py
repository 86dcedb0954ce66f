"""Metrics that cannot all be of the same predictions.

What it finds
    Two or more metrics of one task on one split that no set of predictions can have together, whatever the rounding.

Why it matters
    Metrics of the same predictions bind each other. Where they break the bond, at least one is computed otherwise than
    its name says: averaged over batches, folds or classes, on other data, at another threshold, in another unit. What
    is then read from any of them, such as a share of positives or a "mismatch of scale", is not there.

Evidence
    F1 = 2PR/(P+R); 1 - accuracy = p(1 - R + R(1-P)/P) for the share of positives p; TPR (1-FPR) <= AUROC <=
    1 - (1-TPR) FPR for the point of precision, recall and accuracy; MAE^2 <= MSE = RMSE^2; var(y) = MSE/(1-R2) against
    the known spread and range of the target; all tasks right at once <= each task right, and >= their sum - (K-1);
    and the range of each metric. Each number stands for all that print as it does. What rests on P and R is left
    out where F1 already contradicts them.

Remedy
    Compute every metric once, from all predictions of the split together, at one threshold, in physical units.

When it can be wrong
    P, R and accuracy may be of a threshold and F1 of another one, on purpose; several classes may hide behind names
    that sound like yes and no (say kind or classes in the table). Macro F1 is a mean over classes and less than the F1
    of macro P and R by right.

Example
    P = .078 and R = .063 give F1 = 2 x .078 x .063 / .141 = .0697; with rounding, .0692 to .0702. The table says .067,
    less than any of these: a mean of several F1 is at most the F1 of the means, so all three are means. The share of
    positives that they and an accuracy of .929 would give means nothing.

References
    Fawcett, Pattern Recognition Letters 27, 2006 (ROC). Popoviciu 1935: sd <= (max - min) / 2. Frechet 1935 for
    the bounds of joint shares. Jensen's inequality for means of F1 and of RMSE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.identities import (
    Shown,
    Span,
    all_claimed_sets,
    auroc_range,
    claimed_sets,
    f1_range,
    fact,
    metric_range,
    micro,
    prevalence_of,
    prevalence_range,
    sd_range,
)

SD_FACTOR = 2.0
"""The target's spread may be known of another split; splits of one population rarely differ by half."""
PROVEN = ("range", "roc", "mae", "joint")
"""Rules that hold for pooled metrics and for means over batches or classes alike, or that no averaging of the usual
kind explains: an error. The others are often a mean that is named otherwise: a warning."""
_SAID = {
    "range": "cannot be",
    "f1": "is not the F1 of its precision and recall",
    "prevalence": "needs a share of positives that is not there",
    "roc": "is outside what precision, recall and accuracy leave",
    "mae": "is above the RMSE, the root of the MSE",
    "rmse": "is not the root of the MSE",
    "sd": "and MSE need a spread of the target that it does not have",
    "joint": "is not between what the tasks' own accuracies leave",
}


@dataclass(frozen=True)
class Bond:
    """A metric, what it says with rounding, and what the others leave for it."""

    task: str
    split: str
    rule: str
    metric: str
    value: float
    claimed: Span
    allowed: Span
    others: str


def measure(case: Case) -> Iterator[Bond]:
    """Every bond between metrics of one task and split that can be tested."""
    tested = 0
    for split, task, every in all_claimed_sets(case):
        kind = case.tasks[task].kind if task in case.tasks else None
        own = {name: one for name, one in every.items() if one.possible}
        found = [*_ranges(every), *_errors(own), *_spread(case, split, task, own), *_joint(case, split, task, own)]
        if kind in (None, "binary"):
            found += _decisions(case, split, task, own)
        for rule, metric, claimed, allowed, others in found:
            tested += rule != "range"
            yield Bond(task, split, rule, metric, every[metric].value, claimed, allowed, others)
    if not tested:
        raise NotCheckedError("no two metrics of a task bind each other")


_Found = tuple[str, str, Span, Span, str]


def _ranges(own: dict[str, Shown]) -> Iterator[_Found]:
    for name, one in own.items():
        yield "range", name, one.span, metric_range(name), "its own range"


def _decisions(case: Case, split: str, task: str, own: dict[str, Shown]) -> Iterator[_Found]:
    """F1, then, unless it contradicts P and R, the share of positives and the AUROC."""
    if "precision" not in own or "recall" not in own:
        return
    p, r = own["precision"].span, own["recall"].span
    if "f1" in own:
        allowed = f1_range(p, r)
        yield "f1", "f1", own["f1"].span, allowed, f"precision {own['precision'].value:.4g}, recall {_recall(own)}"
        if _apart(own["f1"].span, allowed):
            return
    if "accuracy" not in own or micro(own):
        return
    others = f"precision {own['precision'].value:.4g}, recall {_recall(own)}, accuracy {own['accuracy'].value:.4g}"
    implied = prevalence_range(p, r, own["accuracy"].span)
    if implied is not None:
        known = prevalence_of(case, split, task) or (0.0, 1.0)
        yield "prevalence", "accuracy", implied, known, f"{others}: share of positives"
    bounds = auroc_range(p, r, own["accuracy"].span)
    if "auroc" in own and bounds is not None:
        yield "roc", "auroc", own["auroc"].span, bounds, others


def _recall(own: dict[str, Shown]) -> str:
    """Recall as it is shown."""
    return f"{own['recall'].value:.4g}"


def _errors(own: dict[str, Shown]) -> Iterator[_Found]:
    if "mse" not in own:
        if "mae" in own and "rmse" in own:
            yield "mae", "mae", own["mae"].span, (0.0, own["rmse"].span[1]), f"RMSE {own['rmse'].value:.4g}"
        return
    low, high = (float(np.sqrt(end)) for end in own["mse"].span)
    if "mae" in own:
        yield "mae", "mae", own["mae"].span, (0.0, high), f"MSE {own['mse'].value:.4g}"
    if "rmse" in own:
        yield "rmse", "rmse", own["rmse"].span, (low, high), f"MSE {own['mse'].value:.4g}"


def _spread(case: Case, split: str, task: str, own: dict[str, Shown]) -> Iterator[_Found]:
    implied = sd_range(own["mse"].span, own["r2"].span) if "mse" in own and "r2" in own else None
    if implied is None:
        return
    sd, least, most = (fact(case, task, name) for name in ("target_sd", "target_min", "target_max"))
    if sd is not None:
        around = (sd[0] / SD_FACTOR, sd[1] * SD_FACTOR)
        yield "sd", "r2", implied, around, f"MSE {own['mse'].value:.4g}: sd of the target within a factor {SD_FACTOR:g}"
    if least is not None and most is not None:
        widest = (most[1] - least[0]) / 2
        yield "sd", "r2", implied, (0.0, widest), f"MSE {own['mse'].value:.4g}: sd of a target of this range"


def _joint(case: Case, split: str, task: str, own: dict[str, Shown]) -> Iterator[_Found]:
    if "all_correct" not in own:
        return
    each = [
        one["accuracy"].span
        for at, other, one in claimed_sets(case)
        if at == split and other != task and "accuracy" in one
    ]
    low, high = own["all_correct"].span
    mean = [float(np.mean(ends)) for ends in zip(*each, strict=True)]
    if len(each) > 1 and not (mean[0] <= high and low <= mean[1]):  # a mean over tasks may be called combined too
        least = max(0.0, sum(span[0] for span in each) - (len(each) - 1))
        yield "joint", "all_correct", (low, high), (least, min(span[1] for span in each)), "each accuracy"


def _apart(one: Span, other: Span) -> bool:
    return one[1] < other[0] or one[0] > other[1]


def judge(bond: Bond) -> Finding | None:
    """An error where no averaging explains it, else a warning."""
    if not _apart(bond.claimed, bond.allowed):
        return None
    below = bond.claimed[1] < bond.allowed[0]
    mean = bond.rule in ("f1", "rmse") and below
    note = "; a mean over batches, folds or classes is smaller in just this way" if mean else ""
    said = f"{bond.metric} {bond.value:.4g}"
    return Finding(
        severity="error" if bond.rule in PROVEN else "warning",
        what=f"{bond.task}: {said} {_SAID[bond.rule]} ({bond.others} leave {_text(bond.allowed)}"
        f"{'' if bond.rule in ('range', 'roc', 'f1') else f', found {_text(bond.claimed)}'}){note}",
        scope=Scope(task=bond.task, split=bond.split, key=f"tasks.{bond.task}"),
        evidence=(
            Fact(
                f"{bond.metric} by {bond.rule}",
                bond.value,
                interval=bond.claimed,
                threshold=bond.allowed[0] if below else bond.allowed[1],
                source=bond.others,
                window=bond.split,
            ),
        ),
        alternatives=(
            Alternative(
                "batch-averaged-metric", "pool all predictions of the split: metrics of one set fit each other"
            ),
            Alternative("metric-scale", "compute MSE and R2 in physical units: they then imply the target's spread"),
        ),
        fixes=(
            Fix(
                "compute every metric once from all predictions of the split, at one threshold; polyhead evaluate does",
                {},
                "all metrics of the task fit each other within their rounding",
            ),
        ),
    )


def _text(span: Span) -> str:
    return f"{span[0]:.4g} to {span[1]:.4g}"


CHECK = Check(
    id="impossible-metrics",
    needs=("metrics|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "below-majority", "inverted-score"),
)
