"""The gradients of all tasks at one place of the network, over the batches of a step, and the step they make."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from polyhead.balance import Balance, Sight
from polyhead.training.ranks import Ranks

_CHUNK = 1024  # values that are multiplied and added in float32 before float64 takes over
_PART = 32 * _CHUNK  # values of each row that are laid side by side at a time: fresh memory for all of them is slow


class Jacobian:
    """What arrives at the cut of each batch, compared `at` these parameters, or at the cut itself where there are none.

    `whole` says that the parameters are all shared ones, so that the step is put together from the rows of the
    Jacobian; otherwise one more backward pass makes it. `scales` (task,) are factors that the gradients carry and their
    comparison must not. The step compares nothing where it is not `due`.
    """

    def __init__(self, at: Sequence[nn.Parameter], whole: bool, due: bool, scales: Tensor) -> None:
        self._at = list(at) if due else []
        self.whole = whole and due
        self._due = due
        self._scales = torch.where(scales == 0, 1.0, scales).double()
        tasks = len(scales)
        self._sizes = [p.numel() for p in self._at]
        self._reached = [False] * len(self._at)
        self._rows = scales.new_zeros(tasks, sum(self._sizes))
        self._gramian = self._scales.new_zeros(tasks, tasks)
        self._waiting: list[tuple[Sequence[Tensor], list[Tensor]]] = []
        self.seconds = 0.0

    def add(self, shared: Sequence[Tensor], arrived: list[Tensor], present: Sequence[bool]) -> None:
        """A batch: for each task the map that it reads and the gradient that arrived there; tasks that are not
        `present` in the step have none. At the cut, gradients at different maps have nothing in common."""
        began = _now(self._rows.device)
        if self._at:
            self._add_rows(shared, arrived, present)
        elif self._due:
            for tasks in _readers(shared):
                at = torch.tensor(tasks, device=self._gramian.device)
                found = inner_products([arrived[task].flatten() for task in tasks])
                self._gramian[at[:, None], at] += found
        if not self.whole:
            self._waiting.append((shared, arrived))
        # One backward pass is everybody's; what the others take is the price of comparing.
        share = 1 - 1 / max(sum(present), 1) if self.whole else 1.0
        self.seconds += share * (_now(self._rows.device) - began)

    def weigh(self, balance: Balance, sight: Sight, ranks: Ranks) -> Tensor:
        """The weights (task,) of `balance`, from the gradients of all batches and processes where the step is due."""
        began = _now(self._rows.device)
        if self._due:
            rows = ranks.total(self._rows) if self._at else None
            gramian = ranks.total(self._gramian) if rows is None else inner_products(list(rows))
            gramian = gramian / (self._scales[:, None] * self._scales[None, :])
            sight = Sight(sight.present, sight.losses, gramian)
        weights: Tensor = balance(sight)
        self.seconds += _now(self._rows.device) - began
        return weights

    def descend(self, weights: Tensor) -> None:
        """Leave in the shared parameters the gradients' sum with these weights (task,)."""
        if self.whole:
            step = weights @ self._rows
            parts = zip(self._at, torch.split(step, self._sizes), self._reached, strict=True)
            for parameter, gradient, reached in parts:
                parameter.grad = gradient.view_as(parameter) if reached else None
        for shared, arrived in self._waiting:
            groups = [tasks for tasks in _readers(shared) if shared[tasks[0]].requires_grad]
            steps = [combined(weights[tasks], [arrived[task] for task in tasks]) for tasks in groups]
            if groups:
                torch.autograd.backward([shared[tasks[0]] for tasks in groups], steps)

    def _add_rows(self, shared: Sequence[Tensor], arrived: list[Tensor], present: Sequence[bool]) -> None:
        tasks = [task for task, there in enumerate(present) if there and shared[task].requires_grad]
        for task in tasks:
            keep = not self.whole or task != tasks[-1]
            parts = torch.autograd.grad(shared[task], self._at, arrived[task], retain_graph=keep, allow_unused=True)
            for number, row in enumerate(torch.split(self._rows[task], self._sizes)):
                part = parts[number]
                if part is not None:
                    row += part.flatten()
                    self._reached[number] = True


def _now(device: torch.device) -> float:
    """Seconds, once what was asked of a GPU is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _readers(shared: Sequence[Tensor]) -> list[list[int]]:
    """The tasks that read each of the maps, which are one tensor for all of these."""
    tasks: dict[int, list[int]] = {}
    for task, one in enumerate(shared):
        tasks.setdefault(id(one), []).append(task)
    return list(tasks.values())


def combined(weights: Tensor, gradients: Sequence[Tensor]) -> Tensor:
    """The weighted sum of tensors of one shape, without a copy of them all."""
    factors = weights.tolist()
    total: Tensor = factors[0] * gradients[0]
    for factor, gradient in zip(factors[1:], gradients[1:], strict=True):
        total.add_(gradient, alpha=factor)
    return total


def inner_products(rows: Sequence[Tensor]) -> Tensor:
    """The inner products (row, row) of vectors of one length, float64: long sums in float32 lose digits."""
    products = torch.zeros(len(rows), len(rows), dtype=torch.float64, device=rows[0].device)
    for parts in zip(*(torch.split(row, _PART) for row in rows), strict=True):
        matrix = torch.stack(parts).float()
        whole = matrix.shape[1] // _CHUNK * _CHUNK
        chunks = matrix[:, :whole].reshape(len(rows), -1, _CHUNK).transpose(0, 1)
        rest = matrix[:, whole:].double()
        products += torch.bmm(chunks, chunks.transpose(1, 2)).double().sum(dim=0) + rest @ rest.T
    return products
