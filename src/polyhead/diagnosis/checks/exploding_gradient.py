"""Gradients that explode.

What it finds
    Steps whose gradient, before clipping, is more than ten times what it was over the steps before, again and again.

Why it matters
    A step is as long as its gradient says. One that is ten times too long leaves the region in which the gradient told
    the truth, the loss rises, and the next gradient is longer still. Clipping hides this from the weights, not from the
    direction: a clipped spike still moves all tasks the way of the few windows that made it.

Evidence
    The norm of the whole gradient over the median of the 50 steps before; how many steps in 20 exceed ten times it;
    and, for harm, how far each task's loss stands above its best stretch over the last fifth of the run and no less
    than its last three epochs, in standard deviations of its own noise, and how the task's metric stands.

Remedy
    A limit on the gradient's norm where there is none; where there is one, a lower learning rate or a loss that grows
    linearly with large errors. Where gradients were looked at and are even, clipping mends nothing and is not advised.

When it can be wrong
    Rare extreme windows make honest spikes that do no harm; those are a note, as is a loss above its best of a task
    whose metric is well above its floor. A run that still trains may come back: no error before its end. A schedule
    that restarts, or a balance that changes its weights at once, moves the norm as well.

Example
    Norms of 2 with 40, 60 and 30 among 20 steps exceed 10 x 2 three times. With the loss back where it was this is a
    note; with the loss 5 sd of its noise above its best over the last fifth, and a poor metric, it is an error.

References
    Pascanu, Mikolov and Bengio, ICML 2013, on exploding gradients and clipping by the norm. A spike at ten times the
    median is the rule of trainproof; persistence and harm are asked for here beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.config.training import TrainOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import Standing, standing_of
from polyhead.diagnosis.curves import Values, jitter
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity

SPIKE = 10.0
"""Times the running median that counts as a spike (trainproof; AutoTrainer takes 70, of one step alone)."""
PLACES = 200
"""Stretches of a loss that are looked at, however long the run."""
OFTEN, WINDOW, BEFORE = 3, 20, 50
"""Three spikes in 20 steps are no single odd batch; the median is of up to 50 steps before, at least 20."""
RISEN = 3.0
"""Standard deviations of a loss's noise by which it ends above its best."""
PART, EPOCHS = 5, 3
"""The end is the last fifth of the steps and no less than three epochs: one noisy epoch is no lasting harm."""
POOR = ("floor", "fell", "poor")
"""Standings of a metric that prove harm; where nothing tells how a task stands there is a warning and no error."""


@dataclass(frozen=True)
class Spikes:
    """The most steps of any 20 whose norm exceeds SPIKE x the median before, where (epoch, step), the largest ratio,
    the share of windows of 20 that hold as many as OFTEN, the task whose loss rose most, by how many sd (NaN where the
    run is too short to tell) and how its metric stands, whether the run is still `going`, and the options of
    training."""

    most: int
    ratio: float
    windows: float
    first: tuple[int | None, int]
    median: float
    task: str | None
    risen: float
    standing: Standing
    going: bool
    train: TrainOptions | None


def measure(case: Case) -> Iterator[Spikes]:
    """Ratios of the gradient's norm to its running median, and the rise of the losses. An infinite norm counts."""
    steps = case.steps or {}
    norm = steps["total_grad_norm"]
    rows = np.flatnonzero(~np.isnan(norm))
    norm = norm[rows]
    if len(norm) < 2 * WINDOW:
        raise NotCheckedError(f"the gradient's norm at {len(norm)} steps only, {2 * WINDOW} are needed")
    early = [np.median(norm[:at]) for at in range(WINDOW, min(BEFORE, len(norm)))]
    views = np.lib.stride_tricks.sliding_window_view(norm[:-1], min(BEFORE, len(norm) - 1))
    later = np.median(views, axis=1)[: max(0, len(norm) - BEFORE)]
    median = np.r_[early, later]
    with np.errstate(invalid="ignore"):
        ratio = np.where(np.isinf(norm[WINDOW:]), np.inf, norm[WINDOW:] / np.maximum(median, 1e-300))
    spiked = (ratio > SPIKE).astype(int)
    counts = np.convolve(spiked, np.ones(WINDOW, int))[WINDOW - 1 : len(spiked)] if len(spiked) >= WINDOW else [0]
    at = int(rows[WINDOW + int(spiked.argmax())])
    losses = {task: steps[f"loss.{task}"] for task in case.tasks if f"loss.{task}" in steps}
    losses = losses or {"": steps.get("total_loss", np.zeros(0))}
    risen = {task: one for task, values in losses.items() if np.isfinite(one := _rise(values, steps.get("epoch")))}
    standing = {task: standing_of(case, task) if task else "unknown" for task in risen}
    worst = max(risen, key=lambda task: (standing[task] != "fair", risen[task]), default=None)
    yield Spikes(
        most=int(np.max(counts)),
        ratio=float(ratio.max()),
        windows=float(np.mean(np.asarray(counts) >= OFTEN)),
        first=(
            int(steps["epoch"][at]) if "epoch" in steps else None,
            int(steps["step"][at]) if "step" in steps else at,
        ),
        median=float(np.median(norm)),
        task=worst or None,
        risen=risen[worst] if worst is not None else float("nan"),
        standing=standing[worst] if worst is not None else "unknown",
        going=(case.state or {}).get("status") == "training",
        train=case.config.train if case.config else None,
    )


def _rise(losses: Values, epochs: Values | None) -> float:
    """How far the median of the end stands above the lowest one of that length before, in standard deviations of the
    jitter between steps; NaN where the end is more than half of the run."""
    known = np.isfinite(losses)
    values, width = losses[known], int(known.sum()) // PART
    if epochs is not None and known.any():
        last = np.unique(epochs[known])[-EPOCHS:]
        if len(last) < EPOCHS:
            return float("nan")
        width = max(width, int((epochs[known] >= last[0]).sum()))
    if width < 2 or 2 * width > len(values):
        return float("nan")
    starts = np.unique(np.linspace(0, len(values) - width, PLACES).astype(int))
    medians = np.array([np.median(values[at : at + width]) for at in starts])
    best = int(medians.argmin())
    return float((medians[-1] - medians[best]) / jitter(values[: starts[best] + width]))


def judge(spikes: Spikes) -> Finding | None:
    """A note without harm; a warning where a loss stays above its best and the task's metric is not fair, an error
    where that metric is poor, the run has ended, and the spikes are unclipped or last."""
    if spikes.most < OFTEN:
        return None
    harmed = spikes.risen > RISEN and spikes.standing != "fair"
    clip = spikes.train.clip_norm if spikes.train else None
    lasting = spikes.windows > 0.2 or spikes.most > WINDOW // 2
    proven = spikes.standing in POOR and not spikes.going and (lasting or (spikes.train is not None and not clip))
    severity: Severity = "note" if not harmed else "error" if proven else "warning"
    epoch, step = spikes.first
    loss = "the loss" if spikes.task is None else f"the loss of {spikes.task}"
    lower = {"train.lr": float(f"{spikes.train.lr / 3:.1g}")} if spikes.train else {}
    fixes = [Fix("lower the learning rate threefold", lower, "no spike in any 20 steps", "slower training")]
    if clip is None and harmed:
        limit = {"train.clip_norm": float(f"{spikes.median:.2g}")} if np.isfinite(spikes.median) else {}
        fixes.insert(0, Fix("limit the norm to its median", limit, f"{loss} stays near its best"))
    return Finding(
        severity=severity,
        what=f"the gradient exceeds {SPIKE:g} times its running median at {spikes.most} of {WINDOW} steps, by up to"
        f" {spikes.ratio:.3g} times"
        + (f", and {loss} stays {spikes.risen:.2g} sd above its best at the end" if harmed else ""),
        scope=Scope(task=spikes.task if harmed else None, epochs=(epoch, epoch) if epoch else None, key="train"),
        evidence=(
            Fact(
                "spikes in 20 steps", spikes.most, threshold=OFTEN, source="10 x running median", window=f"step {step}"
            ),
            Fact("share of windows with spikes", spikes.windows, threshold=0.2),
            Fact("loss above its best, sd", spikes.risen, threshold=RISEN, source="noise of the loss between steps"),
        ),
        counter_evidence=(
            *(() if clip is None else (Fact("train.clip_norm", clip, source="the weights see clipped steps"),)),
            *((Fact("the run", "still goes on", source="state.json"),) if spikes.going else ()),
        ),
        alternatives=(
            Alternative("learning-rate", "a third of the learning rate: spikes by the data stay, spikes by steps go"),
            Alternative("reweighting-blowup", "look at the weights of the windows in the steps that spike"),
        ),
        fixes=tuple(fixes),
    )


CHECK = Check(
    id="exploding-gradient",
    needs=("steps.total_grad_norm",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "non-finite",
        "dead-units",
        "stalled-training",
        "rank-collapse",
        "probability-collapse",
        "constant-output",
        "below-floor",
        "below-majority",
        "loss-metric-divergence",
    ),
)
