"""The `track` block: where a run is shown beside its own folder."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Union

from pydantic import BeforeValidator, Field, field_validator

from polyhead.config.block import Block, null_as

HIDDEN = "***"
_PASSWORD = re.compile(r"(\w://[^:/@\s]*:)[^/@\s]+(?=@)")


def without_passwords(text: str) -> str:
    """The text with stars for the password of every address in it."""
    return _PASSWORD.sub(rf"\1{HIDDEN}", text)


class MlflowOptions(Block):
    """A run in an MLflow store; extra `mlflow`."""

    uri: str | None = Field(default=None, min_length=1)
    """The store: `sqlite:///FILE`, another database or a server's address. Default: what the variable
    MLFLOW_TRACKING_URI says, else mlflow.db in the current folder. An address with a password belongs into the
    variable."""
    experiment: str | None = Field(default=None, min_length=1)
    """The experiment in the store. Default: the name of this one."""

    @field_validator("uri")
    @classmethod
    def _no_password(cls, uri: str | None) -> str | None:
        if uri is not None and without_passwords(uri) != uri:
            raise ValueError(
                "holds a password, which everybody who sees the run would read; leave it out, and put the address into"
                " the variable MLFLOW_TRACKING_URI"
            )
        return uri


class WandbOptions(Block):
    """A run of Weights & Biases, in the run's folder; extra `wandb`."""

    project: str | None = Field(default=None, min_length=1)
    """The project. Default: the experiment's name."""
    entity: str | None = Field(default=None, min_length=1)
    """The user or team whose project it is. Default: the account's own."""
    mode: Literal["offline", "online"] = "offline"
    """offline: written into the run's folder, no account and no network needed, `wandb sync` uploads it; online:
    uploaded while it trains."""
    tags: list[str] | None = None
    """Default: the experiment's tags."""


def _switched(value: Any) -> Any:
    return {} if value is True else None if value is False else value


def _or_switch(block: type[Block]) -> BeforeValidator:
    """Reads true as the block with all its defaults, and false as null."""
    written_out: Any = Union[block, bool, None]  # noqa: UP007 - built from a name
    return BeforeValidator(_switched, json_schema_input_type=written_out)


class TrackOptions(Block):
    """Where a run is shown beside its own folder, which always holds everything."""

    mlflow: Annotated[MlflowOptions | None, _or_switch(MlflowOptions)] = None
    """true, or `{uri: ..., experiment: ...}`. null or false: not there."""
    wandb: Annotated[WandbOptions | None, _or_switch(WandbOptions)] = None
    """true, or `{project: ..., entity: ..., mode: ..., tags: ...}`. null or false: not there."""
    tensorboard: Annotated[bool, null_as(bool, bool)] = False
    """Event files in the run's folder; extra `tensorboard`."""
    names: Annotated[str | dict[str, str], null_as(dict, str | dict[str, str])] = Field(default_factory=dict)
    """Other names of metrics in all of these, `{val/angle/bias_theta: theta_bias}`, or the name of a study that brings
    them."""

    @field_validator("names")
    @classmethod
    def _one_each(cls, names: str | dict[str, str]) -> str | dict[str, str]:
        theirs = [] if isinstance(names, str) else list(names.values())
        for name in theirs:
            if not name:
                raise ValueError("a metric needs a name")
            if theirs.count(name) > 1:
                raise ValueError(f"two metrics would both be called {name}")
        return names
