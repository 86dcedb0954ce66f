"""The samples of the window itself, through a bottleneck, in the input's own scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn

from polyhead.config.tasks import ReconstructionOptions
from polyhead.signals.statistics import ChannelScaling, chunks
from polyhead.signals.windows import Batch, Index, WindowSet
from polyhead.tasks.head import ReconstructionHead
from polyhead.tasks.signal import Samples, SignalTask, fit_signal, restored_signal
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.task import Observed, Weights


@dataclass(frozen=True)
class Reconstruction(SignalTask):
    """The `samples` of the window. A window that lacks some of them is masked."""

    kind: ClassVar[str] = "reconstruction"
    within: ClassVar[bool] = True
    options: ReconstructionOptions
    samples: int

    @classmethod
    def fit(
        cls,
        name: str,
        options: ReconstructionOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Reconstruction:
        """Floor loss from training. Raises InputError where the input or a channel is not there."""

        def part(batch: Batch, channels: list[int]) -> Samples:
            return batch.inputs[options.input][:, channels]

        state = fit_signal(cls.kind, name, options, windows, train, scaling, weights, part, "input")
        return cls.restore(name, options, state | {"samples": windows.length})

    @classmethod
    def restore(cls, name: str, options: ReconstructionOptions, state: dict[str, Any]) -> Reconstruction:
        return cls(**restored_signal(name, options, state), options=options, samples=state["samples"])

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        channels = self.numbers.loss.parts * len(self.channels)
        return ReconstructionHead(width, channels, self.samples, self.constant, self.options.head)

    def signal(self, inputs: Mapping[str, Tensor], futures: Mapping[str, Tensor]) -> Tensor:
        """The task's channels of the windows."""
        whole = inputs[self.input]
        return whole if self.channels == tuple(range(whole.shape[1])) else whole[:, list(self.channels)]

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        channels, truth = list(self.channels), np.empty((len(index), len(self.channels), self.samples))
        done = 0
        for some in chunks(index):
            truth[done : done + len(some)] = windows.fetch(some).inputs[self.input][:, channels]
            done += len(some)
        return Observed(truth)

    def state(self) -> dict[str, Any]:
        return super().state() | {"samples": self.samples}
