"""A likelihood that is lowered by the variance and not by the prediction.

What it finds
    Predicted standard deviations that are not those of the errors, or that lie at the end of their allowed range; an
    error where the loss fell by them alone.

Why it matters
    A Gaussian likelihood falls in two ways: by better means, or by variances that fit the errors there are. The
    gradient of the mean is divided by the variance, so that windows with a large one are hardly learned from any more:
    the network calls what it has not yet learned noise, and stays there. Too small a variance lowers the loss on
    windows that are learned by heart, and overstates what is known of new ones.

Evidence
    The mean of z^2 = (residual / sd)^2 on the judged split with a bootstrap over recordings: 1 if the uncertainty is
    honest. The share of sds within 1 % of the ends of the log-variance's range. The fall of the loss and of the RMSE
    over the second half of the epochs.

Remedy
    A loss in which the variance does not steer the mean (beta of 0.5 or 1), or a wider range of the log-variance.

When it can be wrong
    A few gross errors make z^2 large in a run that is otherwise calibrated; its median tells. A negative likelihood
    says nothing: it follows from a small sd in the target's units. A wrong z^2 on new recordings only, with 1 on those
    of training, is overfitting.

Example
    Residuals of 2, -2, 1 and -1 with sd .5: z^2 is 16, 16, 4 and 4, mean 10. With the sd that fits, sqrt(10 / 4) =
    1.58, the mean is 1 and the likelihood ln sd + z^2 / 2 falls from 4.31 to .96 without one better prediction. In
    units a thousand times larger the same would read -5.95, and mean the same.

References
    Seitzer, Tavakoli, Antic and Martius, ICLR 2022 (beta-NLL).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.config.losses import GaussianLoss
from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.course import Standing, standing_of
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.kind import Statistic

LEAST, MOST = 0.5, 2.0
"""Mean z^2 outside means an sd wrong by more than a factor of 1.4."""
CLAMPED = 0.5
"""Share of sds at an end of the range above which the range is what is predicted."""
NEAR = 0.01
"""Within 1 % of the range of the log-variance is at its end."""
FELL, STALLED = 0.1, 0.02
"""The loss, in nats, and the RMSE, relatively, over the second half: one falls, the other does not."""
FEWEST = 20
"""Numbers with an sd."""


@dataclass(frozen=True)
class Spread:
    """Of one task: mean `z2` on `split` with its interval, its median (0.455 if honest and normal), and on training;
    share of sds `at_end` of the clamp; `nll` and `rmse`, by how much they fell over the second half of the epochs."""

    task: str
    split: str
    z2: float
    interval: tuple[float, float] | None
    median: float
    on_train: float | None
    at_end: float | None
    clamp: tuple[float, float] | None
    nll: float | None
    rmse: float | None
    standing: Standing
    beta: float | None
    n: int


def measure(case: Case) -> Iterator[Spread]:
    """Every task that predicts an sd. Raises NotCheckedError where none does."""
    predictions = case.predictions or {}
    seen = 0
    for task in case.tasks:
        split = next((one for one in ("test", "val", "train") if task in predictions.get(one, {})), None)
        if split is None:
            continue
        z2, recording = _z2(predictions[split][task])
        if len(z2) < FEWEST:
            continue
        seen += 1
        interval, _ = bootstrap(_mean_of(z2), recording, seed=0)
        learned, _ = _z2(predictions["train"][task]) if task in predictions.get("train", {}) else (np.zeros(0), None)
        options = case.config.tasks.get(task) if case.config else None
        loss = getattr(options, "loss_fn", None)
        own = loss if isinstance(loss, GaussianLoss) else None
        clamp = own.logvar_clamp if own and not getattr(options, "log_transform", False) else None
        yield Spread(
            task,
            split,
            float(z2.mean()),
            interval,
            float(np.median(z2)),
            float(learned.mean()) if len(learned) else None,
            _at_end(case, task, split, clamp),
            clamp,
            _fall(case, task, "loss"),
            _fall(case, task, "rmse"),
            standing_of(case, task),
            own.beta if own else None,
            len(z2),
        )
    if not seen:
        raise NotCheckedError("no task predicts its own standard deviation")


def _z2(one: Predicted) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """z^2 of every known number with a positive sd, and the recording of each."""
    if one.sd is None or one.pred.dtype.kind not in "fiu":
        return np.zeros(0), np.zeros(0, np.int64)
    known = one.mask.astype(bool)
    truth, pred, sd = (
        np.asarray(each, float)[known].reshape(known.sum(), -1) for each in (one.truth, one.pred, one.sd)
    )
    names = np.unique(one.recording[known], return_inverse=True)[1]
    recording = np.broadcast_to(names.reshape(-1, 1), sd.shape)
    good = np.isfinite(truth) & np.isfinite(pred) & np.isfinite(sd) & (sd > 0)
    return ((truth - pred)[good] / sd[good]) ** 2, recording[good].astype(np.int64)


def _mean_of(values: NDArray[np.float64]) -> Statistic:
    return lambda weight: float(np.einsum("n,n->", weight, values) / weight.sum())


def _at_end(case: Case, task: str, split: str, clamp: tuple[float, float] | None) -> float | None:
    """Share of sds at an end of the clamp, which is in units of the training variance; without a clamp the share that
    equals the least or the largest one. None where all are alike or the training variance is not known."""
    predictions = case.predictions or {}
    one, train = predictions[split][task], predictions.get("train", {}).get(task)
    sd = np.asarray(one.sd, float)[one.mask.astype(bool)]
    sd = sd.reshape(len(sd), -1)
    if clamp is None:
        ends = [np.isclose(sd, end, rtol=1e-6, atol=0) for end in (sd.min(), sd.max())]
        return None if ends[0].all() else float(max(end.mean() for end in ends))
    if train is None:
        return None
    truth = np.asarray(train.truth, float)[train.mask.astype(bool)]
    spread = truth.reshape(len(truth), -1).std(axis=0)
    if not (spread > 0).all():
        return None
    log_variance = 2 * np.log(np.maximum(sd, 1e-300) / spread)
    margin = NEAR * (clamp[1] - clamp[0])
    return float(((log_variance < clamp[0] + margin) | (log_variance > clamp[1] - margin)).mean())


def _fall(case: Case, task: str, what: str) -> float | None:
    """By how much the loss (nats), or the RMSE (share of itself), fell from the third quarter of the epochs to the
    last fourth; validation where it is there."""
    losses = case.losses or {}
    table = (losses.get("val") or losses.get("train") or {}) if what == "loss" else (case.scores or {}).get(task, {})
    values = table.get(task if what == "loss" else what, np.zeros(0))
    values = values[np.isfinite(values)]
    if len(values) < 8:
        return None
    quarter = len(values) // 4
    before, after = float(np.median(values[-2 * quarter : -quarter])), float(np.median(values[-quarter:]))
    if what == "loss":
        return before - after
    return (before - after) / before if before > 0 else None


def judge(one: Spread) -> Finding | None:
    """By calibration or by the clamp; never by the likelihood alone."""
    low, high = one.interval or (one.z2, one.z2)
    wrong = high < LEAST or low > MOST
    clamped = one.at_end is not None and one.at_end > CLAMPED
    if not wrong and not clamped:
        return None
    game = one.nll is not None and one.rmse is not None and one.nll > FELL and one.rmse < STALLED
    harmed = one.standing in ("floor", "fell") or game
    severity: Severity = "error" if harmed and wrong and one.interval is not None else "warning"
    side = "too small" if one.z2 > 1 else "too large"
    said = f"z^2 averages {one.z2:.3g} on {one.split}: its standard deviations are {side}" if wrong else ""
    end = f"{one.at_end:.0%} of its standard deviations lie at the end of their range" if clamped else ""
    facts = [
        Fact("mean z^2", one.z2, one.interval, MOST if one.z2 > 1 else LEAST, "1 if honest", f"{one.n} numbers"),
        Fact("median z^2", one.median, source="0.455 if honest and normal"),
    ]
    if one.at_end is not None:
        facts.append(Fact("share of sds at the end of the range", one.at_end, threshold=CLAMPED, source=str(one.clamp)))
    if one.nll is not None and one.rmse is not None:
        window = "third to last quarter of the epochs"
        facts.append(Fact("fall of the loss", one.nll, threshold=FELL, source="nats", window=window))
        facts.append(Fact("fall of the RMSE", one.rmse, threshold=STALLED, source="share of itself", window=window))
    honest = one.on_train is not None and LEAST <= one.on_train <= MOST
    beta = Fix(
        "let the variance steer the mean less",
        {f"tasks.{one.task}.loss_fn.beta": 1.0 if one.beta is not None and one.beta >= 0.5 else 0.5},
        "RMSE falls, mean z^2 near 1",
        "likelihood of windows with little noise a little worse",
    )
    wider = Fix(
        "a wider range of the log-variance",
        {f"tasks.{one.task}.loss_fn.logvar_clamp": [2 * one.clamp[0], 2 * one.clamp[1]]} if one.clamp else {},
        "no sd at the end of its range",
        "steps that grow where the variance gets very small",
    )
    return Finding(
        severity=severity,
        what=f"{one.task}: " + "; ".join(part for part in (said, end) if part),
        scope=Scope(task=one.task, split=one.split, key=f"tasks.{one.task}.loss_fn"),
        evidence=tuple(facts),
        counter_evidence=(Fact("mean z^2 on training", one.on_train, source="honest there"),) if honest else (),
        alternatives=(Alternative("overfitting", "mean z^2 on the training windows: near 1 there, it is the gap"),),
        fixes=(wider, beta) if clamped else (beta,),
    )


CHECK = Check(
    id="variance-game",
    needs=("predictions",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("below-floor", "negative-total-loss"),
)
