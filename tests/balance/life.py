"""The life of a balance without a network: the losses of a few epochs, in the order in which training tells them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import TypeAdapter
from torch import Tensor

from polyhead.balance import Balance, Sight, Terms, build_balance
from polyhead.config.balance import Balance as BalanceOptions

RATE = 0.05
STEPS = 5  # of an epoch


@dataclass(frozen=True)
class Losses:
    """Raw losses (step, task) of every step's batches, before and after it, and which tasks have labels there."""

    before: Tensor
    after: Tensor
    present: Tensor

    @classmethod
    def of(cls, floors: Sequence[float], steps: int = 4 * STEPS, seed: int = 0) -> Losses:
        """Losses that fall from about their floor loss, at different rates; all tasks are present."""
        rng = np.random.default_rng(seed)
        fall = np.exp(-np.outer(np.arange(steps) / steps, rng.uniform(0.2, 2, len(floors))))
        before = fall * rng.uniform(0.7, 1.1, fall.shape) * floors
        after = before * rng.uniform(0.8, 1.05, fall.shape)
        return cls(torch.tensor(before), torch.tensor(after), torch.ones(fall.shape, dtype=torch.bool))

    def of_tasks(self, order: Sequence[int]) -> Losses:
        """The same of some tasks in some order."""
        return Losses(*(part[:, list(order)] for part in (self.before, self.after, self.present)))

    def absent(self, task: int, steps: slice = slice(None), value: float = 0.0) -> Losses:
        """The same without labels of a task in some steps."""
        parts = [part.clone() for part in (self.before, self.after, self.present)]
        for part, now in zip(parts, (value, value, False), strict=True):
            part[steps, task] = now
        return Losses(*parts)


def build(method: str | dict, floors: Sequence[float], names: str = "abcdefgh", seed: int = 3) -> Balance:
    """The balance of tasks a, b, c, .. with these floor losses."""
    options = TypeAdapter(BalanceOptions).validate_python(method)
    return build_balance(options, Terms(tuple(names[: len(floors)]), tuple(floors), seed))


def live(balance: Balance, losses: Losses, begin: int = 0, end: int | None = None) -> Tensor:
    """The weights (step, task) of each raw loss, after the life's steps from `begin` to `end`."""
    units = balance.get_buffer("units").double()
    learned = list(balance.parameters())
    optimizer = torch.optim.SGD(learned, lr=RATE) if learned else None
    weights = []
    steps = list(zip(losses.before, losses.after, losses.present, strict=True))
    for number, (before, after, present) in list(enumerate(steps))[begin:end]:
        weights.append(balance(Sight(present, units * before if balance.sees == "losses" else None)) * units)
        balance.learn(units * before, present)
        if optimizer:
            optimizer.step()
        if balance.looks_again:
            balance.look_again(units * before, units * after, present)
        if number % STEPS == STEPS - 1:
            balance.close_epoch()
    return torch.stack(weights)


def reloaded(balance: Balance, fresh: Balance) -> Balance:
    """A fresh balance with the state of another, by way of a file."""
    file = io.BytesIO()
    torch.save(balance.state_dict(), file)
    file.seek(0)
    fresh.load_state_dict(torch.load(file, weights_only=True))
    return fresh


def weights_of(method: str, gramian: Sequence[Sequence[float]] | Tensor) -> Tensor:
    """What a method of gradients gives tasks of these inner products (task, task), all there, their losses at 1."""
    tasks = len(gramian)
    options = TypeAdapter(BalanceOptions).validate_python({"method": method})
    balance = build_balance(options, Terms(tuple("abcdefghijklmnop"[:tasks]), (1.0,) * tasks))
    products = torch.as_tensor(gramian, dtype=torch.float64)
    return balance(Sight(torch.ones(tasks, dtype=torch.bool), torch.ones(tasks, dtype=torch.float64), products))
