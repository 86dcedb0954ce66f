"""Learned weights that lag behind their losses.

What it finds
    A learned uncertainty sigma^2 that is far from the loss it should have come to rest at, late in training.

Why it matters
    The weights of uncertainty weighting come to rest where sigma^2 equals the loss (for L / 2 sigma^2 + log sigma), so
    that every weighted loss ends at one half. A sigma^2 well below its loss leaves the task with a larger share than
    the method would give it, one well above with a smaller one: the run was not balanced by the method it names.

Evidence
    lag = sigma^2 / loss of each task over the last fifth of the epochs, and how it moved over the last half. At rest it
    is 1 (1/2 for the published form without the factor one half on the logarithm).

Remedy
    A larger learning rate for the weights (balance.lr), a start at the measured losses, or a balance without learned
    weights.

When it can be wrong
    A loss that still falls fast is followed with a delay by weights that are otherwise fine; a trend towards 1 makes
    it a note. Losses of validation instead of training carry the gap between the two as well. A table with a single
    epoch, such as a paper prints, is judged as well, but cannot show that the lag lasted. The form L / 2 sigma^2 +
    log sigma is taken for granted in logs of other programs; with the published form that doubles the logarithm a lag
    of 1/2 is rest, which stays inside the band.

Example
    A countdown loss of 10.08 with sigma 1.47 has lag 1.47^2 / 10.08 = 0.21: the weight is 4.7 times what it would be
    at rest, and the task holds 10.08 / (2 x 2.16) = 2.33 of a weighted sum in which every task should hold 0.5.

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

LEAST, MOST = 1 / 3, 3.0
"""Band of lag around rest. A factor of 3 in the weight is what uncertainty weighting is used to correct; the value 0.21
of a published run that was judged balanced lies outside."""
EPOCHS = 5
"""Fewer than these say nothing about where weights come to rest, unless there is only one: a table from a paper."""
FASTER = 10
"""Times the learning rate in use that the remedy proposes: published runs that lag used that of the network, 1e-3, and
1e-2 is where such weights come to rest."""
USUAL_LR = 1e-2
"""Proposed where the rate in use is not known."""


@dataclass(frozen=True)
class Lag:
    """sigma^2 over the loss, relative to rest: of the last fifth of the epochs, and of the middle of the run. `count`
    epochs were seen, `phase` is the split of the losses, `form` that of the objective, None where it is taken for
    granted, `lr` the learning rate of the weights where the configuration tells it."""

    task: str
    last: float
    middle: float
    epochs: tuple[int, int]
    count: int
    phase: str
    form: str | None
    lr: float | None


def measure(case: Case) -> Iterator[Lag]:
    """The lag of every task with a learned sigma and a positive loss."""
    weights, losses = case.weights or {}, (case.losses or {})
    phase = next((one for one in ("train", "val") if one in losses), None)
    if phase is None:
        raise NotCheckedError("no losses of tasks over epochs")
    options = case.config.balance if case.config and isinstance(case.config.balance, KendallOptions) else None
    form = options.form if options else None
    rest = 0.5 if form == "published_003" else 1.0
    table, seen = losses[phase], 0
    for task in case.tasks:
        sigma, loss = weights.get(f"sigma_{task}"), table.get(task)
        if sigma is None or loss is None:
            continue
        epochs, lag = _lags(weights["epoch"], sigma, table["epoch"], loss)
        if not len(lag) or (epochs[-1] < EPOCHS and not len(table["epoch"]) == len(lag) == 1):
            continue
        seen += 1
        late = max(1, len(lag) // 5)
        yield Lag(
            task,
            float(np.median(lag[-late:])) / rest,
            float(np.median(lag[len(lag) // 2 : len(lag) // 2 + late])) / rest,
            (int(epochs[-late]), int(epochs[-1])),
            len(lag),
            phase,
            form,
            options.lr if options else None,
        )
    if not seen:
        raise NotCheckedError(f"no task with a sigma and a loss above 0, up to epoch {EPOCHS} or later")


def _lags(
    at: NDArray[np.float64], sigma: NDArray[np.float64], epoch: NDArray[np.float64], loss: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Epochs that both tables have, and sigma^2 / loss there, where both are positive numbers."""
    shared, first, second = np.intersect1d(at, epoch, return_indices=True)
    sigma, loss = sigma[first], loss[second]
    good = np.isfinite(sigma) & np.isfinite(loss) & (sigma > 0) & (loss > 0)
    return shared[good], sigma[good] ** 2 / loss[good]


def judge(lag: Lag) -> Finding | None:
    """A warning where the weights are a factor of 3 from rest; a note where they are on their way there."""
    if LEAST <= lag.last <= MOST:
        return None
    moving = lag.count > 1 and abs(np.log(lag.last)) < 0.8 * abs(np.log(lag.middle))
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
        severity="note" if moving else "warning",
        what=f"{lag.task}: sigma^2 is {lag.last:.2g} of its value at rest, its weight {1 / lag.last:.2g} times it,"
        f" {side} than the method would give",
        scope=Scope(task=lag.task, epochs=lag.epochs, key="balance"),
        evidence=(rest,),
        counter_evidence=(Fact("lag in the middle of the run", lag.middle, source="moving towards 1"),)
        if moving
        else (),
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
