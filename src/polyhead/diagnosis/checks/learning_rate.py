"""A learning rate that is too low, too high, or zero.

What it finds
    Steps that move the weights by far too little or far too much of their own size for most of training; first steps
    so long that they overwrite the network's start; a gradient that is clipped to next to nothing; and a learning rate
    that is 0.

Why it matters
    What counts is not the rate but how far a step moves the weights. Below a hundred-thousandth of their size a run of
    usual length cannot leave its start; above a tenth every step overwrites what the last ones learned. Plain gradient
    descent that is clipped at every step has that part of its rate which the clip leaves; Adam, which divides by the
    size of its gradients, has not.

Evidence
    Norm of the update over norm of the weights, at sampled steps whose rate is at least half of its peak, so that
    warm-up and the end of a schedule do not count: the median, and the share of samples on its side of the band. The
    mean ratio times the number of steps: what all of them could have moved the weights at the most, had they all gone
    one way. Of the first 20 steps the third largest loss over the first one, and the largest two update ratios of the
    first samples, since after such a start steps are small beside weights that have grown. With SGD, the median of the
    clipping norm over the norm of the gradient. The share of steps at a rate of 0. For harm, how far the tasks are from
    their floors.

Remedy
    The rate multiplied by what brings the ratio to about a thousandth, in first steps to a hundredth; a clip at the
    usual norm of the gradient.

When it can be wrong
    Fine-tuning moves little on purpose, and small networks with small weights move much; where the tasks learned, both
    are notes. A ratio over all weights hides a group with a rate of its own.

Example
    A ratio of 2e-6 at a rate of 1e-6: 2e-6 / 1e-3 = 1/500 of the usual, so a rate of 5e-4 would bring it there. A ratio
    of 5e-5 over 60 steps moves the weights by 60 x 5e-5 = 0.3 % of their size at the most. A clip at 1e-4 of gradients
    whose norm is 5 leaves 2e-5 of a rate of 0.01: the run is one at 2e-7.

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
FEW = 1e-4
"""A tenth of the usual ratio, at which the length of the run tells whether the weights could leave their start."""
PATH = 0.01
"""Of the size of the weights: what all steps together may move them at the least, a tenth of the longest single one."""
OFTEN = 0.2
"""Share of the samples near the peak rate that move more than a tenth: every fifth step overwrites what the four
between them learned. At the start, before the weights have grown, two of the first five samples do."""
CLIPPED = 1e-2
"""Of the gradient's norm: a clip is there for steps that stand out, and one that takes 99 % of the usual step sets the
rate instead."""
POOR = 0.5
"""Half of the way from floor to perfect: after long first steps a task that did not get there was not unharmed."""
AT_FLOOR = 0.1
"""A task that came less than a tenth of the way from its floor (deepchecks' gain over a simple model)."""
ABSORBED = 1e-6
"""A rate from which single precision does not swallow a step of Adam: there a weight that moves by exactly nothing was
not given to the optimiser, which another check names."""
ZERO = 0.5
"""Share of steps at a rate of 0 that no schedule explains: warm-up and decay touch 0 at single steps."""


@dataclass(frozen=True)
class Moves:
    """The median update ratio near the peak rate, the share of its samples below and above the band, the largest of
    the first samples (NaN where there is none), the third largest loss of the first steps over the first one, of the
    task where that is most, the share of steps at a rate of 0, the peak rate, the worst task, and the rate that stands
    in the configuration. `second` is the second largest of the first samples, `few` the share of samples below a tenth
    of the usual ratio, `path` the mean ratio times the number of steps (NaN where they were not counted); `clipped` the
    median of what a clip leaves of a gradient of norm `norm`, 1 where it does not set the length of the step."""

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
    second: float = float("nan")
    few: float = 0.0
    path: float = float("nan")
    clipped: float = 1.0
    norm: float = float("nan")


def measure(case: Case) -> Iterator[Moves]:
    """The update ratio over sampled steps, and the rates over steps or epochs."""
    steps, epochs = case.steps or {}, case.epochs or {}
    rates = steps.get("lr", epochs.get("lr", np.zeros(0)))
    known = rates[np.isfinite(rates)]
    ratio = steps.get("update_ratio", np.zeros(0))
    near = np.isfinite(ratio)
    if len(known) and len(rates) == len(ratio):
        near &= ~(rates < known.max() / 2)
    if len(known) and known.max() > ABSORBED:
        near &= ratio != 0
    first = ratio[np.isfinite(ratio)][:SAMPLES]
    sampled, all_sampled = ratio[near], ratio[np.isfinite(ratio)]
    clipped, norm = _clipped(case)
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
        second=float(np.sort(first)[-2]) if len(first) == SAMPLES else float("nan"),
        few=float(np.mean(sampled < FEW)) if len(sampled) else 0.0,
        path=float(all_sampled.mean() * len(ratio)) if len(sampled) else float("nan"),
        clipped=clipped,
        norm=norm,
    )


def _clipped(case: Case) -> tuple[float, float]:
    """The median over steps of what clipping leaves of the gradient, and the median norm; 1 where there is no clip, or
    an optimiser that the size of the gradient does not matter to."""
    norms = (case.steps or {}).get("total_grad_norm", np.zeros(0))
    norms = norms[np.isfinite(norms) & (norms > 0)]
    train = case.config.train if case.config else None
    if train is None or train.clip_norm is None or train.optimizer != "sgd" or len(norms) < SAMPLES:
        return 1.0, float("nan")
    return float(np.median(np.minimum(1.0, train.clip_norm / norms))), float(np.median(norms))


def _thrown(losses: NDArray[np.float64]) -> float:
    first = losses[:FIRST][np.isfinite(losses[:FIRST])]
    return float(np.sort(first)[-3] / first[0]) if len(first) == FIRST and first[0] > 0 else 1.0


def judge(moves: Moves) -> Finding | None:
    """Zero is an error if it lasts all along; outside the band a warning, an error if a task's interval ends below a
    tenth, a note where all tasks learned."""
    if moves.zero > ZERO:
        return _zero(moves)
    short = moves.few >= SUSTAINED and moves.path < PATH
    low, thrown = moves.below >= SUSTAINED or short, moves.thrown > THROWN and not moves.early <= MOST
    wild = moves.above >= OFTEN or moves.second > MOST
    if moves.clipped < CLIPPED and not thrown:
        return _clip(moves)
    if not low and not thrown and not wild:
        return None
    worst = moves.worst
    sustained = low or moves.above >= SUSTAINED
    far = AT_FLOOR if sustained else POOR
    harmed = worst is None or worst.value < far
    proven = worst is not None and worst.interval is not None and worst.upper < AT_FLOOR
    harm = () if worst is None else (worst.fact(far),)
    bound = LEAST if low else MOST
    at_start = not low and (thrown or (moves.second > MOST and not moves.above >= SUSTAINED))
    ratio, aim = (moves.early, AT_START) if at_start and moves.early > MOST else (moves.ratio, USUAL)
    tells = ratio > 0 and (low or ratio > aim)  # a fifth of the steps may be long where the median is not
    better = {"train.lr": float(f"{moves.lr * aim / ratio:.1g}")} if moves.lr and tells else {}
    what = _what(moves, low, short, thrown, at_start)
    return Finding(
        severity="error" if proven else "warning" if harmed else "note",
        what=what,
        scope=Scope(key="train.lr"),
        evidence=(
            Fact("update ratio", moves.ratio, threshold=bound, source="torchmortem", window="near the peak rate"),
            *((Fact("all steps together", moves.path, None, PATH, "mean update ratio times steps"),) if short else ()),
            *((Fact("loss over the first", moves.thrown, None, THROWN, "", f"first {FIRST} steps"),) if thrown else ()),
            *((Fact("largest of the first update ratios", moves.early, None, MOST),) if at_start else ()),
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


def _what(moves: Moves, low: bool, short: bool, thrown: bool, at_start: bool) -> str:
    """What the steps do, in a sentence."""
    if short and moves.below < SUSTAINED:
        return (
            f"a step moves the weights by {moves.ratio:.2g} of their size, and all steps together by no more than"
            f" {moves.path:.2g}"
        )
    if thrown and not low:
        start = f"the first {FIRST} steps throw a loss to {moves.thrown:.3g} times its first value"
        moved = f", moving the weights by up to {moves.early:.2g} of their size"
        return start if np.isnan(moves.early) else start + moved
    if at_start:
        both = f"{moves.second:.2g} and {moves.early:.2g}"
        return f"two of the first sampled steps move the weights by {both} of their size, more than {MOST:g}"
    share, bound = (moves.below, LEAST) if low else (moves.above, MOST)
    length = f"a step moves the weights by {moves.ratio:.2g} of their size"
    if not low and moves.above < SUSTAINED:
        return f"{length}, and {share:.0%} of {moves.samples} sampled steps by more than {bound:g}"
    return f"{length}, {'less' if low else 'more'} than {bound:g} at {share:.0%} of {moves.samples} sampled steps"


def _clip(moves: Moves) -> Finding:
    worst, lr = moves.worst, "" if moves.lr is None else f" of the rate of {moves.lr:g}"
    harmed = worst is None or worst.value < AT_FLOOR
    proven = worst is not None and worst.interval is not None and worst.upper < AT_FLOOR
    harm = () if worst is None else (worst.fact(AT_FLOOR),)
    return Finding(
        severity="error" if proven else "warning" if harmed else "note",
        what=f"clipping leaves {moves.clipped:.2g} of a gradient whose norm is {moves.norm:.2g}, and so much{lr}",
        scope=Scope(key="train.clip_norm"),
        evidence=(
            Fact("clipping norm over the gradient's", moves.clipped, None, CLIPPED, "median over steps"),
            *(harm if harmed else ()),
        ),
        counter_evidence=() if harmed else harm,
        alternatives=(Alternative("vanishing-gradient", "the norm before clipping: it is not small"),),
        fixes=(
            Fix(
                "clip at the usual norm of the gradient",
                {"train.clip_norm": float(f"{moves.norm:.1g}")},
                "losses that fall, and a clip that few steps meet",
                risk="the rate in the configuration, which nothing has tried yet, may be too high",
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
        "exploding-gradient",
        "vanishing-gradient",
        "dead-units",
        "rank-collapse",
        "non-finite",
        "stalled-training",
        "frozen-parameters",
        "constant-output",
        "below-floor",
        "probability-collapse",
        "below-majority",
        "loss-metric-divergence",
        "orphan-head",
        "head-range",
        "degenerate-r2",
    ),
)
