"""One label for a whole batch.

What it finds
    Batches whose labels are all equal although the labels of the data are not: one scalar was read, of the first
    window or of the first file, and copied to every window of the batch.

Why it matters
    All windows of a batch are pulled to the label of one of them. The network learns at best the mean over whatever
    meets in a batch, the loss falls a little and then stops, and no shape is wrong anywhere.

Evidence
    The share of batches whose labels have a variance of exactly 0 (or one class alone), and the share that drawing
    batches at random would give: the sum over values of p^k, p the share of a value and k the labels in a batch.

Remedy
    Build the target of each window from its own recording. Log the variance of labels in a batch, as here.

When it can be wrong
    A sampler that fills a batch from one system, where all windows of a system have one label by nature, gives the same
    picture; where that can be the reason it is a note. Without a configuration nobody knows how batches were drawn: a
    warning, or a note where labels are one per recording.

Example
    Life in ten equal steps and batches of 16: at random a batch is of one value with probability 10 x 0.1^16 = 1e-15.
    Half of all labels 0: 0.5^16 = 1.5e-5. If 100 of 100 batches have variance 0, neither is the reason.

References
    PyTorch, broadcasting semantics: a scalar or (1,) target is stretched to (batch,) with at most a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.progress import at_floor

SHARE = 0.9
"""Nearly all batches: the last one of an epoch, or one recording that varies, may differ."""
BATCHES = 10
"""With fewer the share has an interval wider than a quarter."""
EXPLAINED = 0.5
"""Where chance gives half of such batches, the labels are mostly one value."""
STEADY = 0.999
"""Share of the variance between recordings from which a label counts as one per recording."""
_ROUNDING = 1e-12  # of the total variance: equal labels in float64 arithmetic


@dataclass(frozen=True)
class Batches:
    """`single` of `of` batches with at least two labels have one label alone; `expected` is the share by chance (None:
    not known). `grouped` says that the sampler fills batches from one system (None: not known), `between` the share of
    the variance between recordings. `harmed`: the task's judged score is not better than its floor."""

    task: str
    single: int
    of: int
    expected: float | None
    between: float | None
    grouped: bool | None
    harmed: bool
    score: float | None
    interval: tuple[float, float] | None


def measure(case: Case) -> Iterator[Batches]:
    """The batches of every task whose labels vary over the data."""
    steps, found = case.steps or {}, False
    for task in case.tasks:
        one = _numbers(case, task) if f"variance.{task}" in steps else _classes(case, task)
        if one is None:
            continue
        found = True
        single, expected = one
        options = case.config.data.sampler.name if case.config else None
        profile = case.profile.targets.get(task) if case.profile else None
        score = case.score(task)
        yield Batches(
            task=task,
            single=int(single.sum()),
            of=len(single),
            expected=expected,
            between=profile.between if profile else None,
            grouped=None if options is None else options in ("same_system", "both_classes"),
            harmed=at_floor(case, task),
            score=score[1].value if score else None,
            interval=score[1].interval if score else None,
        )
    if not found:
        raise NotCheckedError("no task whose labels are known to vary, with the labels of each batch")


def _numbers(case: Case, task: str) -> tuple[NDArray[np.bool_], float | None] | None:
    """Whether the labels of each batch are equal, and the share by chance; None where they are not known to vary."""
    steps = case.steps or {}
    known = steps.get(f"known.{task}")
    variance = steps[f"variance.{task}"]
    used = np.isfinite(variance) & (True if known is None else known >= 2)
    total, common = _whole(case, task)
    if not used.any() or not total:
        return None
    size = float(np.median(known[used])) if known is not None else None
    expected = None if size is None or common is None else float((common**size).sum())
    return variance[used] <= _ROUNDING * total, expected


def _whole(case: Case, task: str) -> tuple[float | None, NDArray[np.float64] | None]:
    """Variance of all labels of training, and the shares of their frequent values."""
    profile = case.profile.targets.get(task) if case.profile else None
    labels = profile.splits.get("train") if profile else None
    if labels is not None and labels.sd is not None and labels.known:
        return labels.sd**2, np.array([one.count / labels.known for one in labels.frequent])
    one = (case.predictions or {}).get("train", {}).get(task)
    if one is None or one.truth.dtype.kind not in "fiu" or not one.mask.any():
        return None, None
    truth = one.truth[one.mask].astype(float)
    _, counts = np.unique(truth, return_counts=True, axis=0)
    return float(truth.var(axis=0).mean()), counts / len(truth)


def _classes(case: Case, task: str) -> tuple[NDArray[np.bool_], float | None] | None:
    if case.tasks[task].kind in ("multilabel", "span"):  # several answers of one window: none is a label of the batch
        return None
    prefix = f"count.{task}."
    columns = [values for name, values in (case.steps or {}).items() if name.startswith(prefix)]
    if len(columns) < 2:
        return None
    counts = np.nan_to_num(np.stack(columns, axis=1))
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts) or (counts.sum(axis=0) > 0).sum() < 2:
        return None
    share = counts.sum(axis=0) / counts.sum()
    return counts.max(axis=1) == counts.sum(axis=1), float((share ** np.median(counts.sum(axis=1))).sum())


def judge(batches: Batches) -> Finding | None:
    """An error where nothing explains it and the task learned nothing, else a warning; a note where the sampler can."""
    share = batches.single / batches.of
    if batches.of < BATCHES or share < SHARE or (batches.expected or 0) > EXPLAINED:
        return None
    steady = batches.between is not None and batches.between >= STEADY
    explained = batches.grouped is not False and (steady or (batches.grouped is True and batches.between is None))
    severity: Severity = "warning"
    if explained:
        severity = "note"
    elif batches.harmed and batches.grouped is not None:
        severity = "error"
    chance = None if batches.expected is None else f"{batches.expected:.2g} by chance"
    return Finding(
        severity=severity,
        what=f"{batches.task}: {batches.single} of {batches.of} batches hold one label only, though labels vary over"
        " the data",
        scope=Scope(task=batches.task, split="train", key="data.sampler" if explained else f"tasks.{batches.task}"),
        evidence=tuple(_facts(batches, share, chance)),
        counter_evidence=(Fact("batches of one system or recording", "possible", source="its windows share one label"),)
        if explained
        else (),
        alternatives=(
            Alternative("missing-class", "count the recordings in a batch: one recording explains one label"),
            Alternative("constant-output", "predict with a mended target: a dead head stays constant"),
        ),
        fixes=(
            Fix(
                "give each window the label of its own recording",
                {},
                "the variance of labels within a batch is about that of the data",
            ),
            Fix(
                "mix systems within a batch",
                {"data.sampler": "shuffle"},
                "batches of one label become as rare as by chance",
                risk="what the grouped batches were for",
            ),
        )[: 2 if batches.grouped else 1],
    )


def _facts(batches: Batches, share: float, chance: str | None) -> Iterator[Fact]:
    from scipy.stats import binomtest

    near = binomtest(batches.single, batches.of).proportion_ci(method="wilson")
    interval = (float(near.low), float(near.high))
    yield Fact("share of batches of one label", share, interval, SHARE, chance or "", f"{batches.of} batches")
    if batches.between is not None:
        yield Fact("share of the variance between recordings", batches.between, threshold=STEADY, window="train")
    if batches.harmed:
        yield Fact("score", batches.score, batches.interval, source="not better than its floor")


CHECK = Check(
    id="broadcast-target",
    needs=("steps",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("constant-output", "below-floor", "degenerate-r2", "batch-averaged-metric", "misaligned-target"),
)
