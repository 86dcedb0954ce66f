"""A learning rate that is too low, too high, or zero.

What it finds
    Steps that move the weights by far too little or far too much of their own size for most of training; first steps
    so long that they throw the network out of its start; and a learning rate that is 0.

Why it matters
    What counts is not the rate but how far a step moves the weights. Below a hundred-thousandth of their size a run of
    usual length cannot leave its start; above a tenth every step overwrites what the last ones learned.

Evidence
    Norm of the update over norm of the weights, at sampled steps whose rate is at least half of its peak, so that
    warm-up and the end of a schedule do not count: the median, and the share of samples on its side of the band. Of
    the first 20 steps the third largest loss over the first one, and the largest update ratio of the first samples,
    since after such a start steps are small beside weights that have grown. The share of steps at a rate of 0. For
    harm, how far the tasks are from their floors.

Remedy
    The rate multiplied by what brings the ratio to about a thousandth, in first steps to a hundredth.

When it can be wrong
    Fine-tuning moves little on purpose, and small networks with small weights move much; where the tasks learned, both
    are notes. A ratio over all weights hides a group with a rate of its own.

Example
    A ratio of 2e-6 at a rate of 1e-6: 2e-6 / 1e-3 = 1/500 of the usual, so a rate of 5e-4 would bring it there.

References
    Karpathy, notes of Stanford's CS231n, on updates of about a thousandth of the weights; the band 1e-5 to 1e-1 is
    torchmortem's. No range of rates as such is used: it depends on the optimiser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

LEAST, MOST = 1e-5, 1e-1
"""Band of the update ratio (torchmortem)."""
USUAL = 1e-3
"""What the remedy aims at (Karpathy's rule of thumb)."""
SUSTAINED = 0.8
"""Share of the samples that must lie outside."""
SAMPLES = 5
"""Fewer sampled steps are no more than the first ones, in which weights that start at 0 move much."""
FIRST, THROWN, AT_START = 20, 5.0, 1e-2
"""Three of the first 20 steps lose more than 5 times what the first one lost, which is about what a constant loses:
batches of healthy runs stay within twice. The ratio that the remedy aims at there, usual of Adam's first steps."""
AT_FLOOR = 0.1
"""A task that came less than a tenth of the way from its floor (deepchecks' gain over a simple model)."""
ZERO = 0.5
"""Share of steps at a rate of 0 that no schedule explains: warm-up and decay touch 0 at single steps."""


@dataclass(frozen=True)
class Moves:
    """The median update ratio near the peak rate, the share of its samples below and above the band, the largest of
    the first samples (NaN where there is none), the third largest loss of the first steps over the first one, of the
    task where that is most, the share of steps at a rate of 0, the peak rate, the worst task, and the rate that stands
    in the configuration."""

    ratio: float
    below: float
    above: float
    samples: int
    early: float
    thrown: float
    zero: float
    peak: float
    worst: Progress | None
    lr: float | None


def measure(case: Case) -> Iterator[Moves]:
    """The update ratio over sampled steps, and the rates over steps or epochs."""
    steps, epochs = case.steps or {}, case.epochs or {}
    rates = steps.get("lr", epochs.get("lr", np.zeros(0)))
    known = rates[np.isfinite(rates)]
    ratio = steps.get("update_ratio", np.zeros(0))
    near = np.isfinite(ratio)
    if len(known) and len(rates) == len(ratio):
        near &= ~(rates < known.max() / 2)
    first = ratio[np.isfinite(ratio)][:SAMPLES]
    sampled = ratio[near]
    if len(sampled) < SAMPLES:
        sampled = sampled[:0]
    if not len(known) and not len(sampled):
        raise NotCheckedError(f"neither learning rates nor {SAMPLES} update ratios")
    yield Moves(
        ratio=float(np.median(sampled)) if len(sampled) else float("nan"),
        below=float(np.mean(sampled < LEAST)) if len(sampled) else 0.0,
        above=float(np.mean(sampled > MOST)) if len(sampled) else 0.0,
        samples=len(sampled),
        early=float(first.max()) if len(first) else float("nan"),
        thrown=max((_thrown(steps[f"loss.{task}"]) for task in case.tasks if f"loss.{task}" in steps), default=1.0),
        zero=float(np.mean(known == 0)) if len(known) else 0.0,
        peak=float(known.max()) if len(known) else float("nan"),
        worst=next(iter(progress_of(case)), None),
        lr=case.config.train.lr if case.config else None,
    )


def _thrown(losses: NDArray[np.float64]) -> float:
    first = losses[:FIRST][np.isfinite(losses[:FIRST])]
    return float(np.sort(first)[-3] / first[0]) if len(first) == FIRST and first[0] > 0 else 1.0


def judge(moves: Moves) -> Finding | None:
    """Zero is an error if it lasts all along; outside the band a warning, an error if a task's interval ends below a
    tenth, a note where all tasks learned."""
    if moves.zero > ZERO:
        return _zero(moves)
    low, thrown = moves.below >= SUSTAINED, moves.thrown > THROWN and not moves.early <= MOST
    if not low and not thrown and moves.above < SUSTAINED:
        return None
    worst = moves.worst
    harmed = worst is None or worst.value < AT_FLOOR
    proven = worst is not None and worst.interval is not None and worst.upper < AT_FLOOR
    harm = () if worst is None else (worst.fact(AT_FLOOR),)
    bound = LEAST if low else MOST
    ratio, aim = (moves.early, AT_START) if thrown and not low else (moves.ratio, USUAL)
    better = {"train.lr": float(f"{moves.lr * aim / ratio:.1g}")} if moves.lr and ratio > 0 else {}
    share = moves.below if low else moves.above
    sustained = (
        f"a step moves the weights by {moves.ratio:.2g} of their size, {'less' if low else 'more'} than {bound:g}"
    )
    sustained += f" at {share:.0%} of {moves.samples} sampled steps"
    start = f"the first {FIRST} steps throw a loss to {moves.thrown:.3g} times its first value"
    start += "" if np.isnan(moves.early) else f", moving the weights by up to {moves.early:.2g} of their size"
    return Finding(
        severity="error" if proven else "warning" if harmed else "note",
        what=start if thrown and not low else sustained,
        scope=Scope(key="train.lr"),
        evidence=(
            Fact("update ratio", moves.ratio, threshold=bound, source="torchmortem", window="near the peak rate"),
            *((Fact("loss over the first", moves.thrown, None, THROWN, "", f"first {FIRST} steps"),) if thrown else ()),
            *(harm if harmed else ()),
        ),
        counter_evidence=() if harmed else harm,
        alternatives=(
            Alternative("vanishing-gradient", "raise the rate: with vanished gradients only the last layers move more"),
            Alternative("exploding-gradient", "spikes of the norm at single steps, not a high ratio all along"),
        ),
        fixes=(
            Fix(
                f"bring the update ratio to about {aim:g}",
                better,
                "an update ratio between 1e-4 and 1e-2, and losses that fall",
                risk="" if not low else "a rate that suits the mean of the weights may be high for some",
            ),
        ),
    )


def _zero(moves: Moves) -> Finding:
    return Finding(
        severity="error" if moves.zero == 1 else "warning",
        what=f"the learning rate is 0 at {moves.zero:.0%} of the steps, its peak {moves.peak:g}",
        scope=Scope(key="train.schedule"),
        evidence=(
            Fact("share of steps at rate 0", moves.zero, threshold=ZERO, source="schedules touch 0 at single steps"),
        ),
        alternatives=(Alternative("schedule-pathology", "the rate over steps: when it fell to 0, and what let it"),),
        fixes=(
            Fix("a constant rate", {"train.schedule": "none"} if moves.lr else {}, "weights that move at every step"),
        ),
    )


CHECK = Check(
    id="learning-rate",
    needs=("steps.update_ratio|steps.lr|epochs",),
    cost="gradients",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        *("exploding-gradient", "vanishing-gradient", "dead-units", "rank-collapse", "non-finite"),
        *("stalled-training", "frozen-parameters", "constant-output", "below-floor"),
    ),
)
