"""Learned weights that lag behind their losses.

What it finds
    A learned uncertainty sigma^2 that is far from the loss it should have come to rest at, late in training.

Why it matters
    The weights of uncertainty weighting come to rest where sigma^2 equals the loss (for L / 2 sigma^2 + log sigma), so
    that every weighted loss ends at one half. A sigma^2 well below its loss leaves the task with a larger share than
    the method would give it, one well above with a smaller one: the run was not balanced by the method it names.

Evidence
    lag = sigma^2 / loss of each task over the last fifth of the epochs, and how it moved over the last half, by the
    weights' own doing or by the loss's. At rest it is 1 (1/2 for the published form without the factor one half on the
    logarithm). Weights that were off from the first epochs on have never been at rest. Those that a falling loss left
    behind have, and are worth a warning only with harm: a task far from perfect under too small a weight, or beside
    one whose weight is too large.

Remedy
    A larger learning rate for the weights (balance.lr), a start at the measured losses, or a balance without learned
    weights.

When it can be wrong
    A loss that still falls fast is followed with a delay by weights that are otherwise fine; weights that move towards
    rest make it a note, and so does a task that is soon solved, whose loss runs ahead of its weight. The loss of a task
    that ended far worse than a constant is off itself. Losses of validation instead of training carry the gap between
    the two as well. A table with a single epoch, such as a paper prints, is judged as well, but cannot show that the
    lag lasted. The form L / 2 sigma^2 + log sigma is taken for granted in logs of other programs; with the published
    form that doubles the logarithm a lag of 1/2 is rest, which stays inside the band.

Example
    A countdown loss of 10.08 with sigma 1.47 has lag 1.47^2 / 10.08 = 0.21: the weight is 4.7 times what it would be
    at rest, and the task holds 10.08 / (2 x 2.16) = 2.33 of a weighted sum in which every task should hold 0.5. A lag
    that goes from 0.06 to 0.15 while sigma^2 stays at 0.003 is the loss's doing, not the weight's.

References
    Kendall, Gal and Cipolla, CVPR 2018: L / 2 sigma^2 + log sigma has its minimum over sigma at sigma^2 = L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.config.balance import KendallOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

LEAST, MOST = 1 / 3, 3.0
"""Band of lag around rest. A factor of 3 in the weight is what uncertainty weighting is used to correct; the value 0.21
of a published run that was judged balanced lies outside."""
EPOCHS = 5
"""Fewer than these say nothing about where weights come to rest, unless there is only one: a table from a paper."""
OWN = 0.5
"""Share of the way towards rest that sigma^2 went itself, at the least, for weights that are on their way there."""
POOR = 0.5
"""Half of the way from floor to perfect: a task that got there was not starved by its weight."""
WILD = -1.0
"""Skill of a task as far below a constant as that is below perfect: its loss has left the range of its weight."""
FASTER = 10
"""Times the learning rate in use that the remedy proposes: published runs that lag used that of the network, 1e-3, and
1e-2 is where such weights come to rest."""
USUAL_LR = 1e-2
"""Proposed where the rate in use is not known."""


@dataclass(frozen=True)
class Lag:
    """sigma^2 over the loss, relative to rest: of the last fifth of the epochs, and of the middle of the run. `count`
    epochs were seen, `phase` is the split of the losses, `form` that of the objective, None where it is taken for
    granted, `lr` the learning rate of the weights where the configuration tells it. `own` is the share of the change of
    log lag since the middle that log sigma^2 made, `harmed` the task that the weight is to the disadvantage of: itself
    where it is too small, else the worst of the others; None where nothing tells how far it got. `start` is the lag of
    the first fifth, `skill` that of the task on the judged split."""

    task: str
    last: float
    middle: float
    epochs: tuple[int, int]
    count: int
    phase: str
    form: str | None
    lr: float | None
    own: float = 1.0
    harmed: Progress | None = None
    start: float = 1.0
    skill: float | None = None


def measure(case: Case) -> Iterator[Lag]:
    """The lag of every task with a learned sigma and a positive loss."""
    weights, losses = case.weights or {}, (case.losses or {})
    phase = next((one for one in ("train", "val") if one in losses), None)
    if phase is None:
        raise NotCheckedError("no losses of tasks over epochs")
    options = case.config.balance if case.config and isinstance(case.config.balance, KendallOptions) else None
    form = options.form if options else None
    rest = 0.5 if form == "published_003" else 1.0
    table, seen, reached = losses[phase], 0, progress_of(case)
    for task in case.tasks:
        sigma, loss = weights.get(f"sigma_{task}"), table.get(task)
        if sigma is None or loss is None:
            continue
        epochs, lag, sigma2 = _lags(weights["epoch"], sigma, table["epoch"], loss)
        if not len(lag) or (epochs[-1] < EPOCHS and not len(table["epoch"]) == len(lag) == 1):
            continue
        seen += 1
        late = max(1, len(lag) // 5)
        ends, middles = slice(-late, None), slice(len(lag) // 2, len(lag) // 2 + late)
        last, middle = float(np.median(lag[ends])) / rest, float(np.median(lag[middles])) / rest
        moved, by_weight = np.log(last / middle), np.log(np.median(sigma2[ends]) / np.median(sigma2[middles]))
        scored = case.score(task)
        yield Lag(
            task,
            last,
            middle,
            (int(epochs[-late]), int(epochs[-1])),
            len(lag),
            phase,
            form,
            options.lr if options else None,
            float(by_weight / moved) if moved else 0.0,
            next((one for one in reached if (one.task == task) is (last > 1)), None),
            float(np.median(lag[:late])) / rest,
            scored[1].skill if scored else None,
        )
    if not seen:
        raise NotCheckedError(f"no task with a sigma and a loss above 0, up to epoch {EPOCHS} or later")


def _lags(
    at: NDArray[np.float64], sigma: NDArray[np.float64], epoch: NDArray[np.float64], loss: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Epochs that both tables have, sigma^2 / loss and sigma^2 there, where both are positive numbers."""
    shared, first, second = np.intersect1d(at, epoch, return_indices=True)
    sigma, loss = sigma[first], loss[second]
    good = np.isfinite(sigma) & np.isfinite(loss) & (sigma > 0) & (loss > 0)
    return shared[good], sigma[good] ** 2 / loss[good], sigma[good] ** 2


def judge(lag: Lag) -> Finding | None:
    """A warning where the weights are a factor of 3 from rest, and always were or do harm; a note where they are on
    their way there, or a loss ran ahead of them that no task suffers from."""
    if LEAST <= lag.last <= MOST:
        return None
    moving = lag.count > 1 and abs(np.log(lag.last)) < 0.8 * abs(np.log(lag.middle)) and lag.own >= OWN
    always = lag.count == 1 or (lag.start < LEAST if lag.last < 1 else lag.start > MOST)
    wild = lag.skill is not None and lag.skill < WILD
    unharmed = wild or (not always and lag.harmed is not None and lag.harmed.value >= POOR)
    against = (Fact("lag in the middle of the run", lag.middle, source="moving towards 1"),) if moving else ()
    began = (Fact("lag in the first epochs", lag.start, threshold=LEAST if lag.last < 1 else MOST),)
    told = () if lag.harmed is None else (lag.harmed.fact(POOR),)
    side = "larger" if lag.last < 1 else "smaller"
    once = "" if lag.count > 1 else "; a single epoch, so it cannot be shown that it lasted"
    source = f"sigma^2 = loss at rest, form {lag.form or 'half (taken for granted)'}"
    rest = Fact(
        "lag",
        lag.last,
        threshold=LEAST if lag.last < 1 else MOST,
        source=f"{source}, x 1/2 here" if lag.form == "published_003" else source,
        window=f"epochs {lag.epochs[0]} to {lag.epochs[1]} of {lag.phase}{once}",
    )
    faster = Fix(
        "learn the weights ten times as fast",
        {"balance.lr": float(f"{FASTER * lag.lr:.2g}") if lag.lr is not None else USUAL_LR},
        "lag of every task between 1/3 and 3 by the end",
        risk="weights that swing with the noise of single batches",
    )
    floor = Fix("weigh by what a constant would lose", {"balance": "floor"}, "shares start equal, none is learned")
    return Finding(
        severity="note" if moving or unharmed else "warning",
        what=f"{lag.task}: sigma^2 is {lag.last:.2g} of its value at rest, its weight {1 / lag.last:.2g} times it,"
        f" {side} than the method would give",
        scope=Scope(task=lag.task, epochs=lag.epochs, key="balance"),
        evidence=(rest, *(began if always else ()), *(() if always or unharmed else told)),
        counter_evidence=(*against, *(told if unharmed else ())),
        alternatives=(
            Alternative(
                "stalled-training", "train twice as long: weights that only lag move on, a stalled task does not"
            ),
        ),
        fixes=(faster, floor),
    )


CHECK = Check(
    id="weight-lag",
    needs=("weights.sigma_", "losses"),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("loss-dominance",),
)
