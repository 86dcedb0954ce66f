"""The one loop: from batch to step, from step to epoch, from epoch to checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from polyhead.signals.windows import Index
from polyhead.training.epoch import close_epoch
from polyhead.training.feed import Batch
from polyhead.training.probe import (
    checksum,
    dead_share,
    effective_rank,
    feature_gradient_norms,
    parameter_norms,
    shared_cosines,
)
from polyhead.training.session import Session
from polyhead.training.watcher import InterruptedRunError, StopRequest, Watcher

_COSINES = 8  # every so many samples of gradients also compare them over the shared parameters


def fit(session: Session, watcher: Watcher, stop: StopRequest) -> None:
    """Train until the last epoch, or until patience or time is over.

    Raises InterruptedRunError, with everything saved, once `stop` is asked for.
    """
    while session.stopped_by is None:
        steps = session.steps_of(session.epoch)
        if session.step == 0:
            session.log.begin(len(steps))
            session.epoch_began = session.elapsed()
        while session.step < len(steps):
            train_step(session, steps[session.step])
            watcher.on_step(session.epoch, session.step)
            session.step += 1
            session.total += 1
            if stop.asked:
                session.save()
                raise InterruptedRunError(session.run.path)
        close_epoch(session, steps, watcher)


def train_step(session: Session, parts: Sequence[Index]) -> None:
    """One step over one or several batches: losses, balance, backward, clip, update, record."""
    batches = [session.feed.batch(part, session.epoch) for part in parts]
    known = torch.stack([batch.mask.sum(dim=0) for batch in batches]).sum(dim=0)
    sampled = session.total % session.trace.every == 0
    before = [p.detach().clone() for p in session.backbone] if sampled else []
    rate = session.schedule.apply(session.total)
    losses, probe = torch.zeros(len(session.tasks), device=known.device), None
    for batch in batches:
        forward = session.network(batch.signal, batch.known, batch.present)
        part = task_losses(session, batch, forward.outputs, known)
        weighting = session.balance(known > 0).times(session.task_weights)
        total = weighting.weights * part + weighting.penalties / len(batches)
        if sampled and batch is batches[-1]:
            probe = _probe(session, part, forward.features)
        session.fabric.backward(total.sum())
        losses += part.detach()
    norm = _clip(session)
    if sampled:
        session.log.norms = parameter_norms(session.raw)
    session.optimizer.step()
    session.optimizer.zero_grad()
    if session.ema is not None:
        session.ema.update_parameters(session.raw)
    session.log.add(rate, losses, weighting, known, norm, _health(session, probe, before) if sampled else None)


def task_losses(session: Session, batch: Batch, outputs: Sequence[Tensor], known: Tensor) -> Tensor:
    """Each task's loss summed over this batch's known labels, divided by the step's count of them, (task,)."""
    sums = []
    for number, task in enumerate(session.tasks):
        mask = None if session.feed.complete[number] else batch.mask[:, number]
        sums.append(task.loss_sum(outputs[number], batch.truths[number], mask, batch.weight))
    return torch.stack(sums) / known.clamp(min=1)


def _clip(session: Session) -> Tensor:
    """Scale the network's gradient down to `clip_norm`; returns its norm before that."""
    limit = session.options.clip_norm or float("inf")
    norm = session.fabric.clip_gradients(session.network, session.optimizer, max_norm=limit, error_if_nonfinite=False)
    assert norm is not None
    return norm


def _probe(session: Session, losses: Tensor, features: Tensor) -> Tensor:
    """Gradient norms, cosines (every eighth sample) and the map's health, as StepLog orders them."""
    each = list(losses.unbind())
    norms = feature_gradient_norms(each, features)
    pairs = len(each) * (len(each) - 1) // 2
    compare = session.total % (session.trace.every * _COSINES) == 0 and pairs
    cosines = shared_cosines(each, session.backbone) if compare else norms.new_full((pairs,), torch.nan)
    detached = features.detach()
    return torch.cat([norms, cosines, torch.stack([dead_share(detached), effective_rank(detached)])])


def _health(session: Session, probe: Tensor | None, before: Sequence[Tensor]) -> Tensor:
    """`probe` with the step's update-to-weight ratio and the checksum of the weights after it."""
    assert probe is not None
    moved = [
        (after.detach() - was).double().square().sum() for after, was in zip(session.backbone, before, strict=True)
    ]
    size = [was.double().square().sum() for was in before]
    ratio = (torch.stack(moved).sum() / torch.stack(size).sum()).sqrt()
    total = checksum(list(session.raw.parameters()))
    return torch.cat([probe[:-2], ratio[None], probe[-2:], total[None]])
