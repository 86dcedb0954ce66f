"""The samples of an input that follow the window, in the input's own scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.tasks import ForecastOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import ForecastHead
from polyhead.tasks.residual import ResidualLoss
from polyhead.tasks.task import Decoded, Fitted, Task, restored

_FIT_WINDOWS = 4096  # evenly spaced training windows that scale and floor loss are found on


@dataclass(frozen=True)
class Forecast(Task):
    """`channels` are indices into the input's channels; `offset` and `scale` (channel, 1) undo the scaling."""

    kind: ClassVar[str] = "forecast"
    options: ForecastOptions
    channels: tuple[int, ...]
    offset: NDArray[np.float64]
    scale: NDArray[np.float64]
    loss: ResidualLoss

    @classmethod
    def fit(
        cls,
        name: str,
        options: ForecastOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
    ) -> Forecast:
        """Floor loss from training. Raises InputError where the input or a channel is not there."""
        channels = _channels(name, options, windows)
        offset = scaling[options.input].offset[list(channels), None]
        scale = scaling[options.input].scale[list(channels), None]
        sample = train[np.unique(np.linspace(0, len(train) - 1, min(len(train), _FIT_WINDOWS)).astype(int))]
        future = windows.fetch(sample).futures[options.input][:, channels, : options.horizon].astype(np.float64)
        future = future[np.isfinite(future).all(axis=(1, 2))]  # the others are masked
        if not len(future) or np.all(future == future[0]):
            raise InputError(
                f"what follows the windows of input {options.input!r} is {'constant' if len(future) else 'missing'} in"
                " training",
                where=f"tasks.{name}",
                do="forecast other channels, or disable the task",
            )
        scaled = (future - offset) / scale
        # One standard deviation where the input is not scaled to it.
        beta = options.loss_beta / float(scale.mean()) if options.loss_beta else float(scaled.std()) or 1.0
        loss = ResidualLoss(options.loss_fn, beta)
        constant, floor_loss = loss.best_constant(scaled.reshape(len(scaled), -1))
        unit, reference = windows.inputs[options.input].unit or "", fit_reference(cls.kind, future)
        fitted = Fitted(unit, tuple(constant.tolist()), floor_loss, reference)
        own = {"channels": list(channels), "offset": offset.tolist(), "scale": scale.tolist(), "beta": beta}
        return cls.restore(name, options, fitted.as_dict() | own)

    @classmethod
    def restore(cls, name: str, options: ForecastOptions, state: dict[str, Any]) -> Forecast:
        """The task that `state` was taken from."""
        return cls(
            **restored(name, options, state),
            options=options,
            channels=tuple(state["channels"]),
            offset=np.array(state["offset"]),
            scale=np.array(state["scale"]),
            loss=ResidualLoss(options.loss_fn, state["beta"]),
        )

    def build_head(self, width: int) -> nn.Module:
        return ForecastHead(width, len(self.channels), self.options.horizon, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> None:
        return None

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return self.loss(output, truth).mean(dim=(1, 2))

    def decode(self, output: Tensor) -> Decoded:
        return Decoded(output.double().cpu().numpy() * self.scale + self.offset)

    def part(self, future: Tensor) -> Tensor:
        """The task's channels and steps of all that follows the windows (batch, channel, horizon)."""
        ahead = future[..., : self.options.horizon]
        return ahead if self.channels == tuple(range(ahead.shape[1])) else ahead[:, list(self.channels)]

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {
            "channels": list(self.channels),
            "offset": self.offset.tolist(),
            "scale": self.scale.tolist(),
            "beta": self.loss.beta,
        }


def _channels(name: str, options: ForecastOptions, windows: WindowSet) -> tuple[int, ...]:
    if options.input not in windows.timed:
        raise InputError(
            f"no input {options.input!r} with a time axis to forecast; there are {', '.join(windows.timed) or 'none'}",
            where=f"tasks.{name}.input",
        )
    names = windows.inputs[options.input].channels
    wanted = options.channels or names
    for channel in wanted:
        if channel not in names:
            raise InputError(
                f"input {options.input!r} has no channel {channel!r}; it has {', '.join(names)}",
                where=f"tasks.{name}.channels",
            )
    return tuple(names.index(channel) for channel in wanted)
