"""The `data` block: where recordings come from and how they become windows, targets and splits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block, text_as

Axis = Literal["window", "channel", "time", "feature", "sample"]
FILE_READERS = ("npz", "csv", "parquet")
"""Readers of files that name arrays or columns: they need a path, and inputs and targets from the configuration."""
READERS = (*FILE_READERS, "bearings")
"""Every reader that a name can call, the studies' generators among them."""


class InputOptions(Block):
    """One named input: an array, or a list of arrays or columns that stand side by side."""

    key: str | None = None
    """Name of the array or column. Give this or `keys`."""
    keys: list[str] | None = None
    """Names of several columns (or one-dimensional arrays) that become the channels of this input."""
    axes: list[Axis] | None = None
    """What each axis of the array means, `window` first. Default: by the number of axes, (window, feature) or
    (window, channel, time); tables need none."""
    channels: list[str] | None = None
    """Names of the channels, in order. Default: the column names, or `0`, `1`, ..."""
    unit: str | None = None
    """Physical unit, shown in reports."""

    @model_validator(mode="after")
    def _one_source(self) -> InputOptions:
        if (self.key is None) == (self.keys is None):
            raise ValueError("give either `key` (one array) or `keys` (a list of columns)")
        return self

    @property
    def names(self) -> list[str]:
        """Every array or column this input reads."""
        return [self.key] if self.key is not None else list(self.keys or [])


class TargetOptions(Block):
    """One target: a value per window, and how to tell that it is not known."""

    key: str
    """Name of the array or column."""
    column: int | None = Field(default=None, ge=0)
    """Column of a two-dimensional array, counted from 0."""
    missing: list[float | str] = Field(default_factory=list)
    """Values that mean "not known", in physical units; NaN and null always do."""
    valid: tuple[float | None, float | None] | None = None
    """Range of values that are real, `[low, high]` with null for open; values outside are masked."""
    unit: str | None = None
    """Physical unit, shown beside every error metric."""
    derived_from: str | None = None
    """Name of the target that this one is computed from, where it is no label of its own."""


class Consecutive(Block):
    """Recordings made of neighbours: every `consecutive` rows of the file, in order, are one."""

    consecutive: PositiveInt
    """Rows that make one recording."""


class WindowOptions(Block):
    """How recordings are cut into windows. Left out, each row of the data is one window."""

    length: PositiveInt
    """Samples in a window."""
    stride: PositiveInt
    """Samples from the start of one window to the start of the next."""


OneName = Annotated[list[str], Field(min_length=1, max_length=1)]


def _only(value: Any) -> Any:
    """A list of one label is that label; several are not available yet."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


class SplitOptions(Block):
    """How recordings are shared out between training, validation and test."""

    by: str = "group"
    """The unit that stays whole: `group` (the recording), a column that holds recordings together, or `window`
    (each window on its own, which lets neighbours of one recording stand on both sides)."""
    stratify: Annotated[str | None, BeforeValidator(_only, json_schema_input_type=str | OneName | None)] = None
    """Target whose classes are spread evenly over the splits."""
    fractions: tuple[float, float, float] = (0.7, 0.15, 0.15)
    """Shares of training, validation and test; they sum to 1."""
    column: str | None = None
    """Column or array that already names the split of each row: train, val or test."""
    allow_overlap: bool = False
    """Permit `by: window` although windows overlap, so that the same samples train and test."""
    seed: int | None = None
    """Seed of the split. Default: the seed of the experiment."""

    @model_validator(mode="after")
    def _whole(self) -> SplitOptions:
        if min(self.fractions) < 0 or abs(sum(self.fractions) - 1) > 1e-6:
            raise ValueError(f"fractions must be shares that sum to 1, not {list(self.fractions)}")
        if self.fractions[0] == 0 or self.fractions[1] == 0:
            raise ValueError("training and validation need a share each: checkpoints are chosen on validation")
        return self


Target = Annotated[TargetOptions, text_as("key", TargetOptions)]
Input = Annotated[InputOptions, text_as("key", InputOptions)]
Scaling = Literal["standard", "minmax", "none"]


class DataOptions(Block):
    """Where recordings come from and how they become windows, targets and splits."""

    reader: str
    """Name of a reader (npz, csv, parquet), of a study's generator (bearings), or `package.module:function`."""
    path: str | None = None
    """File to read, relative to the configuration file's folder or absolute."""
    options: dict[str, Any] = Field(default_factory=dict)
    """The reader's own keys. They are written beside `reader`, not under `options`."""
    inputs: dict[str, Input] = Field(default_factory=dict)
    """Named inputs of the network. Those with a time axis go through the backbone; the others are known inputs that
    join it. A generator brings its own."""
    targets: dict[str, Target] = Field(default_factory=dict)
    """Named targets. A generator brings its own."""
    group: str | Consecutive | None = None
    """Key of the recording's id, or `{consecutive: N}`. Default: every row is a recording of its own."""
    time: str | None = None
    """Key of the time stamps of rows, in seconds."""
    sampling_hz: PositiveFloat | str | None = None
    """Sampling rate in Hz, or the key that holds it."""
    window: WindowOptions | None = None
    """How recordings are cut into windows. Left out, each row is one window."""
    non_finite: Literal["refuse", "mask"] = "refuse"
    """NaN and Inf in inputs: refuse them by name, or put the channel's training mean in their place."""
    scaling: dict[str, Scaling] = Field(default_factory=dict)
    """Scaling per input, fitted on training windows only. Default: standard."""
    split: SplitOptions = SplitOptions()
    """How recordings are shared out between training, validation and test."""

    def column_keys(self) -> Iterator[str]:
        """Every per-row key the config names beside inputs and targets: group, time and split columns."""
        named = [self.group, self.time, self.split.column, self.sampling_hz]
        if self.split.by not in ("group", "window"):
            named.append(self.split.by)
        yield from dict.fromkeys(key for key in named if isinstance(key, str))
