"""The `model` block: the shared network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from polyhead.config.backbones import Backbone, TcnOptions
from polyhead.config.block import Block, text_as

Activation = Literal["relu", "gelu", "tanh"]


class NoBranches(Block):
    """Every head reads the backbone's map."""

    kind: Literal["none"]
    """Every head reads the backbone's map."""


class BranchOptions(Block):
    """What one task's branch does differently."""

    attention: Activation = "relu"
    """Activation inside the attention over channels."""
    activation: Activation = "relu"
    """Activation of the task's own features."""


class AttentionBranches(Block):
    """Features of each task's own between backbone and head, chosen by attention over channels."""

    kind: Literal["attention"]
    """Features of each task's own between backbone and head, chosen by attention over channels."""
    mix: float = Field(default=0.7, ge=0, le=1)
    """Share of the task's own features in what its head reads; the rest is a linear map of the shared ones."""
    width: PositiveInt | None = None
    """Channels of a branch. Default: a quarter of the backbone's, at least 4."""
    dropout: float = Field(default=0.25, ge=0, lt=1)
    """Share of a branch's units dropped while training."""
    tasks: dict[str, BranchOptions] = Field(default_factory=dict)
    """Activations by task; tasks not named here have relu twice."""


Branches = Annotated[
    NoBranches | AttentionBranches, Field(discriminator="kind"), text_as("kind", NoBranches, AttentionBranches)
]


class ModelOptions(Block):
    """The shared network."""

    backbone: Backbone = TcnOptions(name="tcn")
    """Name of the backbone, or `{name: ..., its own keys}`; `package.module:Class` is a class of one's own."""
    branches: Branches = NoBranches(kind="none")
    """Features of each task's own between backbone and head: none, or attention with its keys."""
    init: str | None = None
    """A run's folder or a checkpoint, relative to the configuration file's folder or absolute, whose backbone this one
    begins with; the heads begin anew. `polyhead pretrain` prints the line to write."""
