"""The one loop: from batch to step, from step to epoch, from epoch to checkpoint."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from polyhead.signals.windows import Index
from polyhead.training.descent import descend, look
from polyhead.training.epoch import close_epoch
from polyhead.training.feed import Batch
from polyhead.training.probe import checksum, parameter_norms
from polyhead.training.replay import Buffers, RandomState, StatisticsAtRest
from polyhead.training.session import Session
from polyhead.training.watcher import InterruptedRunError, StopRequest, Watcher


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
            if session.ranks.any(stop.asked):
                watcher.on_phase("stopping: saving where training stands")
                session.save()
                raise InterruptedRunError(session.run.path)
        close_epoch(session, steps, watcher)
    watcher.on_phase(session.price.line)


def train_step(session: Session, parts: Sequence[Index]) -> None:
    """One step over one or several batches: losses, balance, backward, clip, update, record."""
    began = time.perf_counter()
    batches = session.batches(parts)
    known = session.ranks.total(session.known(batches))
    sampled = session.ranks.first and session.total % session.trace.every == 0
    before = [p.detach().clone() for p in session.backbone] if sampled else []
    rate = session.schedule.apply(session.total)
    random = RandomState(session.fabric.device) if session.balance.looks_again else None
    buffers = Buffers(session.raw) if session.options.non_finite == "skip" else None
    descent = descend(session, batches, known, sampled)
    session.ranks.add_gradients(session.raw.parameters())
    norm = session.clip()
    if sampled:
        session.log.norms = parameter_norms(session.raw)
    extra, stepped = descent.seconds, session.may_step(descent.losses, norm)
    if stepped:
        session.balance.learn(descent.losses * session.units, session.present(known))
        session.optimizer.step()
        if random is not None:
            extra += _look_again(session, batches, known, descent.losses, random)
        if session.ema is not None:
            session.ema.update_parameters(session.raw)
    elif buffers is not None:
        session.leave_out(buffers)
    session.optimizer.zero_grad()
    health = _health(session, descent.probe, before) if sampled else None
    session.log.add(rate, descent, known, norm, health, stepped, extra, began)


def _look_again(
    session: Session, batches: Sequence[Batch], known: Tensor, losses: Tensor, random: RandomState
) -> float:
    """Tell the balance what the step did to its own batches; returns the seconds that took."""
    began = time.perf_counter()
    with random.again(), StatisticsAtRest(session.raw):
        after = look(session, batches, known)
    session.balance.look_again(losses * session.units, after * session.units, session.present(known))
    return time.perf_counter() - began


def _health(session: Session, probe: Tensor | None, before: Sequence[Tensor]) -> Tensor:
    """`probe` with the step's update-to-weight ratio and the checksum of the weights after it."""
    assert probe is not None
    moved = [
        (after.detach() - was).double().square().sum() for after, was in zip(session.backbone, before, strict=True)
    ]
    size = [was.double().square().sum() for was in before]
    ratio = (torch.stack(moved).sum() / torch.stack(size).sum()).sqrt() if before else probe.new_tensor(torch.nan)
    total = checksum(list(session.raw.parameters()))
    return torch.cat([probe[:-2], ratio[None], probe[-2:], total[None]])
