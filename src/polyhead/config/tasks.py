"""The `tasks` block: what the network predicts, one model of options per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block, Names
from polyhead.config.losses import (
    BceLoss,
    BinaryLoss,
    ClassificationLoss,
    CrossEntropyLoss,
    MultilabelLoss,
    OrdinalLoss,
    PointLoss,
    RegressionLoss,
)


class HeadOptions(Block):
    """The output layers of one task."""

    pooling: Literal["mean_max", "last", "mean_max_last"] = "mean_max"
    """What of the map is read: its mean and maximum over time, its last step, or all three."""
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


class ReconstructionHeadOptions(Block):
    """The decoder of a reconstruction."""

    decoder: Literal["low_rank", "conv"] = "low_rank"
    """`low_rank`: means over stretches of the map through a narrow matrix; `conv`: a narrow convolution at each step
    of the map, stretched to the window's length."""
    rank: PositiveInt = 32
    """Width of the bottleneck: of the narrow matrix, or channels at each step."""
    stretches: PositiveInt = 16
    """Stretches that low_rank averages the map over."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of features dropped before the bottleneck while training."""


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
    loss_fn: ClassificationLoss = CrossEntropyLoss(name="ce")
    """ce or focal, or `{name: ..., its keys}`."""


class BinaryOptions(LabelTaskOptions):
    """Yes or no."""

    kind: Literal["binary"]
    """Yes or no."""
    loss_fn: BinaryLoss = BceLoss(name="bce")
    """bce or focal, or `{name: ..., its keys}`."""
    positive: str | int | None = None
    """The label that means yes. Default: the larger of two numbers, or yes, true and 1 among words."""
    pos_weight: Literal["auto"] | PositiveFloat | None = None
    """Weight of positive windows; `auto` is negatives over positives of the training set."""


class MultilabelOptions(LabelTaskOptions):
    """Several answers of yes or no, a target of one column each."""

    kind: Literal["multilabel"]
    """Several answers of yes or no, a target of one column each."""
    loss_fn: MultilabelLoss = BceLoss(name="bce")
    """bce, focal or soft_iou, or `{name: ..., its keys}`."""
    labels: list[str] | None = Field(default=None, min_length=2)
    """Names of the columns. Default: their numbers from 0."""
    pos_weight: Literal["auto"] | PositiveFloat | list[PositiveFloat] | None = None
    """Weight of yes, one for all or one per label; `auto` is negatives over positives of each label in training."""

    @model_validator(mode="after")
    def _weighted(self) -> MultilabelOptions:
        if self.pos_weight is not None and self.loss_fn.name == "soft_iou":
            raise ValueError("soft_iou weighs whole windows and reads no pos_weight")
        return self


class OrdinalOptions(LabelTaskOptions):
    """One of several classes that stand in an order."""

    kind: Literal["ordinal"]
    """One of several classes that stand in an order."""
    loss_fn: OrdinalLoss = CrossEntropyLoss(name="ce")
    """ce or distance_penalized, or `{name: ..., its keys}`."""
    order: list[str | int | float] | None = Field(default=None, min_length=2)
    """The classes from first to last. Default: numbers by size; words need it."""


class RegressionOptions(LabelTaskOptions):
    """A number."""

    kind: Literal["regression"]
    """A number."""
    loss_fn: RegressionLoss = PointLoss(name="smooth_l1")
    """smooth_l1, huber, l1, mse, log_cosh, relative_l1, relative_smooth_l1, relative_mse, quantile or gaussian_nll, or
    `{name: ..., its keys}`."""
    loss_beta: PositiveFloat | None = None
    """Where smooth_l1, huber, log_cosh and relative_smooth_l1 turn linear, in target units (with log_transform in
    units of the logarithm, but for relative_smooth_l1). Default: one standard deviation of the training set."""
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
    channels: Names | None = None
    """Channels to forecast. Default: all."""
    horizon: PositiveInt = 96
    """Samples to forecast."""
    loss_fn: RegressionLoss = PointLoss(name="mse")
    """As for regression."""
    loss_beta: PositiveFloat | None = None
    """Where a loss turns linear, in the input's units. Default: one standard deviation."""
    head: ForecastHeadOptions = ForecastHeadOptions()
    """Decoder."""


class ReconstructionOptions(TaskOptions):
    """The samples of the window itself, through a bottleneck."""

    kind: Literal["reconstruction"]
    """The samples of the window itself, through a bottleneck."""
    input: str = "signal"
    """Name of the input to reconstruct."""
    channels: Names | None = None
    """Channels to reconstruct. Default: all."""
    loss_fn: RegressionLoss = PointLoss(name="mse")
    """As for regression."""
    loss_beta: PositiveFloat | None = None
    """Where a loss turns linear, in the input's units. Default: one standard deviation."""
    head: ReconstructionHeadOptions = ReconstructionHeadOptions()
    """Decoder."""


Task = Annotated[
    ClassificationOptions
    | BinaryOptions
    | MultilabelOptions
    | OrdinalOptions
    | RegressionOptions
    | ForecastOptions
    | ReconstructionOptions,
    Field(discriminator="kind"),
]
