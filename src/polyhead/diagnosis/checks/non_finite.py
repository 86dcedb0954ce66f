"""Losses, gradients or predictions that are not numbers.

What it finds
    NaN or infinity in a loss, a gradient, a metric or a prediction, with the first epoch and step, and the task.

Why it matters
    A value that is not finite spreads: one such loss makes every gradient NaN, one such step every weight. Where the
    step is left out instead, the windows that cause it, often the extreme ones, are never learned.

Evidence
    Infinite cells; cells of a step that are NaN though the task had labels in it; a column that was finite and then
    stays NaN to the end; the reason that the run gives for having ended; the count of steps it left out. An empty cell
    of a table that is written now and then is none of these.

Remedy
    A lower learning rate or a limit on the gradient's norm; extreme or missing values in the data masked; a wider
    number format. Leaving out such steps (train.non_finite: skip) treats the symptom only.

When it can be wrong
    Half precision overflows now and then by design: its scaler leaves the step out and goes on. Infinite gradients
    that are rare and never followed by an infinite loss are a note.

Example
    A run of 100 steps whose loss of countdown is 2.1, 3.0, 57, inf, nan, nan, .. from step 40 on has 60 such steps,
    the first at step 40; whichever other tasks turn NaN at step 41 or later follow from it.

References
    IEEE 754-2019 on how NaN and infinity propagate; Micikevicius et al., ICLR 2018, on overflow and loss scaling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Columns
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

RARE = 0.01
"""Share of the steps that may be lost without a word beyond a note: loss scaling in half precision leaves out one step
per growth interval, 1 in 2000 by default, and a few at its start."""
GAPS = 2
"""A column has stopped where its last gap is more than twice its longest before, and at least three cells."""


@dataclass(frozen=True)
class Broken:
    """`count` of `of` cells or steps that are not finite in `part` (loss, gradient, metric, prediction, run). `lasting`
    says that nothing finite comes after them or the run ended by it; `reason` is what the run says; `first` the epoch
    and the step, where known."""

    part: str
    task: str | None
    count: int
    of: int
    lasting: bool
    first: tuple[int | None, int | None] = (None, None)
    reason: str = ""
    split: str | None = None
    lr: float | None = None
    clipped: bool = True


def measure(case: Case) -> Iterator[Broken]:
    """The run's own word, then losses by task, the gradient, metrics and predictions, whichever are broken."""
    train = case.config.train if case.config else None
    lr, clipped = (train.lr, train.clip_norm is not None) if train else (None, True)
    for one in (*_said(case), *_losses(case), *_gradients(case), *_results(case)):
        yield replace(one, lr=lr, clipped=clipped)


def _said(case: Case) -> Iterator[Broken]:
    state = case.state or {}
    reason = str(state.get("reason") or "")
    if "not finite" in reason:
        task = next((name for name in case.tasks if repr(name) in reason), None)
        yield Broken("run", task, 1, 1, lasting=True, reason=reason)
    if state.get("left_out"):
        steps = max(int(state.get("step") or 0), int(state["left_out"]))
        yield Broken("step", None, int(state["left_out"]), steps, lasting=False)


def _losses(case: Case) -> Iterator[Broken]:
    for task in case.tasks:
        tables = [("loss", f"loss.{task}", case.steps)] if case.steps else []
        tables += [("loss", task, table) for table in (case.losses or {}).values()]
        found = [one for part, name, table in tables if (one := _column(table, name, part, task))]
        yield from found[:1]
    if case.epochs:
        totals = [_column(case.epochs, name, "loss", None) for name in ("train_loss", "val_loss")]
        yield from [one for one in totals if one][:1]


def _gradients(case: Case) -> Iterator[Broken]:
    for table in (case.steps, case.gradients):
        if table and (one := _column(table, "total_grad_norm", "gradient", None)):
            yield one
            return


def _column(table: Columns, name: str, part: str, task: str | None) -> Broken | None:
    values = table.get(name)
    if values is None or not len(values):
        return None
    bad = np.isinf(values)
    known = table.get(f"known.{task}")
    bad |= np.isnan(values) & ((known > 0) if known is not None else _stopped(values))
    if not bad.any():
        return None
    at = int(bad.argmax())
    first = tuple(int(table[key][at]) if key in table else None for key in ("epoch", "step"))
    # One overflow of half precision at the very last step is still no more than one overflow.
    lasting = not np.isfinite(values[at:]).any() and (part == "loss" or bad.sum() >= 3)
    return Broken(part, task, int(bad.sum()), len(values), bool(lasting), (first[0], first[1]))


def _stopped(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The cells after the last finite one, where they are more than a gap between two rows that are written."""
    finite = np.flatnonzero(np.isfinite(values))
    after = np.zeros(len(values), bool)
    if len(finite):
        longest = int(np.diff(finite, prepend=finite[0]).max(initial=0))
        tail = len(values) - 1 - int(finite[-1])
        after[finite[-1] + 1 :] = tail >= max(3, GAPS * longest + 1)
    return after


def _results(case: Case) -> Iterator[Broken]:
    for split, tasks in (case.metrics or {}).items():
        for task, scores in tasks.items():
            bad = sum(one.value is not None and not np.isfinite(one.value) for one in scores.values())
            if bad:
                yield Broken("metric", task, bad, len(scores), lasting=True, split=split)
    for split, predicted in (case.predictions or {}).items():
        for task, one in predicted.items():
            if np.issubdtype(one.pred.dtype, np.floating):
                lost = ~np.isfinite(one.pred.reshape(len(one.pred), -1)).all(axis=1) & one.mask
                if lost.any():
                    yield Broken("prediction", task, int(lost.sum()), int(one.mask.sum()), lasting=True, split=split)


_MANY = {
    "loss": "losses",
    "gradient": "norms of the gradient",
    "metric": "metrics",
    "prediction": "predictions",
    "step": "steps",
    "run": "runs",
}


def judge(broken: Broken) -> Finding | None:
    """An error where it lasts; a warning where the run went on without more than 1 % of its steps, else a note."""
    share = broken.count / broken.of
    about = f"{broken.task}: " if broken.task else ""
    epoch, step = broken.first
    when = ", ".join(f"{name} {at}" for name, at in (("epoch", epoch), ("step", step)) if at is not None)
    counted = f"{broken.count} of {broken.of} {_MANY[broken.part]} are not finite" + (
        f", first at {when}" if when else ""
    )
    what = broken.reason or counted
    if broken.part == "step":
        what = f"{broken.count} of {broken.of} steps were left out because their loss or gradient is not finite"
    patch = {"train.lr": float(f"{broken.lr / 10:.1g}")} if broken.lr else {}
    fixes = [Fix("lower the learning rate tenfold", patch, "every loss and gradient stays finite", "slower training")]
    if not broken.clipped:
        fixes.insert(0, Fix("limit the gradient's norm", {"train.clip_norm": 1.0}, "no gradient is infinite"))
    fixes.append(
        Fix("mask values that are not finite in the data", {"data.non_finite": "mask"}, "the first such step is fine")
    )
    return Finding(
        severity="error" if broken.lasting else "warning" if share > RARE else "note",
        what=about + what,
        scope=Scope(
            task=broken.task, split=broken.split, epochs=None if epoch is None else (epoch, epoch), key="train"
        ),
        evidence=(
            Fact(f"{_MANY[broken.part]} not finite", broken.count, threshold=0, source=f"of {broken.of}", window=when),
            Fact("share", share, threshold=RARE, source="overflow of half precision is rarer"),
        ),
        alternatives=(
            Alternative("exploding-gradient", "read the gradient norm over the steps before: it rises, or it does not"),
        ),
        fixes=tuple(fixes),
    )


CHECK = Check(
    id="non-finite",
    needs=("state|losses|steps|epochs|gradients|predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "stalled-training",
        "constant-output",
        "below-floor",
        "frozen-parameters",
        "below-majority",
        "probability-collapse",
        "loss-metric-divergence",
        "orphan-head",
    ),
)
