"""The processes that train one network together, and what they say to each other."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, distributed, nn

from polyhead.errors import InputError
from polyhead.signals.windows import Index

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

Value = TypeVar("Value")


class LostRankError(InputError):
    """Another process of the run has ended or does not answer; nothing more can be trained."""


class Ranks:
    """This process is `number`, from 0, of `count`; alone it has nobody to talk to.

    Each batch is dealt out among them and everything that a step is made of is summed over them, so that it does not
    matter how many there are. Gradients are summed here and not by DistributedDataParallel, which averages, and which
    follows one backward pass of one loss only. Where `count` > 1, a process group is up. Every method but `share`
    must be called by all of them in the same order, and raises what `lost` makes of the reason where one is gone.
    """

    def __init__(self, number: int = 0, count: int = 1, lost: Callable[[str], LostRankError] = LostRankError) -> None:
        self.number, self.count = number, count
        self._lost = lost

    @property
    def first(self) -> bool:
        """Whether this process writes the run."""
        return self.number == 0

    def share(self, index: Index) -> Index:
        """This process's windows of a batch: never one alone, which batch norm could not use, rather none."""
        takers = min(self.count, max(1, len(index) // 2))
        return index[self.number :: takers] if self.number < takers else index[:0]

    def total(self, values: Tensor) -> Tensor:
        """The sum of `values` over all processes."""
        if self.count == 1:
            return values
        values = values.clone()
        with self.answered():
            distributed.all_reduce(values)
        return values

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Sum each parameter's gradient over all processes; one that has none anywhere keeps none."""
        if self.count == 1:
            return
        all_of_them = [p for p in parameters if p.requires_grad]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in all_of_them])
        held = torch.tensor([p.grad is not None for p in all_of_them], dtype=flat.dtype, device=flat.device)
        summed = self.total(torch.cat([flat, held]))
        gradients = torch.split(summed[: len(flat)], [p.numel() for p in all_of_them])
        for parameter, gradient, holders in zip(all_of_them, gradients, summed[len(flat) :].tolist(), strict=True):
            parameter.grad = gradient.view_as(parameter).clone() if holders else None

    def gather(self, value: Value) -> list[Value]:
        """Everyone's `value`, in the order of their numbers."""
        if self.count == 1:
            return [value]
        values: list[Any] = [None] * self.count
        with self.answered():
            distributed.all_gather_object(values, value)
        return values

    def any(self, value: bool) -> bool:
        """Whether it is true for one of them; half as dear as asking for everyone's value."""
        return bool(self.total(torch.tensor([value], dtype=torch.int32)))

    def agree(self, value: Value) -> Value:
        """The first one's `value`."""
        return self.gather(value)[0]

    def copy_first(self, tensors: Iterable[Tensor]) -> None:
        """Give `tensors` the values that they have in the first one."""
        if self.count == 1:
            return
        for tensor in tensors:
            with self.answered():
                distributed.broadcast(tensor, src=0)

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Where others are waited for: what torch raises when they fail becomes what `lost` makes of it."""
        try:
            yield
        except RuntimeError as error:
            raise self._lost(str(error).strip().partition("\n")[0]) from error


@contextmanager
def joined(ranks: Ranks, store: Store, device: torch.device, patience: timedelta) -> Iterator[None]:
    """Hold the process group of `ranks`, who find each other through `store`: gloo for what lies on the CPU, nccl for
    what lies on GPUs. Nobody who does not answer is waited for longer than `patience`."""
    if device.type == "cuda":
        torch.cuda.set_device(device)  # where random numbers are drawn, and what nccl talks through
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    with ranks.answered(), _loopback():
        distributed.init_process_group(
            backend, store=store, rank=ranks.number, world_size=ranks.count, timeout=patience
        )
    try:
        yield
    finally:
        distributed.destroy_process_group()


@contextmanager
def _loopback() -> Iterator[None]:
    """Let gloo talk within this machine, unless the user said otherwise: else it takes the address that the machine's
    name has, which may be none or behind a firewall."""
    name = next((name for _, name in socket.if_nameindex() if name.startswith("lo")), None)
    if name is None or "GLOO_SOCKET_IFNAME" in os.environ:
        yield
        return
    os.environ["GLOO_SOCKET_IFNAME"] = name
    try:
        yield
    finally:
        del os.environ["GLOO_SOCKET_IFNAME"]
