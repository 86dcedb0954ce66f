"""Probabilities that do not tell yes from no.

What it finds
    A yes-or-no task whose predicted probabilities are the same for positive and negative windows, or for the samples
    inside and outside of spans, and rank them no better than chance.

Why it matters
    The least loss that a head without any use of its input can reach is that of the base rate, predicted for every
    window. A head that ends there has learned how often yes occurs and nothing else. With a rare yes every probability
    is then below one half: decided there no window is called positive, F1 is 0, and the loss has nevertheless fallen.

Evidence
    Separation, the mean probability of positive windows minus that of negative ones, and the area under the ROC curve
    with a bootstrap over recordings; the mean probability beside the base rate. From a log, separation and F1 over the
    second half of the epochs.

Remedy
    First find out whether the input tells the target at all: train the task alone. Then weigh the rare class
    (pos_weight: auto), or mend the balance that starves it.

When it can be wrong
    With a rare yes a useful head has a small separation too; the area under the curve, or the ratio of the two means,
    then tells, and this is silent. With few recordings the interval holds nearly everything: then it is a warning. F1
    at a threshold of one half says nothing of ranking. A head in its first epochs looks the same.

Example
    A published run: probabilities of .065 inside and .061 outside a span, separation .004, F1 = 0 for 100 epochs. Of
    105 bars 7.1 were in a span: base rate .068, entropy of it -.068 ln .068 - .932 ln .932 = .248, loss .25 to .28. The
    head learned the prior. It began at .42 because it began near one half, and did not collapse from anything.

References
    Hanley and McNeil, Radiology 1982: the area under the curve as the share of pairs in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import late
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.pooled import answers, asks_yes_or_no, positive
from polyhead.scoring.classification import LEAST_PROBABILITY
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.ranking import auroc_statistic

LEAST = 0.05
"""Separation below which a threshold finds nothing to separate: the criterion of the published run."""
RATIO = 1.5
"""A rare yes is told by a ratio of the two means where the difference has to be small; the published run has 1.06."""
CHANCE = 0.5
RANKED = 0.6
"""An AUROC from here on is no chance that was shown, however wide its interval: with few recordings all are wide."""
USEFUL = 0.7
"""What deepchecks asks of an AUROC; an interval that reaches so far leaves it open whether the head ranks."""
EPOCHS = 5
"""Fewer are no persistence."""
FEWEST = 10
"""Windows of each label without which a ranking is not judged."""
NEAR = 0.2
"""A mean probability within 20 % of the base rate is the prior."""


@dataclass(frozen=True)
class Probabilities:
    """Of one task on one split: `separation`, over the second half of `epochs` epochs the largest of it where a log
    tells it, `ratio` of the two means there, `auroc` with its interval, `mean` probability, `base_rate`, `positive` the
    share called yes, `f1` the largest over the second half; None where not known. `first` is the mean probability at
    the first epoch, `loss` the mean log loss without weights, `weighted` whether yes has a weight of its own, `unit`
    what is asked, windows or samples of them."""

    task: str
    split: str
    separation: float
    ratio: float | None
    auroc: float | None
    interval: tuple[float, float] | None
    mean: float | None
    base_rate: float | None
    positive: float | None
    f1: float | None
    first: float | None
    epochs: int
    source: str
    loss: float | None
    weighted: bool | None
    unit: str = "window"


def measure(case: Case) -> Iterator[Probabilities]:
    """Every yes-or-no task: from its predictions of the judged split, or else from the log."""
    found = [one for task in case.tasks if (one := _of_task(case, task)) is not None]
    if not found:
        raise NotCheckedError("no yes-or-no task of which the separation is known")
    yield from found


def _of_task(case: Case, task: str) -> Probabilities | None:
    predictions = case.predictions or {}
    split = next((one for one in ("test", "val", "train") if task in predictions.get(one, {})), None)
    logged = _logged(case, task)
    if split is None:
        return logged
    predicted = answers(case.tasks[task], predictions[split][task])
    asked = asks_yes_or_no(case.tasks[task])
    if predicted.score is None or not asked or predicted.score.ndim > 1 or predicted.truth.ndim > 1:
        return None
    known = predicted.mask.astype(bool)
    names = tuple(map(str, np.unique(predicted.truth[known].astype(str))))
    if not 0 < len(names) <= 2:
        return None
    yes = positive(predicted.truth[known], case.tasks[task].classes or names)
    score = predicted.score[known].astype(float)
    if min(yes.sum(), (~yes).sum()) < FEWEST or not np.isfinite(score).all():
        return None
    statistic = auroc_statistic(yes, score)
    interval, _ = bootstrap(statistic, np.unique(predicted.recording[known], return_inverse=True)[1], seed=0)
    if interval is None:
        return logged  # too few recordings to tell a ranking from none
    below = float(score[~yes].mean())
    return Probabilities(
        task,
        split,
        float(score[yes].mean()) - below,
        float(score[yes].mean()) / below if below > 0 else None,
        statistic(np.ones(len(yes))),
        interval,
        float(score.mean()),
        float(yes.mean()),
        float((score > CHANCE).mean()),
        logged.f1 if logged else None,
        logged.first if logged else None,
        logged.epochs if logged else 0,
        f"{len(yes)} {_unit(case, task)}s of {split}",
        _log_loss(yes, score),
        _weighted(case, task),
        _unit(case, task),
    )


def _log_loss(yes: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Mean of -ln of the probability of what it is, in nats."""
    return float(-np.log(np.clip(np.where(yes, score, 1 - score), LEAST_PROBABILITY, 1)).mean())


def _unit(case: Case, task: str) -> str:
    return "sample" if case.tasks[task].kind == "span" else "window"


def _weighted(case: Case, task: str) -> bool | None:
    options = case.config.tasks.get(task) if case.config else None
    return getattr(options, "pos_weight", None) is not None if options is not None else None


def _logged(case: Case, task: str) -> Probabilities | None:
    if not asks_yes_or_no(case.tasks[task]):
        return None
    scores = (case.scores or {}).get(task, {})
    tables = {split: t for split, t in (case.probabilities or {}).items() if f"{task}_separation" in t}
    split = next((one for one in ("val", "train") if one in tables), "val")
    table = tables.get(split, {})
    separation = _finite(table.get(f"{task}_separation", scores.get("separation")))
    if not len(separation):
        return None
    half = slice(len(separation) // 2, None)
    ends = [table[name] for name in (f"{task}_pos_mean", f"{task}_neg_mean") if name in table]
    f1, auroc = _finite(scores.get("f1")), _finite(scores.get("auroc"))
    known = {**(case.known or {}).get("", {}), **(case.known or {}).get(task, {})}
    base = next((known[name] for name in ("base_rate", "prevalence", "positive_rate") if name in known), None)
    losses = _finite((case.losses or {}).get(split, {}).get(task))
    last = [float(np.nanmedian(one[late(len(one))])) for one in ends]
    return Probabilities(
        task,
        split,
        float(separation[half][np.argmax(np.abs(separation[half]))]),
        last[0] / last[1] if len(last) == 2 and last[1] > 0 else None,
        float(np.median(auroc[late(len(auroc))])) if len(auroc) else None,
        None,
        float(np.mean(last)) if last else None,
        float(base) if isinstance(base, int | float) else None,
        None,
        float(f1[len(f1) // 2 :].max()) if len(f1) else None,
        float(np.mean([one[0] for one in ends])) if ends else None,
        len(separation),
        f"log of {split}, second half of {len(separation)} epochs",
        float(np.median(losses[late(len(losses))])) if len(losses) else None,
        _weighted(case, task),
        _unit(case, task),
    )


def _finite(values: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return np.zeros(0) if values is None else values[np.isfinite(values)]


def judge(one: Probabilities) -> Finding | None:
    """No separation and no ranking; from a log no separation and no positive."""
    if one.interval is not None:
        chance = one.interval[0] <= CHANCE <= one.interval[1] and (one.auroc or 0.0) < RANKED
    else:
        ranks = one.auroc is not None and abs(one.auroc - CHANCE) >= LEAST
        chance = one.f1 == 0 and not ranks
    apart = abs(one.separation) >= LEAST or (one.ratio is not None and one.ratio >= RATIO)
    if apart or not chance:
        return None
    sure = one.epochs >= EPOCHS if one.interval is None else one.interval[1] < USEFUL
    severity: Severity = "error" if sure else "warning"
    facts = [Fact("separation", one.separation, threshold=LEAST, source=one.source)]
    if one.auroc is not None:
        facts.append(Fact("auroc", one.auroc, one.interval, CHANCE, "bootstrap over recordings", one.split))
    if one.f1 is not None:
        facts.append(Fact("largest f1", one.f1, source="as logged, second half of the epochs"))
    prior = ""
    if one.mean is not None:
        source = "base rate" if one.base_rate else "compare it with the base rate: equal is the prior"
        facts.append(Fact("mean probability", one.mean, threshold=one.base_rate, source=source))
        is_prior = one.base_rate and abs(one.mean - one.base_rate) <= NEAR * one.base_rate
        prior = f"; their mean {one.mean:.2g} is the base rate: the head learned the prior" if is_prior else ""
    if one.loss is not None and one.base_rate and 0 < one.base_rate < 1:
        entropy = float(-one.base_rate * np.log(one.base_rate) - (1 - one.base_rate) * np.log1p(-one.base_rate))
        facts.append(Fact("loss", one.loss, threshold=entropy, source="entropy of the base rate, unweighted"))
    if one.first is not None and one.mean is not None:
        facts.append(Fact("mean probability at the first epoch", one.first))
    alone = Fix("train the task alone, to see whether its input tells it", {}, "an auroc above one half, or not at all")
    weigh = Fix(
        "weigh the rare label",
        {f"tasks.{one.task}.pos_weight": "auto"},
        "mean probability near one half; separation grows only if the input tells the target",
        "probabilities are no longer rates",
    )
    return Finding(
        severity=severity,
        what=f"{one.task}: probabilities of positive and negative {one.unit}s differ by {one.separation:.2g}"
        + (f", auroc {one.auroc:.2f}" if one.auroc is not None else ", f1 0")
        + prior,
        scope=Scope(task=one.task, split=one.split, key=f"tasks.{one.task}"),
        evidence=tuple(facts),
        alternatives=(
            Alternative("loss-dominance", "train the task alone: a starved head then ranks above chance"),
            Alternative("label-noise", "shuffle its labels and train again: the same score says there was no signal"),
        ),
        fixes=(alone,) if one.weighted else (weigh, alone),
    )


CHECK = Check(
    id="probability-collapse",
    needs=("probabilities|predictions|scores",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("constant-output", "below-floor", "loss-metric-divergence", "untuned-threshold"),
)
