"""A step up to its gradients: what the balance sees of it, and the backward passes that follow."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor

from polyhead.balance import Sight
from polyhead.training.fabric import loss_scale
from polyhead.training.feed import Batch
from polyhead.training.probe import dead_share, effective_rank, gradient_norms, shared_cosines
from polyhead.training.session import Session
from polyhead.training.steplog import Descent

_COSINES = 8  # every so many samples of gradients also compare them over the shared parameters


def descend(session: Session, batches: Sequence[Batch], known: Tensor, sampled: bool) -> Descent:
    """Leave in every parameter the gradient of this process's batches; `known` (task,) counts the step's labels."""
    present = session.present(known)
    if session.balance.sees == "gradients":
        losses, weights, found, seconds = _by_gradients(session, batches, known, present, sampled)
    else:
        losses, weights, found, seconds = _by_losses(session, batches, known, present, sampled)
    penalties = session.task_weights * session.balance.penalty(present)
    return Descent(losses, weights * session.units * session.task_weights, penalties, found, seconds)


def task_losses(session: Session, batch: Batch, outputs: Sequence[Tensor], known: Tensor) -> list[Tensor]:
    """Each task's loss, a scalar: summed over this batch's known labels, divided by the step's count of them.

    A list, since going backward from one entry of a stacked tensor would go through every head."""
    losses = []
    for number, (task, count) in enumerate(zip(session.tasks, known.clamp(min=1), strict=True)):
        mask = None if session.feed.complete[number] else batch.mask[:, number]
        losses.append(task.loss_sum(outputs[number], batch.truths[number], mask, batch.weight) / count)
    return losses


def look(session: Session, batches: Sequence[Batch], known: Tensor) -> Tensor:
    """The losses (task,) of the step's batches as the network now stands."""
    total = torch.zeros_like(session.task_weights)
    with torch.no_grad():
        for batch in batches:
            total += torch.stack(task_losses(session, batch, session.forward(batch).outputs, known))
    return session.ranks.total(total)


Found = tuple[Tensor, Tensor, Tensor | None, float]
"""Losses (task,), the balance's weights (task,), the probe of the last batch, seconds."""


def _by_losses(session: Session, batches: Sequence[Batch], known: Tensor, present: Tensor, sampled: bool) -> Found:
    """One backward pass of the weighted sum. Where weights follow from the losses, all batches go forward first."""
    factor = session.units * session.task_weights
    weights = None if session.balance.sees == "losses" else session.balance(Sight(present))
    total, waiting, found = torch.zeros_like(factor), [], None
    for batch in batches:
        forward = session.forward(batch, light=weights is None and len(batches) > 1)
        each = task_losses(session, batch, forward.outputs, known)
        part = torch.stack(each)
        total += part.detach()
        if sampled and batch is batches[-1]:
            found = _probe(session, forward.features, _at_features(each, forward.features))
        if weights is None:
            waiting.append(part)
        else:
            session.fabric.backward((weights * factor * part).sum())
    losses = session.ranks.total(total)
    began = time.perf_counter()
    if weights is None:
        weights = session.balance(Sight(present, (losses * session.units).double()))
    seconds = time.perf_counter() - began
    for part in waiting:
        session.fabric.backward((weights * factor * part).sum())
    return losses, weights, found, seconds


def _at_features(losses: Sequence[Tensor], features: Sequence[Tensor]) -> list[Tensor]:
    """The gradient of each loss at the map that it reads, zeros where it does not depend on it."""
    found = []
    for loss, at in zip(losses, features, strict=True):
        asked = [at] if at.requires_grad else []  # a frozen layer's map does not
        (one,) = torch.autograd.grad(loss, asked, retain_graph=True, allow_unused=True) if asked else (None,)
        found.append(torch.zeros_like(at) if one is None else one)
    return found


def _by_gradients(session: Session, batches: Sequence[Batch], known: Tensor, present: Tensor, sampled: bool) -> Found:
    """Heads and branches get the gradient of their own loss; the backbone that of all, weighed by their gradients."""
    factor, there = session.units * session.task_weights, present.tolist()
    jacobian = session.jacobian()
    total, found = torch.zeros_like(factor), None
    for batch in batches:
        forward = session.forward(batch, cut=True, light=len(batches) > 1 and not jacobian.whole)
        each = task_losses(session, batch, forward.outputs, known)
        total += torch.stack(each).detach()
        heads = zip(factor, each, forward.features, strict=True)
        arrived = [_through_head(session, by * loss, features) for by, loss, features in heads]
        if sampled and batch is batches[-1]:
            carried = factor * loss_scale(session.fabric)  # 0 for a task of weight 0, whose gradient is not known here
            found = _probe(session, forward.shared, [one / by for one, by in zip(arrived, carried, strict=True)])
        jacobian.add(forward.shared, arrived, there)
    losses = session.ranks.total(total)
    weights = jacobian.weigh(session.balance, Sight(present, (losses * session.units).double()), session.ranks)
    jacobian.descend(weights)
    return losses, weights, found, jacobian.seconds


def _through_head(session: Session, loss: Tensor, features: Tensor) -> Tensor:
    """Go back from a loss to the cut; returns what arrives there, zeros where nothing does."""
    session.fabric.backward(loss)
    arrived, features.grad = features.grad, None
    return torch.zeros_like(features) if arrived is None else arrived


def _probe(session: Session, features: Sequence[Tensor], arrived: Sequence[Tensor]) -> Tensor:
    """Gradient norms, cosines (every eighth sample) and the first task's map's health, as StepLog orders them, of one
    batch."""
    norms = gradient_norms(arrived)
    pairs = len(arrived) * (len(arrived) - 1) // 2
    compare = session.total % (session.trace.every * _COSINES) == 0 and pairs and session.backbone
    cosines = shared_cosines(features, arrived, session.backbone) if compare else norms.new_full((pairs,), torch.nan)
    detached = features[0].detach()
    return torch.cat([norms, cosines, torch.stack([dead_share(detached), effective_rank(detached)])])
