"""Windows as tensors on the device: scaled inputs, what the losses compare with, and what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.signals.augmentation import Augmentation
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks import LabelTask, Masked, SignalTask, Task


@dataclass(frozen=True)
class Batch:
    """`signal` (batch, channel, time), `known` (batch, number), scaled; `present` (batch, time) where samples may be
    missing; `truths` per task; `mask` (batch, task); `weight` (batch,) where windows are weighted; `hidden` (batch,
    time) says where samples are hidden, which hold 0."""

    signal: Tensor | None
    known: Tensor | None
    present: Tensor | None
    truths: list[Tensor]
    mask: Tensor
    weight: Tensor | None
    hidden: Tensor | None = None


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
        augmentation: Augmentation | None = None,
        means: Mapping[str, NDArray[np.float64]] | None = None,
        weights: NDArray[np.float64] | None = None,
        seed: int = 0,
    ) -> None:
        """`fill` puts the training mean in place of NaN and Inf; without `labels` every mask is false. `augmentation`
        and `weights`, of every window (window,), act in training; `means` (channel,) are the inputs' in training;
        `seed` draws which samples are hidden there."""
        self.windows = windows
        self.tasks = tasks
        self._device = device
        self._fill = fill
        self._labels = labels
        self._augmentation = augmentation
        self._means = means or {}
        made = {name for name in windows.timed if windows.is_position(name) or scaling[name].kind == "seconds"}
        self._signals = [name for name in windows.timed if name not in made]
        self._hiding, self._seed = next((task.hiding for task in tasks if isinstance(task, Masked)), None), seed
        self._reconstructed = {task.input for task in tasks if isinstance(task, SignalTask) and task.within}
        self._scales = {name: _columns(one, device) for name, one in scaling.items()}
        self._weights = None if weights is None else torch.from_numpy(weights).float().to(device)
        truths = [task.targets(windows) if labels else None for task in tasks]
        self._truths = [None if truth is None else truth.to(device) for truth in truths]
        self._mask = torch.stack([self._known(task) for task in tasks], dim=1).to(device)
        # Tasks whose every label is known: their losses need no mask.
        known = self._mask.all(dim=0).tolist()
        lossy = fill or windows.filled is not None
        self.complete = [one and not (lossy and isinstance(t, SignalTask)) for one, t in zip(known, tasks, strict=True)]

    def _known(self, task: Task) -> Tensor:
        if not self._labels:
            return torch.zeros(len(self.windows), dtype=torch.bool)
        if isinstance(task, LabelTask):
            return torch.from_numpy(task.labels(self.windows, np.arange(len(self.windows))).mask)
        return torch.ones(len(self.windows), dtype=torch.bool)

    def batch(self, index: Index, epoch: int | None = None) -> Batch:
        """The windows at `index`; in the `epoch` of training, which counts from 0, augmented and weighted."""
        marks = None if self._hiding is None else self._hiding.marks(self._hidden(index, epoch))
        own: dict[str, Tensor] = {}
        if self._augmentation is None or epoch is None:
            fetched = self.windows.fetch(index)
        else:
            fetched = self.windows.fetch(index, self._augmentation.shift(index, epoch))
            signals = {name: fetched.inputs[name] for name in self._signals}
            self._augmentation.amplify(signals, index, epoch)
            self._augmentation.amplify(fetched.futures, index, epoch)
            own = {name: self._scaled(name, signals[name].copy(), index) for name in self._reconstructed}
            self._augmentation.disturb(signals, index, epoch, self._means, _seen(fetched.present, marks))
        scaled = {name: self._scaled(name, values, index) for name, values in fetched.inputs.items()}
        futures = {name: self._scaled(name, values, index) for name, values in fetched.futures.items()}
        present = None if fetched.present is None else torch.from_numpy(fetched.present).to(self._device)
        chosen = torch.from_numpy(index).to(self._device)
        mask = self._mask.index_select(0, chosen)
        hidden = None if marks is None else torch.from_numpy(marks).to(self._device)
        tasks = range(len(self.tasks))
        truths = [self._truth(number, scaled | own, futures, present, hidden, chosen, mask) for number in tasks]
        inputs = {name: self._filled(name, values, present) for name, values in scaled.items()}
        if hidden is not None:
            inputs |= {name: hide(inputs[name], hidden) for name in self._signals}
        timed = [inputs[name] for name in self.windows.timed]
        known = [values for name, values in inputs.items() if name not in self.windows.timed]
        weight = self._weights.index_select(0, chosen) if epoch is not None and self._weights is not None else None
        return Batch(_joined(timed), _joined(known), present, truths, mask, weight, hidden)

    def _hidden(self, index: Index, epoch: int | None) -> Index:
        """The samples (batch, hidden sample) that the network does not see of the windows at `index`."""
        assert self._hiding is not None
        return self._hiding.fixed(index) if epoch is None else self._hiding.drawn(index, self._seed, epoch)

    def _truth(
        self,
        number: int,
        inputs: dict[str, Tensor],
        futures: dict[str, Tensor],
        present: Tensor | None,
        hidden: Tensor | None,
        chosen: Tensor,
        mask: Tensor,
    ) -> Tensor:
        """What task `number` compares with; where it is a signal that is not whole, `mask` says so."""
        task, truth = self.tasks[number], self._truths[number]
        if truth is not None:
            return truth.index_select(0, chosen)
        if not self._labels or not isinstance(task, SignalTask):
            return chosen
        signal = task.signal(inputs, futures)
        if not self.complete[number]:
            finite = signal.isfinite()
            mask[:, number] &= finite.flatten(1).all(dim=1)
            if present is not None and task.within:
                mask[:, number] &= present.all(dim=1)
            signal = torch.where(finite, signal, 0.0)
        return signal if hidden is None else torch.where(hidden.unsqueeze(1), signal, torch.nan)

    def _scaled(self, name: str, values: NDArray[np.float32], index: Index) -> Tensor:
        offset, scale = self._scales[name]
        if offset.ndim == 2:  # each recording has its own
            recording = torch.from_numpy(self.windows.recording[index]).to(self._device)
            offset, scale = offset.index_select(0, recording), scale.index_select(0, recording)
        if values.ndim == 3:
            offset, scale = offset.unsqueeze(-1), scale.unsqueeze(-1)
        return torch.from_numpy(values).to(self._device).sub_(offset).div_(scale)

    def _filled(self, name: str, scaled: Tensor, present: Tensor | None) -> Tensor:
        if present is not None and name in self.windows.timed:
            scaled = torch.where(present.unsqueeze(1), scaled, 0.0)
        return torch.where(scaled.isfinite(), scaled, 0.0) if self._fill else scaled


def hide(signal: Tensor, hidden: Tensor) -> Tensor:
    """The scaled signal (batch, channel, time) with 0, as a rule the training mean, in place of every channel where
    `hidden` (batch, time) is true: whatever stood there, a network cannot see it."""
    return signal.masked_fill(hidden.unsqueeze(1), 0.0)


def _seen(present: NDArray[np.bool_] | None, hidden: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    """Samples (batch, time) that are real and not hidden: the power of noise must not tell of the others."""
    if hidden is None:
        return present
    return ~hidden if present is None else present & ~hidden


def _columns(scaling: ChannelScaling, device: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(scaling.offset).float().to(device), torch.from_numpy(scaling.scale).float().to(device)


def _joined(parts: list[Tensor]) -> Tensor | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
