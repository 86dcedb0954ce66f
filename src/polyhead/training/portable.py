"""The network as a module that stands alone: raw windows in, the columns of `predict` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.backbones.bilstm import BiLstm
from polyhead.backbones.own import Own
from polyhead.backbones.presence import zero_absent
from polyhead.signals.position import ramp
from polyhead.tasks import SignalTask, Task
from polyhead.training.decoding import build_decoder
from polyhead.training.evaluation import Decisions
from polyhead.training.network import Network
from polyhead.training.skipping import SkippingLstm

FILLED = "filled"
"""The input that says how many samples of each window are real, where some may be absent."""


@dataclass(frozen=True)
class PortableInput:
    """One input (batch, channel, time) where `timed`, else (batch, number). `offset` and `scale` (channel,) as the run
    has them; None where each recording has its own, which is then the window's. The `position` in the window is no
    input of the file: the graph makes it."""

    name: str
    timed: bool
    offset: NDArray[np.float64] | None
    scale: NDArray[np.float64] | None
    position: bool = False


class Portable(nn.Module):
    """Maps {input: float32, physical units} to {`TASK.part`: numbers}.

    `length` is that of windows; where it is given, some may lack samples at their front, and the input `filled`
    (batch,) int64 says how many each has. `samples` are those of a window, for its position. With `fill` NaN and Inf
    count as the training mean. Classes are indices.
    """

    ramp: Tensor

    def __init__(
        self,
        network: Network,
        tasks: Sequence[Task],
        inputs: Sequence[PortableInput],
        at: Decisions,
        fill: bool,
        length: int | None,
        samples: int = 0,
    ) -> None:
        super().__init__()
        self.network = Network(_traceable(network.backbone, length is not None), {})
        self.network.branches, self.network.heads = network.branches, network.heads
        self.inputs, self.fill, self.length = list(inputs), fill, length
        self.tasks = list(tasks)
        self.decoders = nn.ModuleList(build_decoder(task, at) for task in tasks)
        self.register_buffer("ramp", torch.from_numpy(ramp(samples))[None, None])
        for number, one in enumerate(inputs):
            if one.offset is not None and one.scale is not None:
                self.register_buffer(f"offset_{number}", _column(one, one.offset))
                self.register_buffer(f"scale_{number}", _column(one, one.scale))

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        present = None
        if self.length is not None:
            present = torch.arange(self.length) >= (self.length - inputs[FILLED])[:, None]
        batch = next(iter(inputs.values())).shape[0]
        raw = [self.ramp.expand(batch, 1, -1) if one.position else inputs[one.name] for one in self.inputs]
        scaled = [self._scaled(number, values, present) for number, values in enumerate(raw)]
        signal, known = (
            _joined([part for part, one in zip(scaled, self.inputs, strict=True) if one.timed == timed])
            for timed in (True, False)
        )
        found: dict[str, Tensor] = {}
        outputs = self.network(signal, known, present).outputs
        for task, decoder, output in zip(self.tasks, self.decoders, outputs, strict=True):
            parts = decoder(output)
            if isinstance(task, SignalTask) and task.within:
                parts = {"rmse": _error(parts["pred"], inputs[task.input][:, list(task.channels)], present)}
            found |= {f"{task.name}.{part}": values for part, values in parts.items()}
        return found

    def _scaled(self, number: int, values: Tensor, present: Tensor | None) -> Tensor:
        one = self.inputs[number]
        if one.offset is None:
            offset, scale = _own_scaling(values, present)
        else:
            offset, scale = getattr(self, f"offset_{number}"), getattr(self, f"scale_{number}")
        scaled = (values - offset) / scale
        if present is not None and one.timed:
            scaled = torch.where(present.unsqueeze(1), scaled, 0.0)
        return torch.where(scaled.isfinite(), scaled, 0.0) if self.fill else scaled


class _Bare(nn.Module):
    """A user's own module without the checks of Own, whose messages a tracer cannot follow."""

    def __init__(self, own: Own) -> None:
        super().__init__()
        self.module, self.steps_present = own.module, own.steps_present

    def forward(
        self, signal: Tensor | None, known: Tensor | None, present: Tensor | None = None
    ) -> Tensor | dict[str, Tensor]:
        if present is None:
            maps: Tensor | dict[str, Tensor] = self.module(signal, known)
            return maps
        maps, steps = self.module(signal, known, present), self.steps_present(present)
        if isinstance(maps, dict):
            return {task: zero_absent(one, steps) for task, one in maps.items()}
        return zero_absent(maps, steps)


def _traceable(backbone: nn.Module, masked: bool) -> nn.Module:
    """The backbone, or one with the same map that can be traced."""
    if isinstance(backbone, Own):
        return _Bare(backbone)
    return SkippingLstm(backbone) if isinstance(backbone, BiLstm) and masked else backbone


def _column(one: PortableInput, values: NDArray[np.float64]) -> Tensor:
    column = torch.from_numpy(values).float()
    return column.unsqueeze(-1) if one.timed else column


def _joined(parts: list[Tensor]) -> Tensor | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def _own_scaling(values: Tensor, present: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each window and channel, (batch, channel, 1), as statistics.scale_recordings."""
    used = values.isfinite() if present is None else values.isfinite() & present.unsqueeze(1)
    exact = torch.where(used, values.double(), 0.0)
    count = used.sum(dim=2, keepdim=True).clamp(min=1)
    mean = exact.sum(dim=2, keepdim=True) / count
    square = torch.where(used, exact - mean, 0.0).square().sum(dim=2, keepdim=True)
    sd = (square / count).sqrt()
    varies = sd > 1e-12 * mean.abs().clamp(min=1e-300)
    return mean.float(), torch.where(varies, sd, 1.0).float()


def _error(pred: Tensor, truth: Tensor, present: Tensor | None) -> Tensor:
    """Root mean square error of each channel (batch, channel); NaN where a window lacks samples."""
    rmse = (pred - truth.double()).square().mean(dim=2).sqrt()
    return rmse if present is None else torch.where(present.all(dim=1, keepdim=True), rmse, torch.nan)
