"""Windows as tensors on the device: scaled inputs, what the losses compare with, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.signals.order import batches
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import LabelTask, Task
from polyhead.tasks.forecast import Forecast


@dataclass(frozen=True)
class Batch:
    """`signal` (batch, channel, time), `known` (batch, number), scaled; `truths` per task; `mask` (batch, task)."""

    signal: Tensor | None
    known: Tensor | None
    truths: list[Tensor]
    mask: Tensor


class Feed:
    """Turns window indices into batches. Labels live on the device; signals are fetched batch by batch."""

    def __init__(
        self,
        windows: WindowSet,
        tasks: Sequence[Task],
        scaling: dict[str, ChannelScaling],
        device: torch.device,
        fill: bool,
        labels: bool = True,
    ) -> None:
        """`fill` puts the training mean in place of NaN and Inf; without `labels` every mask is false."""
        self.windows = windows
        self.tasks = tasks
        self._device = device
        self._fill = fill
        self._labels = labels
        self._scales = {name: _columns(one, device) for name, one in scaling.items()}
        truths = [task.targets(windows) if labels else None for task in tasks]
        self._truths = [None if truth is None else truth.to(device) for truth in truths]
        self._mask = torch.stack([self._known(task) for task in tasks], dim=1).to(device)
        # Tasks whose every label is known: their losses need no mask.
        known = self._mask.all(dim=0).tolist()
        self.complete = [one and not (fill and isinstance(t, Forecast)) for one, t in zip(known, tasks, strict=True)]

    def _known(self, task: Task) -> Tensor:
        if not self._labels:
            return torch.zeros(len(self.windows), dtype=torch.bool)
        if isinstance(task, LabelTask):
            return torch.from_numpy(self.windows.targets[task.target].mask)
        return torch.ones(len(self.windows), dtype=torch.bool)

    def steps(self, index: Index, batch_size: int, accumulate: int, seed: int, epoch: int) -> list[list[Index]]:
        """The windows of each step of an epoch: `accumulate` batches of `batch_size`."""
        parts = batches(index, batch_size, seed, epoch)
        return [parts[first : first + accumulate] for first in range(0, len(parts), accumulate)]

    def batch(self, index: Index) -> Batch:
        """The windows at `index`."""
        fetched = self.windows.fetch(index)
        scaled = {name: self._filled(self._scaled(name, values)) for name, values in fetched.inputs.items()}
        futures = {name: self._scaled(name, values) for name, values in fetched.futures.items()}
        timed = [scaled[name] for name in self.windows.timed]
        known = [values for name, values in scaled.items() if name not in self.windows.timed]
        chosen = torch.from_numpy(index).to(self._device)
        mask = self._mask.index_select(0, chosen)
        truths: list[Tensor] = []
        for number, (task, truth) in enumerate(zip(self.tasks, self._truths, strict=True)):
            if truth is not None:
                truths.append(truth.index_select(0, chosen))
            elif isinstance(task, Forecast) and futures:
                future = task.part(futures[task.options.input])
                if self._fill:
                    finite = future.isfinite()
                    mask[:, number] &= finite.flatten(1).all(dim=1)
                    future = torch.where(finite, future, 0.0)
                truths.append(future)
            else:
                truths.append(chosen)
        return Batch(_joined(timed), _joined(known), truths, mask)

    def _scaled(self, name: str, values: NDArray[np.float32]) -> Tensor:
        offset, scale = self._scales[name]
        if values.ndim == 3:
            offset, scale = offset[:, None], scale[:, None]
        return torch.from_numpy(values).to(self._device).sub_(offset).div_(scale)

    def _filled(self, scaled: Tensor) -> Tensor:
        return torch.where(scaled.isfinite(), scaled, 0.0) if self._fill else scaled


def _columns(scaling: ChannelScaling, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(scaling.offset).float().to(device), torch.from_numpy(scaling.scale).float().to(device)


def _joined(parts: list[Tensor]) -> Tensor | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
