"""The samples of an input that follow the window, in the input's own scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import ForecastOptions
from polyhead.signals.statistics import ChannelScaling, chunks
from polyhead.signals.windows import Batch, Index, WindowSet
from polyhead.tasks.head import ForecastHead
from polyhead.tasks.signal import Samples, SignalTask, fit_signal, restored_signal
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.task import Observed, Weights


@dataclass(frozen=True)
class Forecast(SignalTask):
    """The first `horizon` samples after the window."""

    kind: ClassVar[str] = "forecast"
    within: ClassVar[bool] = False
    options: ForecastOptions

    @classmethod
    def fit(
        cls,
        name: str,
        options: ForecastOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Forecast:
        """Floor loss from training. Raises InputError where the input or a channel is not there."""

        def part(batch: Batch, channels: list[int]) -> Samples:
            return batch.futures[options.input][:, channels, : options.horizon]

        what = "what follows the windows of input"
        state = fit_signal(cls.kind, name, options, windows, train, scaling, weights, part, what)
        return cls.restore(name, options, state)

    @classmethod
    def restore(cls, name: str, options: ForecastOptions, state: dict[str, Any]) -> Forecast:
        return cls(**restored_signal(name, options, state), options=options)

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        channels = self.numbers.loss.parts * len(self.channels)
        return ForecastHead(width, channels, self.options.horizon, self.constant, self.options.head)

    def signal(self, inputs: Mapping[str, Tensor], futures: Mapping[str, Tensor]) -> Tensor:
        """The task's channels and steps of all that follows the windows."""
        ahead = futures[self.input][..., : self.options.horizon]
        return ahead if self.channels == tuple(range(ahead.shape[1])) else ahead[:, list(self.channels)]

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        """What followed, and the last sample seen; where a channel is lost, what the feed puts in its place."""
        channels, shape = list(self.channels), (len(index), len(self.channels))
        truth, last = np.empty((*shape, self.options.horizon)), np.empty(shape)
        done = 0
        for some in chunks(index):
            batch, here = windows.fetch(some), slice(done, done + len(some))
            truth[here] = batch.futures[self.input][:, channels, : self.options.horizon]
            last[here] = _last_known(batch.inputs[self.input][:, channels])
            done += len(some)
        return Observed(truth, np.where(np.isfinite(last), last, self.numbers.scale.offset[:, 0]))


def _last_known(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last finite sample of each window and channel of (window, channel, time), for persistence; NaN without any.

    One lost sample must not take the strongest trivial predictor from the whole split."""
    back = np.argmax(np.isfinite(signal)[..., ::-1], axis=-1)[..., None]
    return np.asarray(np.take_along_axis(signal, signal.shape[-1] - 1 - back, axis=-1)[..., 0])
