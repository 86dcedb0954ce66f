"""The `model` and `balance` blocks: the shared network, and how the tasks' losses become one step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

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
