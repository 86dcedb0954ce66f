"""The end of an epoch: validation, the seven tables, the steps' record, checkpoints, and whether to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.known import only_known
from polyhead.scoring.metric import Score
from polyhead.scoring.prediction import Prediction
from polyhead.signals.windows import Index
from polyhead.trace.steps import write_steps
from polyhead.trace.tables import Value
from polyhead.training.evaluation import Pooled, decide, decided, pool, score
from polyhead.training.probe import checksum
from polyhead.training.sample import sample_epoch
from polyhead.training.selection import mean_skill, monitored, primary, towards
from polyhead.training.session import Session
from polyhead.training.steplog import composition
from polyhead.training.watcher import EpochReport, Watcher

_LOOK = "lower train.lr, set train.clip_norm, or look for extreme values in the data"
Scores = Mapping[str, Mapping[str, Score]]


def close_epoch(session: Session, steps: Sequence[Sequence[Index]], watcher: Watcher) -> None:
    """Evaluate, record, choose, save. last.ckpt comes last: whatever a kill leaves behind it is cut on resume."""
    try:
        left_out = _refuse_broken(session)
    except InputError:
        if session.ranks.first:
            _record_steps(session, steps)  # for whoever asks what came before; cut where the run goes on
        raise
    session.ranks.copy_first(session.evaluated.buffers())  # of batch norm: those that are saved are those evaluated
    pooled = _validate(session)
    scores = {split: score(session.tasks, one) for split, one in pooled.items()}
    losses = {"train": session.log.mean_losses(), **{split: one.losses for split, one in pooled.items()}}
    totals = {split: total_loss(session, values) for split, values in losses.items()}
    value = monitored(session.selection.monitor, scores, totals)
    _refuse_undefined(session, value, scores["val"], losses["val"])
    best = session.selection.update(session.number, value, totals["val"])
    session.schedule.epoch_ended(value)
    session.stopped_by = session.ranks.agree(_why_stop(session))  # clocks differ
    _refuse_drift(session)
    if session.ranks.first:
        _record(session, scores["val"], pooled["val"], losses, totals)
        _record_steps(session, steps)
        sample_epoch(session)
    _save_weights(session, scores["val"], best)
    columns = session.log.columns()
    report = EpochReport(
        epoch=session.number,
        epochs=session.options.epochs,
        train_loss=totals["train"],
        val_loss=totals["val"],
        scores=scores["val"],
        skill=mean_skill(scores["val"]),
        best=best,
        seconds=session.elapsed(),
        left_out=left_out,
        losses={split: _by_task(session, losses[split]) for split in ("train", "val")},
        weights=_by_task(session, session.log.mean_weights()),
        lr=float(columns["lr"][-1]),
    )
    session.balance.close_epoch()
    session.price.steps += float(columns["seconds"].sum())
    session.price.balancing += float(columns["balance_seconds"].sum())
    session.epoch, session.step = session.epoch + 1, 0
    session.log.begin(0)
    session.save()
    session.write_state("training")
    reason = session.ranks.agree(watcher.on_epoch(report))
    if reason is not None and session.stopped_by is None:
        session.stopped_by = reason
        session.save()


def _refuse_broken(session: Session) -> str:
    """What is said of the steps of the epoch that were left out, empty where none was; raises InputError where leaving
    out is not asked for, where no step is left, or where the network itself is not finite."""
    broken, stepped = session.log.broken(), session.log.columns()["stepped"].astype(bool)
    where = {"where": str(session.run.path), "check": "non-finite"}
    if broken and (session.options.non_finite == "end" or not stepped.any()):
        step, task = broken[0]
        do = (
            _LOOK
            if session.options.non_finite == "skip"
            else f"{_LOOK}; `train.non_finite: skip` leaves out such steps"
        )
        what = f"the loss of task {session.tasks[task].name!r} is not finite at epoch {session.number}, step {step + 1}"
        raise InputError(what, do=do, **where)
    if not stepped.any() or not checksum(list(session.raw.parameters())).isfinite():
        part = "weights are" if stepped.any() else "gradient of every step is"
        raise InputError(f"the {part} not finite at epoch {session.number}", do=_LOOK, **where)
    session.left_out += int((~stepped).sum())
    if stepped.all():
        return ""
    names = dict.fromkeys(session.tasks[task].name for _, task in broken)
    what = f"the loss of {', '.join(names)}" if names else "the gradient"
    return f"{int((~stepped).sum())} of {len(stepped)} steps left out, {what} is not finite"


def _refuse_undefined(session: Session, value: float | None, scores: Scores, losses: NDArray[np.float64]) -> None:
    """End a run whose skill cannot be measured at all: every epoch would be as good as the first."""
    if value is None and np.isinf(losses).any():
        raise InputError(
            f"predictions on validation are not finite after epoch {session.number}",
            where=str(session.run.path),
            do=_LOOK,
            check="non-finite",
        )
    if value is None and session.selection.monitor == "val/skill":
        why = "; ".join(f"{task}: {primary(each).reason}" for task, each in scores.items())
        raise InputError(
            f"no task has a skill on validation ({why})",
            where="train.monitor",
            do="give validation more recordings, or monitor val/loss",
            check="degenerate-r2",
        )


def _refuse_drift(session: Session) -> None:
    """End a run whose processes no longer hold the same network."""
    sums = session.ranks.gather(float(checksum(list(session.raw.parameters()))))
    if len(set(sums)) > 1:
        raise InputError(
            f"the processes hold different weights at epoch {session.number} (sums of their sizes {sums})",
            where="train.devices",
            do="write devices: 1, and report this with the configuration",
        )


def _validate(session: Session) -> dict[str, Pooled]:
    """Validation predictions, and those of the training windows where the monitor asks for their metrics."""
    split, _, rest = session.selection.monitor.partition("/")
    wanted = {"val": session.prepared.split["val"]}
    if split == "train" and rest != "loss":
        wanted["train"] = session.prepared.split["train"]
    pooled = {
        name: pool(session.evaluated, session.feed, index, session.options.batch_size, session.ranks)
        for name, index in wanted.items()
    }
    at = decide(session.tasks, pooled["val"])
    return {name: decided(session.tasks, one, at) for name, one in pooled.items()}


def total_loss(session: Session, losses: NDArray[np.float64]) -> float:
    """The tasks' losses (task,) in the balance's units, times their weights, and what the balance adds; a task without
    labels adds nothing. Weights that move with the training are left out: sums of epochs must compare."""
    present = torch.from_numpy(~np.isnan(losses)).to(session.fabric.device)
    weights = session.balance.judging(present) * session.units * session.task_weights
    penalties = session.balance.penalty(present) * session.task_weights
    values = torch.from_numpy(np.nan_to_num(losses, nan=0.0, posinf=np.inf)).to(session.fabric.device)
    return float(torch.where(present, weights * values + penalties, 0.0).sum())


def _record(
    session: Session,
    scores: Scores,
    pooled: Pooled,
    losses: Mapping[str, NDArray[np.float64]],
    totals: Mapping[str, float],
) -> None:
    if session.epoch % session.trace.epochs and session.stopped_by is None:
        return
    epoch: dict[str, Value] = {"epoch": session.number}
    tables = session.tables
    metrics = {f"{task}_{name}": one.value for task, each in scores.items() for name, one in each.items()}
    log = session.log.columns()
    tables.append(
        "epoch_metrics",
        epoch
        | {"train_loss": totals["train"], "val_loss": totals["val"]}
        | metrics
        | {"val_skill": mean_skill(scores), "lr": float(log["lr"][-1])}
        | {"epoch_time": session.elapsed() - session.epoch_began},
    )
    for phase in ("train", "val"):
        each = {f"loss_{name}": value for name, value in _by_task(session, losses[phase]).items()}
        tables.append("loss_components", epoch | {"phase": phase} | each | {"total_loss": totals[phase]})
    tables.append("uncertainty_params", epoch | _balance_row(session, losses["train"]))
    tables.append("probability_stats", epoch | {"phase": "val"} | _probability_row(session, pooled))
    _record_features(session, epoch)
    tables.append("gradient_stats", epoch | _gradient_row(session, log))
    session.record_parameters(session.number)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _by_task(session: Session, values: NDArray[np.float64]) -> dict[str, float | None]:
    return {task.name: _known(value) for task, value in zip(session.tasks, values, strict=True)}


def _balance_row(session: Session, losses: NDArray[np.float64]) -> dict[str, Value]:
    """sigma of each task and its lag, sigma^2 over the loss, which is 1 at rest (1/2 in `published_003`), both empty
    for balances without one; and the mean weight of its loss."""
    names = [task.name for task in session.tasks]
    sigma = session.balance.sigma()
    sigmas = np.full(len(names), np.nan) if sigma is None else sigma.double().cpu().numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {"sigma": sigmas, "lag": sigmas**2 / losses, "weight": session.log.mean_weights()}
    return {
        f"{part}_{name}": _known(value)
        for part, values in columns.items()
        for name, value in zip(names, values, strict=True)
    }


_STATISTICS: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
}


def _probability_row(session: Session, pooled: Pooled) -> dict[str, Value]:
    """How the probability of yes is spread over positives and negatives of each binary task, windows or samples."""
    row: dict[str, Value] = {}
    for task in session.tasks:
        if task.kind not in ("binary", "span"):
            continue
        one: Prediction = only_known(pooled.predictions[task.name])
        assert one.score is not None
        sides = {"pos": one.score[one.truth == 1], "neg": one.score[one.truth == 0]}
        for side, values in sides.items():
            for name, statistic in _STATISTICS.items():
                row[f"{task.name}_{side}_{name}"] = float(statistic(values)) if len(values) else None
        both = all(len(values) for values in sides.values())
        row[f"{task.name}_separation"] = float(sides["pos"].mean() - sides["neg"].mean()) if both else None
    return row


def _record_features(session: Session, epoch: dict[str, Value]) -> None:
    """Statistics of every input channel as this epoch used it, in physical units."""
    for phase in ("train", "val"):
        for name, statistics in session.prepared.statistics[phase].items():
            channels = session.prepared.windows.inputs[name].channels
            for channel, row in statistics.as_dict(channels).items():
                values = {"mean": row["mean"], "std": row["sd"], **{k: row[k] for k in ("min", "max", "median")}}
                feature = {"phase": phase, "feature_name": f"{name}.{channel}"}
                session.tables.append("feature_stats", epoch | feature | values)


def _gradient_row(session: Session, log: Mapping[str, NDArray[np.float64]]) -> dict[str, Value]:
    """Mean norm of the whole gradient over the epoch, and of each parameter's at the latest sampled step."""
    norms = log["total_grad_norm"][np.isfinite(log["total_grad_norm"])]
    row: dict[str, Value] = {"total_grad_norm": float(norms.mean()) if len(norms) else None}
    names = [name for name, _ in session.raw.named_parameters()]
    return row | dict(zip(names, session.log.norms.tolist(), strict=True))


def _record_steps(session: Session, steps: Sequence[Sequence[Index]]) -> None:
    columns: dict[str, Any] = {
        "step": np.arange(session.total - len(steps), session.total),
        "epoch": np.full(len(steps), session.number, np.int32),
    }
    columns |= session.log.columns()
    columns |= composition(session.prepared.windows, session.tasks, steps)
    write_steps(session.run.trace, session.epoch, columns)


def _save_weights(session: Session, scores: Scores, best: bool) -> None:
    if best:
        session.save_weights("best")
    for task in session.tasks:
        if session.selection.update_task(task.name, towards(primary(scores[task.name]))):
            session.save_weights(f"best-{task.name}")
    every = session.options.checkpoint_every
    if every and session.number % every == 0:
        session.save_weights(f"epoch-{session.number:04d}")


def _why_stop(session: Session) -> str | None:
    options = session.options
    if session.number >= options.epochs:
        return "epochs"
    if options.early_stopping and session.selection.waited >= options.early_stopping:
        return "early_stopping"
    if options.max_minutes and session.elapsed() >= 60 * options.max_minutes:
        return "max_minutes"
    return None
