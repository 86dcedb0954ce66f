"""The `tasks` block: what the network predicts, one model of options per kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, field_validator, model_validator

from polyhead.config.block import Block, Names
from polyhead.config.losses import (
    BceLoss,
    BinaryLoss,
    ClassificationLoss,
    CrossEntropyLoss,
    MultilabelLoss,
    OrdinalLoss,
    PointersLoss,
    PointLoss,
    RegressionLoss,
    SpanLoss,
)


class HeadOptions(Block):
    """The output layers of one task."""

    pooling: Literal["mean_max", "last", "mean_max_last"] = "mean_max"
    """What of the map is read: its mean and maximum over time, its last step, or all three."""
    hidden: PositiveInt | None = None
    """Width of one hidden layer before the output. Default: none, the head is linear."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of features dropped before the output while training."""


class StepHeadOptions(Block):
    """The output layers of a task with an answer for each sample."""

    kernel: PositiveInt = 1
    """Samples that one answer reads of the map, an odd number."""
    hidden: PositiveInt | None = None
    """Width of one hidden layer before the output. Default: none, the head is linear."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of features dropped before the output while training."""

    @field_validator("kernel")
    @classmethod
    def _same_reach(cls, kernel: int) -> int:
        return _odd(kernel)


class PointersHeadOptions(HeadOptions):
    """The output layers of pointers; `pooling` is read by losses of numbers, `kernel` by boundary."""

    kernel: PositiveInt = 1
    """Samples of the map that one probability of boundary reads, an odd number."""

    @field_validator("kernel")
    @classmethod
    def _same_reach(cls, kernel: int) -> int:
        return _odd(kernel)


def _odd(kernel: int) -> int:
    if kernel % 2 == 0:
        raise ValueError(f"kernel must be odd, to reach as far back as ahead, not {kernel}")
    return kernel


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


class WindowTaskOptions(LabelTaskOptions):
    """A task with one answer for a window."""

    head: HeadOptions = HeadOptions()
    """Output layers."""


class MarksTaskOptions(LabelTaskOptions):
    """A task that reads marks, a target with one value for each sample of the window."""


class ClassificationOptions(WindowTaskOptions):
    """One of several classes."""

    kind: Literal["classification"]
    """One of several classes."""
    loss_fn: ClassificationLoss = CrossEntropyLoss(name="ce")
    """ce or focal, or `{name: ..., its keys}`."""


class BinaryOptions(WindowTaskOptions):
    """Yes or no."""

    kind: Literal["binary"]
    """Yes or no."""
    loss_fn: BinaryLoss = BceLoss(name="bce")
    """bce or focal, or `{name: ..., its keys}`."""
    positive: str | int | None = None
    """The label that means yes. Default: the larger of two numbers, or yes, true and 1 among words."""
    pos_weight: Literal["auto"] | PositiveFloat | None = None
    """Weight of positive windows; `auto` is negatives over positives of the training set."""


class MultilabelOptions(WindowTaskOptions):
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


class OrdinalOptions(WindowTaskOptions):
    """One of several classes that stand in an order."""

    kind: Literal["ordinal"]
    """One of several classes that stand in an order."""
    loss_fn: OrdinalLoss = CrossEntropyLoss(name="ce")
    """ce or distance_penalized, or `{name: ..., its keys}`."""
    order: list[str | int | float] | None = Field(default=None, min_length=2)
    """The classes from first to last. Default: numbers by size; words need it."""


class RegressionOptions(WindowTaskOptions):
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


class SpanOptions(MarksTaskOptions):
    """Which samples of the window are marked."""

    kind: Literal["span"]
    """Which samples of the window are marked."""
    loss_fn: SpanLoss = BceLoss(name="bce")
    """bce, focal, soft_iou, dice or crf, or `{name: ..., its keys}`."""
    pos_weight: Literal["auto"] | PositiveFloat | None = None
    """Weight of marked samples, for bce and focal; `auto` is unmarked over marked samples of the training set."""
    min_length: PositiveInt = 1
    """Shorter runs of predicted marks are dropped, after the threshold; probabilities stay as they are."""
    head: StepHeadOptions = StepHeadOptions()
    """Output layers."""

    @model_validator(mode="after")
    def _weighted(self) -> SpanOptions:
        if self.pos_weight is not None and self.loss_fn.name not in ("bce", "focal"):
            raise ValueError(f"{self.loss_fn.name} weighs whole windows and reads no pos_weight")
        return self


class PointersOptions(MarksTaskOptions):
    """The first and the last sample of the longest marked span of the window, the first of equals. Windows without a
    span are masked."""

    kind: Literal["pointers"]
    """The first and the last sample of the window's longest span. Windows without one are masked."""
    loss_fn: PointersLoss = PointLoss(name="huber")
    """huber, smooth_l1, l1, mse or log_cosh, on the span's centre and length as shares of the window; or boundary."""
    loss_beta: PositiveFloat | None = None
    """Where huber, smooth_l1 and log_cosh turn linear, in samples of the window as all of `loss_beta` is in target
    units. Default: 0.08 of the window's length, so 8.4 of 105."""
    head: PointersHeadOptions = PointersHeadOptions()
    """Output layers."""

    @model_validator(mode="after")
    def _read(self) -> PointersOptions:
        _refuse_relative(self.loss_fn.name, "pointers")
        if self.loss_fn.name == "boundary" and self.loss_beta is not None:
            raise ValueError("loss_beta is not read by boundary")
        if self.loss_fn.name != "boundary" and self.head.kernel != 1:
            raise ValueError("head.kernel is read by loss_fn boundary")
        return self


class CountdownOptions(MarksTaskOptions):
    """At each sample of the window, how many samples later its longest span starts, the first of equals; negative once
    it began. Windows without a span are masked, and so are those that lack samples at their front."""

    kind: Literal["countdown"]
    """Samples until the window's longest span starts, at each sample. Windows without a span are masked."""
    clip: PositiveInt | None = 20
    """The number stays within plus and minus this; null is the whole window."""
    loss_fn: RegressionLoss = PointLoss(name="smooth_l1")
    """As for regression, without relative_*: the count passes through 0."""
    loss_beta: PositiveFloat | None = None
    """Where a loss turns linear, in samples. Default: one standard deviation of the training set."""
    scale: Literal["standard", "minmax", "none"] = "standard"
    """How the number is scaled for the loss, from the training set. Reports are in samples."""
    head: StepHeadOptions = StepHeadOptions()
    """Output layers."""

    @model_validator(mode="after")
    def _crosses_zero(self) -> CountdownOptions:
        _refuse_relative(self.loss_fn.name, "countdown")
        return self


def _refuse_relative(loss: str, kind: str) -> None:
    if loss.startswith("relative_"):
        raise ValueError(f"{loss} divides by the target, which has no meaning for {kind}")


class MaskedOptions(TaskOptions):
    """Samples of the window that are hidden from the network, which pre-trains a backbone without labels. It stands
    alone: other tasks would see the holes."""

    kind: Literal["masked"]
    """Samples of the window that are hidden from the network, which pre-trains a backbone without labels."""
    input: str = "signal"
    """Name of the input to fill in. Every other input with a time axis is hidden at the same samples, but for time
    stamps and the position in the window."""
    channels: Names | None = None
    """Channels to fill in. Default: all. Every channel is hidden."""
    share: float = Field(default=0.15, gt=0, lt=1)
    """Share of each window's samples that is hidden: drawn anew in each epoch of training, always the same ones in
    evaluation."""
    patch: PositiveInt = 1
    """Samples in a row that are hidden together."""
    loss_fn: RegressionLoss = PointLoss(name="huber")
    """As for regression."""
    loss_beta: PositiveFloat | None = None
    """Where a loss turns linear, in the input's units. Default: one standard deviation."""
    head: StepHeadOptions = StepHeadOptions()
    """Decoder."""


Task = Annotated[
    ClassificationOptions
    | BinaryOptions
    | MultilabelOptions
    | OrdinalOptions
    | RegressionOptions
    | ForecastOptions
    | ReconstructionOptions
    | MaskedOptions
    | SpanOptions
    | PointersOptions
    | CountdownOptions,
    Field(discriminator="kind"),
]
