"""A first loss that is not what a constant answer loses.

What it finds
    A task whose loss at the very first step, before anything is learned, is far above what its best constant answer
    would lose, or far below it.

Why it matters
    A network that knows nothing should lose what a constant loses: ln K for K even classes. One that loses ten times
    that is sure and wrong; the first epochs go into unlearning it, with gradients that are as much too large and move
    the backbone for no task's good. One that loses far less already knows the answer, or measures another loss.

Evidence
    The loss at step 0 over the loss of the best constant on the training set, or ln K of cross-entropy over K classes,
    ln 2 of a yes-or-no loss, where that is not known; and the share of the run until the loss first came below it.

Remedy
    Start the last layer at 0 with the bias of the best constant, and standardise the targets.

When it can be wrong
    Weights that were trained before start below a constant, as they should. One batch is few windows: with rare classes
    or long tails it is a few times off, for which the factor allows.

Example
    Four even classes should begin at ln 4 = 1.386. A head whose logits have a standard deviation of 20 begins near 15:
    a factor of 10.8.

References
    Karpathy, "A recipe for training neural networks" (2019), on the loss at the start. TheDeepChecker takes a relative
    deviation of 1; polyhead's own heads start at the constant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

FAR, ODD = 10.0, 3.0
"""Factors for a warning and a note: a batch of 32 with a long tail is up to twice off, TheDeepChecker takes 2."""
SLOW = 0.05
"""Share of the run that may go into coming back to the constant without harm; one epoch of twenty."""
CROSS_ENTROPY = ("ce", "cross_entropy", "crossentropyloss", "categorical_crossentropy", "nll", "nllloss")
YES_OR_NO = ("bce", "bcewithlogitsloss", "bceloss", "binary_crossentropy", "binary_cross_entropy")


@dataclass(frozen=True)
class Start:
    """The loss of the first step over what was expected, the share of the run until it first came below that (1 where
    it never did), the two losses, and what the expectation is from."""

    task: str
    ratio: float
    until: float
    first: float
    expected: float
    source: str


def measure(case: Case) -> Iterator[Start]:
    """Every task whose loss at step 0 is known and has an expectation above 0."""
    steps = case.steps or {}
    if "step" in steps and int(steps["step"][0]) > 0:
        raise NotCheckedError(f"the record begins at step {int(steps['step'][0])}")
    looked = False
    for task, facts in case.tasks.items():
        values, (expected, source) = steps.get(f"loss.{task}"), _expected(facts)
        if values is None or not expected or not np.isfinite(values[0]):
            continue
        looked = True
        below = values < expected
        until = float(below.argmax() / len(values)) if below.any() else 1.0
        yield Start(task, float(values[0]) / expected, until, float(values[0]), expected, source)
    if not looked:
        raise NotCheckedError("no task with a loss at step 0 and a floor of it")


def _expected(facts: TaskFacts) -> tuple[float | None, str]:
    if facts.floor_loss is not None:
        return (facts.floor_loss if facts.floor_loss > 0 else None), "loss of the best constant"
    loss = (facts.loss or "").lower()
    if loss in CROSS_ENTROPY and len(facts.classes) > 1:
        return float(np.log(len(facts.classes))), f"ln {len(facts.classes)}"
    return (float(np.log(2)), "ln 2") if loss in YES_OR_NO else (None, "")


def judge(start: Start) -> Finding | None:
    """A warning where a tenfold loss took long to come down; else a note, also where the loss is a third or less."""
    if 1 / ODD < start.ratio < ODD:
        return None
    high = start.ratio >= ODD
    harmed = start.ratio >= FAR and start.until > SLOW
    took = f", and took {start.until:.0%} of the run to come below it" if high else ""
    return Finding(
        severity="warning" if harmed else "note",
        what=f"{start.task}: the first loss is {start.first:.3g}, {start.ratio:.2g} times the {start.expected:.3g} of a"
        f" constant answer{took}",
        scope=Scope(task=start.task, key=f"tasks.{start.task}"),
        evidence=(
            Fact("first loss over a constant's", start.ratio, threshold=FAR if high else 1 / ODD, source=start.source),
            *((Fact("share of the run until below", start.until, threshold=SLOW),) if high else ()),
        ),
        alternatives=(
            Alternative("loss-contract", "the loss of batches of other sizes: a sum grows with them, a mean does not")
            if high
            else Alternative("split-leakage", "whether the weights were trained before, and on which recordings"),
        ),
        fixes=(
            Fix(
                "start the last layer at 0 with the bias of the best constant, and standardise numbers"
                if high
                else "say where the weights come from, and check what the loss is taken of",
                {},
                f"a first loss of about {start.expected:.3g}",
            ),
        ),
    )


CHECK = Check(
    id="initial-loss",
    needs=("steps.loss.",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("loss-dominance", "exploding-gradient"),
)
