"""The `tasks` block: what the network predicts, one model of options per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block

RegressionLoss = Literal["smooth_l1", "huber", "l1", "mse"]


class HeadOptions(Block):
    """The output layers of one task."""

    hidden: PositiveInt | None = None
    """Width of one hidden layer before the output. Default: none, the head is linear."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of features dropped before the output while training."""


class ForecastHeadOptions(Block):
    """The decoder of a forecast."""

    decoder: Literal["low_rank", "conv"] = "low_rank"
    """`low_rank`: the last steps of the map through a narrow matrix; `conv`: convolutions over the last steps."""
    rank: PositiveInt = 32
    """Width of the narrow matrix, or channels of the convolutions."""
    context: PositiveInt = 16
    """Steps at the end of the backbone's map that the decoder sees."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of features dropped before the output while training."""


class TaskOptions(Block):
    """What every task has."""

    enabled: bool = True
    """Train this task. A disabled task has no head, no loss and no column."""
    weight: NonNegativeFloat = 1.0
    """Multiplies the task's loss after balancing, in every method."""
    metrics: list[str] | None = Field(default=None, min_length=1)
    """Metrics to report. Default: all of the kind; the primary one is always reported."""


class LabelTaskOptions(TaskOptions):
    """A task that reads a target of the data."""

    target: str | None = None
    """Name of the target. Default: the task's own name."""
    head: HeadOptions = HeadOptions()
    """Output layers."""


class ClassificationOptions(LabelTaskOptions):
    """One of several classes."""

    kind: Literal["classification"]
    """One of several classes."""
    loss_fn: Literal["ce"] = "ce"
    """Cross-entropy."""


class BinaryOptions(LabelTaskOptions):
    """Yes or no."""

    kind: Literal["binary"]
    """Yes or no."""
    loss_fn: Literal["bce"] = "bce"
    """Binary cross-entropy on the logit."""
    positive: str | int | None = None
    """The label that means yes. Default: the larger of two numbers, or yes, true and 1 among words."""
    pos_weight: Literal["auto"] | PositiveFloat | None = None
    """Weight of positive windows; `auto` is negatives over positives of the training set."""


class RegressionOptions(LabelTaskOptions):
    """A number."""

    kind: Literal["regression"]
    """A number."""
    loss_fn: RegressionLoss = "smooth_l1"
    """smooth_l1 and huber change from square to linear at `loss_beta`: smooth_l1 has slope 1 beyond it, huber slope
    `loss_beta`."""
    loss_beta: PositiveFloat | None = None
    """Where smooth_l1 and huber turn linear, in target units (with log_transform: in units of the logarithm). Default:
    one standard deviation of the training set."""
    scale: Literal["standard", "minmax", "none"] = "standard"
    """How the target is scaled for the loss, from the training set. Reports are in target units."""
    log_transform: bool = False
    """Learn the logarithm of the target; predictions come back in target units."""
    log_floor: PositiveFloat | None = None
    """Least value that goes into the logarithm, in target units; smaller targets are raised to it."""
    bounds: tuple[float, float] | None = None
    """Range of the head's output in target units, for targets that cannot leave it."""

    @model_validator(mode="after")
    def _sensible(self) -> RegressionOptions:
        if self.bounds is not None and self.bounds[0] >= self.bounds[1]:
            raise ValueError(f"bounds must be [low, high] with low < high, not {list(self.bounds)}")
        if self.log_floor is not None and not self.log_transform:
            raise ValueError("log_floor is only read with log_transform: true")
        if self.bounds is not None and self.log_transform and self.bounds[0] <= 0:
            raise ValueError("bounds with log_transform must be positive")
        return self


class ForecastOptions(TaskOptions):
    """The samples of an input that follow the window."""

    kind: Literal["forecast"]
    """The samples of an input that follow the window."""
    input: str = "signal"
    """Name of the input to forecast."""
    channels: list[str] | None = None
    """Channels to forecast. Default: all."""
    horizon: PositiveInt = 96
    """Samples to forecast."""
    loss_fn: RegressionLoss = "mse"
    """As for regression."""
    loss_beta: PositiveFloat | None = None
    """Where smooth_l1 and huber turn linear, in the input's units. Default: one standard deviation."""
    head: ForecastHeadOptions = ForecastHeadOptions()
    """Decoder."""


Task = Annotated[
    ClassificationOptions | BinaryOptions | RegressionOptions | ForecastOptions, Field(discriminator="kind")
]
