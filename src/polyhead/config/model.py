"""The `model` and `balance` blocks: the shared network, and how the tasks' losses become one step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, ValidationInfo, field_validator

from polyhead.config.block import Block, text_as

Norm = Literal["none", "batch", "group"]


class MlpOptions(Block):
    """Fully connected layers on the flattened input."""

    name: Literal["mlp"]
    """Fully connected layers on the flattened input."""
    hidden: list[PositiveInt] = Field(default=[128, 128], min_length=1)
    """Widths of the layers."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of units dropped after each layer while training."""
    norm: Norm = "none"
    """Normalisation after each layer."""


class TcnOptions(Block):
    """Temporal convolutions: dilated residual blocks over time."""

    name: Literal["tcn"]
    """Temporal convolutions: dilated residual blocks over time."""
    channels: list[PositiveInt] = Field(default=[48, 48, 48, 48, 48, 48], min_length=1)
    """Channels of each residual block."""
    kernel: int = Field(default=3, ge=2)
    """Samples that each convolution sees."""
    dilations: list[PositiveInt] | None = None
    """Spacing of the samples per block. Default: 1, 2, 4, ..."""
    stem_kernel: PositiveInt = 1
    """Samples that the first convolution sees."""
    stem_stride: PositiveInt = 1
    """Samples per step of the map: the first convolution keeps every n-th position."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of channels dropped in each block while training."""
    norm: Norm = "none"
    """Normalisation in each block. Batch statistics make windows of one batch depend on each other; those of a group
    are over time, so that a step sees later ones."""

    @field_validator("stem_stride")
    @classmethod
    def _sees_every_sample(cls, stride: int, info: ValidationInfo) -> int:
        kernel = info.data.get("stem_kernel", stride)
        if stride > kernel:
            raise ValueError(f"a step of {stride} samples of which stem_kernel sees {kernel}: the others would be lost")
        return stride

    @field_validator("dilations")
    @classmethod
    def _one_per_block(cls, dilations: list[int] | None, info: ValidationInfo) -> list[int] | None:
        blocks = len(info.data.get("channels", dilations or ()))  # channels that are wrong have their own error
        if dilations is not None and len(dilations) != blocks:
            raise ValueError(f"expected one for each of the {blocks} blocks in channels, found {len(dilations)}")
        return dilations


Backbone = Annotated[MlpOptions | TcnOptions, Field(discriminator="name"), text_as("name", MlpOptions, TcnOptions)]


class ModelOptions(Block):
    """The shared network."""

    backbone: Backbone = TcnOptions(name="tcn")
    """Name of the backbone, or `{name: ..., its own keys}`."""


class SumOptions(Block):
    """Add the losses as they are. Scales and units decide which task is heard."""

    method: Literal["sum"]
    """Add the losses as they are."""


class FloorOptions(Block):
    """Divide each loss by its floor loss, the least value that one constant output reaches on the training set."""

    method: Literal["floor"]
    """Divide each loss by its floor loss: 1.0 means "learned nothing"."""


class KendallOptions(Block):
    """Learn one log-variance per task (Kendall, Gal and Cipolla, CVPR 2018)."""

    method: Literal["kendall"]
    """Learn one log-variance v = log s^2 per task."""
    form: Literal["half", "log_var", "published_003", "clamped_004"] = "log_var"
    """`half`: L / 2 s^2 + log s; `log_var`: the same in v, 0.5 e^-v L + 0.5 v; `published_003`: 0.5 e^-v L + v;
    `clamped_004`: max(0.5 e^-v, 0.05) L + 0.5 v with v in [-2, 2]."""
    lr: PositiveFloat | None = None
    """Learning rate of the log-variances. Default: that of the network."""


Balance = Annotated[
    SumOptions | FloorOptions | KendallOptions,
    Field(discriminator="method"),
    text_as("method", SumOptions, FloorOptions, KendallOptions),
]


def default_balance() -> Any:
    """`floor`, so that all tasks start alike and units cancel."""
    return FloorOptions(method="floor")
