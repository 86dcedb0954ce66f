"""The keys of each backbone under `model.backbone`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, PositiveInt, Tag, ValidationInfo, field_validator

from polyhead.config.block import Block, NameOrOwn, text_as

Norm = Literal["none", "batch", "group"]
OWN = "package.module:Class"


class MlpOptions(Block):
    """Fully connected layers on the flattened input."""

    name: Literal["mlp"]
    """Fully connected layers on the flattened input."""
    hidden: list[PositiveInt] = Field(default=[128, 128], min_length=1)
    """Widths of the layers."""
    activation: Literal["relu", "gelu"] = "relu"
    """What follows each layer."""
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
        return _within(stride, "stem_kernel", info)

    @field_validator("dilations")
    @classmethod
    def _one_per_block(cls, dilations: list[int] | None, info: ValidationInfo) -> list[int] | None:
        blocks = len(info.data.get("channels", dilations or ()))  # channels that are wrong have their own error
        if dilations is not None and len(dilations) != blocks:
            raise ValueError(f"expected one for each of the {blocks} blocks in channels, found {len(dilations)}")
        return dilations


class ResNet1dOptions(Block):
    """Residual convolutions over time, in stages of ever fewer steps and more channels."""

    name: Literal["resnet1d"]
    """Residual convolutions over time, in stages of ever fewer steps and more channels."""
    channels: list[PositiveInt] = Field(default=[32, 64, 128], min_length=1)
    """Channels of each stage."""
    blocks: PositiveInt = 2
    """Residual blocks in a stage, of two convolutions each."""
    kernel: PositiveInt = 5
    """Steps that each convolution sees."""
    stride: PositiveInt = Field(default=2, validate_default=True)
    """Steps that become one at the start of each stage but the first; 1 keeps time as it is (Wang, Yan and Oates)."""
    stem_kernel: PositiveInt = 7
    """Samples that the first convolution sees."""
    stem_stride: PositiveInt = Field(default=2, validate_default=True)
    """Samples per step of the first convolution."""
    norm: Norm = "batch"
    """Normalisation after each convolution. Statistics of a group are over time, so that a step sees the window."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of channels dropped in each block while training."""

    @field_validator("stem_stride")
    @classmethod
    def _sees_every_sample(cls, stride: int, info: ValidationInfo) -> int:
        return _within(stride, "stem_kernel", info)

    @field_validator("stride")
    @classmethod
    def _sees_every_step(cls, stride: int, info: ValidationInfo) -> int:
        return _within(stride, "kernel", info)


class PatchTransformerOptions(Block):
    """A transformer over patches of the signal."""

    name: Literal["patch_transformer"]
    """A transformer over patches of the signal."""
    patch_length: PositiveInt = 16
    """Samples of all channels that become one token."""
    patch_stride: PositiveInt = Field(default=8, validate_default=True)
    """Samples from one patch to the next."""
    width: PositiveInt = 64
    """Channels of a token."""
    layers: PositiveInt = 3
    """Encoder layers."""
    heads: PositiveInt = Field(default=4, validate_default=True)
    """Attention heads; they divide the width."""
    feedforward: PositiveInt = 128
    """Hidden units of the two linear layers after each attention."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of units dropped in each layer while training."""

    @field_validator("patch_stride")
    @classmethod
    def _sees_every_sample(cls, stride: int, info: ValidationInfo) -> int:
        return _within(stride, "patch_length", info)

    @field_validator("heads")
    @classmethod
    def _divide(cls, heads: int, info: ValidationInfo) -> int:
        width = info.data.get("width", heads)
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        return heads


class BiLstmOptions(Block):
    """A long short-term memory, read in both directions of time."""

    name: Literal["bilstm"]
    """A long short-term memory, read in both directions of time."""
    hidden: PositiveInt = 64
    """Units in each direction."""
    layers: PositiveInt = 1
    """Layers, each on the output of the one before."""
    bidirectional: bool = True
    """Read backwards too; otherwise no step sees later ones."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of units dropped between layers while training."""

    @field_validator("dropout")
    @classmethod
    def _between_layers(cls, dropout: float, info: ValidationInfo) -> float:
        if dropout and info.data.get("layers") == 1:
            raise ValueError("it stands between layers, and there is one; write layers: 2 or more")
        return dropout


class IsfmOptions(Block):
    """Patch embedding and DLinear, as the bearing study's ISFM has them."""

    name: Literal["isfm"]
    """Patch embedding and DLinear, as the bearing study's ISFM has them."""
    num_patches: PositiveInt = 64
    """Patches of a window: evenly spaced in evaluation, at random starts while training."""
    patch_length: PositiveInt = 128
    """Samples of all channels that become one token."""
    width: PositiveInt = 256
    """Channels of a token."""


class OwnBackbone(Block):
    """A class of one's own, `package.module:Class`; the further keys are its keyword arguments."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(pattern=r"^[\w.]+:\w+$", examples=[OWN])
    """A class of one's own, `package.module:Class`, called with the InputShape and the further keys."""


def _within(stride: int, kernel: str, info: ValidationInfo) -> int:
    """The stride, where no sample falls between what two neighbours see."""
    seen = info.data.get(kernel, stride)  # a kernel that is wrong has its own error
    if stride > seen:
        raise ValueError(f"a step of {stride} samples of which {kernel} sees {seen}: the others would be lost")
    return stride


Backbone = Annotated[
    Annotated[MlpOptions, Tag("mlp")]
    | Annotated[TcnOptions, Tag("tcn")]
    | Annotated[ResNet1dOptions, Tag("resnet1d")]
    | Annotated[PatchTransformerOptions, Tag("patch_transformer")]
    | Annotated[BiLstmOptions, Tag("bilstm")]
    | Annotated[IsfmOptions, Tag("isfm")]
    | Annotated[OwnBackbone, Tag(OWN)],
    Field(discriminator=Discriminator(NameOrOwn("name", OWN))),
    text_as(
        "name",
        MlpOptions,
        TcnOptions,
        ResNet1dOptions,
        PatchTransformerOptions,
        BiLstmOptions,
        IsfmOptions,
        OwnBackbone,
    ),
]
