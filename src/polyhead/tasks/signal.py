"""Tasks on samples of an input: those that follow the window, or its own; in the input's scaling."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from polyhead.config.tasks import ForecastOptions, MaskedOptions, ReconstructionOptions
from polyhead.config.words import nearest
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.scoring.prediction import Prediction
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Batch, Index, WindowSet
from polyhead.tasks.numbers import Numbers, fit_loss, restore_loss
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.task import Decoded, Fitted, Task, Weights, restored

Options = ForecastOptions | ReconstructionOptions | MaskedOptions
Samples = NDArray[np.float32]

_FIT_WINDOWS = 4096  # evenly spaced training windows that scale and floor loss are found on
_FIT_VALUES = 2**23  # that are held at most (64 MB), where windows are long


@dataclass(frozen=True)
class SignalTask(Task):
    """A task on samples of the input `input`; `channels` are indices into its channels. `within` says whether they are
    the window's own samples, or those that follow it."""

    within: ClassVar[bool]
    input: str
    options: Options
    channels: tuple[int, ...]
    numbers: Numbers

    @abstractmethod
    def signal(self, inputs: Mapping[str, Tensor], futures: Mapping[str, Tensor]) -> Tensor:
        """The task's samples (batch, channel, time) out of scaled inputs and what follows them."""

    def targets(self, windows: WindowSet) -> None:
        return None

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return self.numbers.losses(output, truth)

    def decode(self, output: Tensor) -> Decoded:
        return self.numbers.decode(output)

    def decide(self, known: Prediction) -> float | None:
        return self.numbers.decide(known, self.options.loss_fn)

    def decided(self, prediction: Prediction, decision: float | list[float]) -> Prediction:
        assert isinstance(decision, float)
        return self.numbers.widened(prediction, decision)

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"channels": list(self.channels)} | self.numbers.state()


def restored_signal(name: str, options: Options, state: dict[str, Any]) -> dict[str, Any]:
    """The fields of a SignalTask from its options and its `state`."""
    scale = TargetScale.from_dict(state["scale"])
    return restored(name, options, state) | {
        "input": options.input,
        "channels": tuple(state["channels"]),
        "numbers": Numbers(scale, restore_loss(options.loss_fn, scale, state["loss"])),
    }


def fit_signal(
    kind: str,
    name: str,
    options: Options,
    windows: WindowSet,
    train: Index,
    scaling: dict[str, ChannelScaling],
    weights: Weights | None,
    part: Callable[[Batch, list[int]], Samples],
    what: str,
) -> dict[str, Any]:
    """The state of a SignalTask. `part` takes the samples of some channels from a batch; `what` names them.

    Raises InputError where the input or a channel is not there, or training holds nothing to learn.
    """
    channels = _channels(name, options, windows)
    scale = _scale(name, options, channels, scaling)
    truth, each = _sample(windows, train, weights, lambda batch: part(batch, channels))
    if not len(truth):
        raise InputError(
            f"{what} {options.input!r} is missing in training: no window is whole, each lacks samples",
            where=f"tasks.{name}",
            do="cut shorter windows, choose other channels, or disable the task",
        )
    if np.all(truth == truth[0]):
        raise InputError(
            f"{what} {options.input!r} is constant in training",
            where=f"tasks.{name}",
            do="choose other channels, or disable the task",
        )
    scaled = scale.scaled(truth)
    # One standard deviation where the input is not scaled to it.
    beta = options.loss_beta / float(scale.scale.mean()) if options.loss_beta else float(scaled.std()) or 1.0
    numbers = Numbers(scale, fit_loss(options.loss_fn, scale, scaled, each, beta, options.loss_beta))
    constant = numbers.constant(scaled, each)
    unit, reference = windows.inputs[options.input].unit or "", fit_reference(kind, truth)
    fitted = Fitted(unit, constant.output, constant.loss, reference, numbers.loss.shifted)
    return fitted.as_dict() | {"channels": channels} | numbers.state()


def _sample(
    windows: WindowSet, train: Index, weights: Weights | None, part: Callable[[Batch], Samples]
) -> tuple[NDArray[np.float64], Weights | None]:
    """Whole stretches (n, channel, time) of evenly spaced training windows, and the windows' weights."""
    size = part(windows.fetch(train[:1]))[0].size if len(train) else 1
    count = min(len(train), _FIT_WINDOWS, max(64, _FIT_VALUES // max(size, 1)))
    chosen = np.unique(np.linspace(0, len(train) - 1, count).astype(int))
    batch = windows.fetch(train[chosen])
    found = part(batch).astype(np.float64)
    whole = np.isfinite(found).all(axis=(1, 2))  # the others are masked
    if batch.present is not None:
        whole &= batch.present.all(axis=1)
    return found[whole], None if weights is None else weights[chosen][whole]


def _channels(name: str, options: Options, windows: WindowSet) -> list[int]:
    inputs = [one for one in windows.timed if not windows.is_position(one)]
    if options.input not in inputs:
        there = ", ".join(inputs) or "none"
        what = f"no input {options.input!r} with a time axis for {options.kind}; there are {there}"
        raise InputError(what, **_at(name, "input", options.input, inputs))
    names = windows.inputs[options.input].channels
    wanted = options.channels or names
    for channel in wanted:
        if channel not in names:
            what = f"input {options.input!r} has no channel {channel!r}; it has {', '.join(names)}"
            raise InputError(what, **_at(name, "channels", channel, names))
    return [names.index(channel) for channel in wanted]


def _at(name: str, key: str, word: str, words: Sequence[str]) -> dict[str, str]:
    """Where a word is not one of `words`, and the one that may have been meant."""
    close = nearest(word, words)
    return {"where": f"tasks.{name}.{key}", "do": f"did you mean {close!r}?" if close else ""}


def _scale(name: str, options: Options, channels: list[int], scaling: dict[str, ChannelScaling]) -> TargetScale:
    one = scaling[options.input]
    if one.offset.ndim != 1:
        raise InputError(
            f"input {options.input!r} is scaled {one.kind}, so that a new recording's {options.kind} has no unit",
            where=f"tasks.{name}.input",
            do=f"write `data.scaling: {{{options.input}: standard}}`",
        )
    return TargetScale(one.offset[channels, None], one.scale[channels, None])
