"""Samples of the window that the network does not see, in the input's own scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import MaskedOptions
from polyhead.errors import InputError
from polyhead.signals.hiding import Hiding, interpolated
from polyhead.signals.statistics import ChannelScaling, chunks
from polyhead.signals.windows import Batch, Index, WindowSet
from polyhead.tasks.signal import Samples, SignalTask, fit_signal, restored_signal
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.steps import StepHead
from polyhead.tasks.task import Decoded, Observed, Weights


@dataclass(frozen=True)
class Masked(SignalTask):
    """The hidden samples of a window. What the loss compares with is NaN at the others. A window that lacks samples is
    masked whole."""

    kind: ClassVar[str] = "masked"
    within: ClassVar[bool] = True
    options: MaskedOptions
    hiding: Hiding

    @classmethod
    def fit(
        cls,
        name: str,
        options: MaskedOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Masked:
        """Floor loss from training. Raises InputError where the input or a channel is not there, or nothing would be
        left to see."""

        def part(batch: Batch, channels: list[int]) -> Samples:
            return batch.inputs[options.input][:, channels]

        state = fit_signal(cls.kind, name, options, windows, train, scaling, weights, part, "input")
        hiding = Hiding.of_share(windows.length, options.share, options.patch)
        if hiding.samples >= windows.length:
            raise InputError(
                f"{hiding.patches} patches of {hiding.patch} samples hide all {windows.length} of a window",
                where=f"tasks.{name}",
                do="lower share or patch, or cut longer windows",
            )
        return cls.restore(name, options, state | {"samples": windows.length})

    @classmethod
    def restore(cls, name: str, options: MaskedOptions, state: dict[str, Any]) -> Masked:
        hiding = Hiding.of_share(state["samples"], options.share, options.patch)
        return cls(**restored_signal(name, options, state), options=options, hiding=hiding)

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        return StepHead(width, self.constant.view(-1, self.hiding.length), self.options.head, spacing)

    def signal(self, inputs: Mapping[str, Tensor], futures: Mapping[str, Tensor]) -> Tensor:
        """The task's channels of the windows, hidden or not."""
        whole = inputs[self.input]
        return whole if self.channels == tuple(range(whole.shape[1])) else whole[:, list(self.channels)]

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        """Mean over hidden samples and channels of each window (batch,)."""
        asked = ~truth.isnan()
        each = torch.where(asked, self.numbers.each(output, torch.where(asked, truth, 0.0)), 0.0)
        return each.flatten(1).sum(dim=1) / asked.flatten(1).sum(dim=1).clamp(min=1)

    def asked(self, decoded: Decoded, hidden: NDArray[np.bool_]) -> Decoded:
        """Predictions of the `hidden` samples (window, time) alone, (window, channel, hidden sample)."""
        at = np.nonzero(hidden)[1].reshape(len(hidden), 1, -1)
        parts = {one.name: getattr(decoded, one.name) for one in fields(decoded)}
        found = {part: np.take_along_axis(one, at, axis=2) for part, one in parts.items() if one is not None}
        return replace(decoded, **found)

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        """The samples that evaluation hides (window, channel, hidden sample), and their neighbours' interpolation."""
        shape = (len(index), len(self.channels), self.hiding.samples)
        truth, between, done = np.empty(shape), np.empty(shape), 0
        for some in chunks(index):
            values = windows.fetch(some).inputs[self.input][:, list(self.channels)].astype(np.float64)
            at = self.hiding.fixed(some)
            place = slice(done, done + len(some))
            truth[place] = np.take_along_axis(values, at[:, None], axis=2)
            between[place] = interpolated(values, at)
            done += len(some)
        return Observed(truth, between=between)

    def state(self) -> dict[str, Any]:
        return super().state() | {"samples": self.hiding.length}
