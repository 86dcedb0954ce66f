"""Going forward a second time over the same batch, or as if it had never been: what a pass draws and leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class StatisticsAtRest:
    """While it holds, running statistics stay as they are; batches are still normalised by their own."""

    def __init__(self, network: nn.Module) -> None:
        batch_norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
        self._norms = [norm for norm in batch_norms if norm.track_running_stats]
        self._before: list[tuple[float | None, Tensor | None]] = []

    def __enter__(self) -> None:
        counts = [
            None if norm.num_batches_tracked is None else norm.num_batches_tracked.clone() for norm in self._norms
        ]
        self._before = [(norm.momentum, count) for norm, count in zip(self._norms, counts, strict=True)]
        for norm in self._norms:
            norm.momentum = 0.0

    def __exit__(self, *raised: object) -> None:
        for norm, (momentum, count) in zip(self._norms, self._before, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None and count is not None:
                norm.num_batches_tracked.copy_(count)


class RandomState:
    """Where torch's random numbers stood when it was made, on the CPU and on `device`."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._cpu = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None

    @contextmanager
    def again(self) -> Iterator[None]:
        """Draw the same numbers once more, then go on as if they had not been drawn."""
        with torch.random.fork_rng(devices=[self._device] if self._cuda is not None else []):
            torch.set_rng_state(self._cpu)
            if self._cuda is not None:
                torch.cuda.set_rng_state(self._cuda, self._device)
            yield


class Buffers:
    """A network's buffers as they were when it was made."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._values = [buffer.clone() for buffer in network.buffers()]

    def restore(self) -> None:
        """Make them so again."""
        for buffer, value in zip(self._network.buffers(), self._values, strict=True):
            buffer.copy_(value)
