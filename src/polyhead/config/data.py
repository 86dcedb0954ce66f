"""The `data` block: where recordings come from and how they become windows, targets and splits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, field_validator, model_validator

from polyhead.config.block import FROM_LIST, Block, Names, null_as, text_as

Axis = Literal["window", "channel", "time", "feature", "sample"]
FILE_READERS = ("npz", "hdf5", "csv", "parquet")
"""Readers of files that name arrays or columns: they need a path, and inputs and targets from the configuration."""
FOLDER_READERS = ("metadata_cache", "cwru", "cmapss", "xjtu", "femto")
"""Readers of a known layout: they need a path and bring their own inputs and targets."""
READERS = (*FILE_READERS, *FOLDER_READERS, "bearings", "bars", "expansions")
"""Every reader that a name can call, the studies' generators among them."""


class InputOptions(Block):
    """One named input: an array, or a list of arrays or columns that stand side by side."""

    key: str | None = None
    """Name of the array or column. Give this or `keys`."""
    keys: Names | None = None
    """Names of several columns (or one-dimensional arrays) that become the channels of this input."""
    axes: list[Axis] | None = None
    """What each axis of the array means, `window` first. Default: by the number of axes, (window, feature) or
    (window, channel, time); tables need none."""
    channels: Names | None = None
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
    """One target: a value per window, or marks, one per sample of it, and how to tell that it is not known."""

    key: str
    """Name of the array or column."""
    column: int | None = Field(default=None, ge=0)
    """Column of a two-dimensional array, counted from 0."""
    axes: list[Literal["window", "time"]] = Field(default=["window"], min_length=1)
    """`[window, time]` makes it marks, one value for each sample of the window, as span, pointers and countdown need
    them: a table of samples has a value in each row, other data an array (row, sample) as long as the signals."""
    missing: list[float | str] = Field(default_factory=list)
    """Values that mean "not known", in physical units; NaN and null always do."""
    valid: Annotated[tuple[float | None, float | None] | None, FROM_LIST] = None
    """Range of values that are real, `[low, high]` with null for open; values outside are masked."""
    unit: str | None = None
    """Physical unit, shown beside every error metric; of marks that of a step from sample to sample, e.g. bars."""
    derived_from: str | None = None
    """Name of the target that this one is computed from, where it is no label of its own."""

    @model_validator(mode="after")
    def _known_axes(self) -> TargetOptions:
        if self.axes not in (["window"], ["window", "time"]):
            raise ValueError(f"axes of a target are [window] or [window, time], not {self.axes}")
        return self

    @property
    def marks(self) -> bool:
        """Whether there is a value for each sample of the window."""
        return self.axes == ["window", "time"]


class Consecutive(Block):
    """Recordings made of neighbours: every `consecutive` rows of the file, in order, are one."""

    consecutive: PositiveInt
    """Rows that make one recording."""


class WindowOptions(Block):
    """How recordings are cut into windows. Left out, each row of the data is one window."""

    length: PositiveInt
    """Samples in a window."""
    stride: PositiveInt | None = None
    """Samples from the start of one window to the start of the next. Default: the length, so that none overlap."""
    strategy: Literal["stride", "even", "sequential", "random"] = "stride"
    """stride: all that fit; even: `count` of them evenly spaced from the first to the last sample; sequential: the
    first `count` at `stride`; random: `count` at random starts, drawn once from the seed."""
    count: PositiveInt | None = None
    """Windows of each stretch of signal, for even, sequential and random."""
    evaluate: Literal["all", "last"] | dict[Literal["val", "test"], Literal["all", "last"]] = "all"
    """Windows that validation and test are judged on: all, or the last one of each recording; `{test: last}` says it
    of one split."""
    short: Literal["refuse", "drop", "mask"] = "refuse"
    """Recordings with fewer samples than a window: refuse them by name, leave them out, or mask what is missing at the
    front of the window."""
    least: PositiveInt | None = None
    """Least number of real samples in a window, so that a recording has windows from its first samples on; what is
    missing at their front is masked. For the strategy stride."""
    position: bool = False
    """Give the network one more input `position` with one channel: the place in the window, from 0 at its first sample
    to 1 at its last. It is never fitted, scaled or augmented."""

    @model_validator(mode="after")
    def _counted(self) -> WindowOptions:
        if self.strategy != "stride" and self.count is None:
            raise ValueError(f"strategy {self.strategy} needs count, the windows of each stretch of signal")
        if self.strategy == "stride" and self.count is not None:
            raise ValueError("count is read by the strategies even, sequential and random")
        if self.strategy in ("even", "random") and self.stride is not None:
            raise ValueError(f"strategy {self.strategy} does not read stride")
        if self.least is not None and (self.strategy != "stride" or self.least > self.length):
            raise ValueError("least is a number of samples up to the length, for strategy stride")
        return self

    @property
    def step(self) -> int:
        """Samples from the start of one window to the next, where that is regular."""
        return self.stride or self.length

    def judged(self, split: str) -> str:
        """`all` or `last`: the windows that a split is judged on; training always uses all."""
        if split == "train":
            return "all"
        if isinstance(self.evaluate, str):
            return self.evaluate
        return next((which for name, which in self.evaluate.items() if name == split), "all")


class Between(Block):
    """A range of numbers, both ends included."""

    min: float | None = None
    """Least value; null is open."""
    max: float | None = None
    """Largest value; null is open."""

    @model_validator(mode="after")
    def _some_range(self) -> Between:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"nothing lies between min {self.min:g} and max {self.max:g}")
        return self


Values = Annotated[list[float | str], Field(min_length=1)] | Between
"""Values of a column that are meant: a list, or a range."""


class AugmentOptions(Block):
    """What is done to training windows, drawn anew for each window and epoch. Evaluation never sees it."""

    noise_snr_db: float | tuple[float, float] | None = None
    """White noise is added at this ratio of signal to noise in dB, or at one drawn from the range."""
    channel_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Probability that a channel of a window is lost; the training mean then stands in its place."""
    jitter: int = Field(default=0, ge=0)
    """Samples by which a window's start moves at most, either way, within its recording."""
    gain_db: float | tuple[float, float] | None = None
    """Gain in dB drawn from the range, or up to this either way; amplitude then no longer tells."""
    flip: bool = False
    """Change the sign of every other window, as a sensor mounted the other way would."""

    @field_validator("noise_snr_db", "gain_db")
    @classmethod
    def _rising(cls, level: float | tuple[float, float] | None) -> float | tuple[float, float] | None:
        if isinstance(level, tuple) and level[0] > level[1]:
            raise ValueError(f"a range is [low, high], found [{level[0]:g}, {level[1]:g}]")
        return level


class SamplerOptions(Block):
    """How training windows are put together in batches."""

    name: Literal["shuffle", "same_system", "both_classes", "class_balanced"]
    """shuffle: all together; same_system: each batch from one system; both_classes: the same, and both classes of
    `target` in each batch where the system has both; class_balanced: classes drawn equally often."""
    by: str | None = None
    """Column that names the system, for same_system and both_classes."""
    target: str | None = None
    """Target whose classes are meant, for both_classes and class_balanced."""

    @model_validator(mode="after")
    def _complete(self) -> SamplerOptions:
        needs = {"same_system": ("by",), "both_classes": ("by", "target"), "class_balanced": ("target",)}
        wanted = needs.get(self.name, ())
        for key in wanted:
            if getattr(self, key) is None:
                raise ValueError(f"sampler {self.name} needs {key}")
        for key in ({"by", "target"} - set(wanted)) & self.model_fields_set:
            raise ValueError(f"sampler {self.name} does not read {key}")
        return self


def _listed(value: Any) -> Any:
    """One name as a list of it, and null as none."""
    return [value] if isinstance(value, str) else [] if value is None else value


class SplitOptions(Block):
    """How recordings are shared out between training, validation and test."""

    by: str = "group"
    """The unit that stays whole: `group` (the recording), a column that holds recordings together, `time` (the past
    trains, the future is judged), or `window` (each window on its own, which lets neighbours of one recording stand on
    both sides)."""
    stratify: Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str] | None)] = Field(
        default_factory=list
    )
    """Targets or columns whose classes are spread evenly over the splits; of marks, windows with any and without."""
    fractions: tuple[float, float, float] = (0.7, 0.15, 0.15)
    """Shares of training, validation and test; they sum to 1."""
    column: str | None = None
    """Column or array that already names the split of each row: train, val or test. Without val, validation is drawn
    from what trains."""
    hold_out: dict[Literal["val", "test"], Annotated[dict[str, Values], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """Values of columns that are kept for validation or test, e.g. `{test: {load: [3]}}`. Without val, validation is
    drawn from what is left."""
    folds: PositiveInt | str | None = None
    """Cross-validation: so many folds, or `leave-one-COLUMN-out`; each is the test set once, and metrics are pooled."""
    fold: PositiveInt | None = None
    """The fold that is tested here, counted from 1. Left out, all are trained one after another."""
    allow_overlap: bool = False
    """Permit `by: window` although windows overlap, so that the same samples train and test."""
    seed: int | None = Field(default=None, ge=0)
    """Seed of the split. Default: the seed of the experiment."""

    @model_validator(mode="after")
    def _whole(self) -> SplitOptions:
        if min(self.fractions) < 0 or abs(sum(self.fractions) - 1) > 1e-6:
            raise ValueError(f"fractions must be shares that sum to 1, not {list(self.fractions)}")
        if self.fractions[0] == 0 or self.fractions[1] == 0:
            raise ValueError("training and validation need a share each: checkpoints are chosen on validation")
        return self

    @model_validator(mode="after")
    def _one_way(self) -> SplitOptions:
        ways = {"column": self.column, "hold_out": self.hold_out, "folds": self.folds}
        used = [name for name, value in ways.items() if value]
        used += ["by: time"] if self.by == "time" else []
        if len(used) > 1:
            raise ValueError(f"{' and '.join(used)} are different ways to split; keep one")
        if isinstance(self.folds, str) and not LEAVE_ONE_OUT.fullmatch(self.folds):
            raise ValueError(f"folds must be a number or leave-one-COLUMN-out, not {self.folds!r}")
        if isinstance(self.folds, int) and self.folds < 2:
            raise ValueError("folds must be 2 or more")
        if self.fold is not None and self.folds is None:
            raise ValueError("fold is only read with folds")
        return self

    @property
    def left_out(self) -> str | None:
        """The column whose values are left out one by one, where `folds` says so."""
        return LEAVE_ONE_OUT.fullmatch(self.folds)[1] if isinstance(self.folds, str) else None  # type: ignore[index]

    def columns(self) -> Iterator[str]:
        """Every column that the split reads."""
        named = [self.column, self.left_out, *(key for held in self.hold_out.values() for key in held)]
        if self.by not in ("group", "window", "time"):
            named.append(self.by)
        yield from (key for key in named if key is not None)


Target = Annotated[TargetOptions, text_as("key", TargetOptions)]
Input = Annotated[InputOptions, text_as("key", InputOptions)]


class SecondsScaling(Block):
    """Time stamps in units of a fixed number of seconds."""

    seconds: PositiveFloat
    """Seconds that count as 1."""


ScalingKind = Literal["standard", "minmax", "none", "per_recording", "seconds"]
Scaling = ScalingKind | SecondsScaling
Sampler = Annotated[SamplerOptions, text_as("name", SamplerOptions)]
LEAVE_ONE_OUT = re.compile(r"leave-one-(.+)-out")


class DataOptions(Block):
    """Where recordings come from and how they become windows, targets and splits."""

    reader: str
    """Name of a reader (npz, hdf5, csv, parquet, metadata_cache, cwru, cmapss, xjtu, femto, bars), of a study's
    generator (bearings, expansions), or `package.module:function`."""
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
    lengths: str | None = None
    """Key of the number of real samples in each row; what follows them is padding, which is never read."""
    sampling_hz: PositiveFloat | str | None = None
    """Sampling rate in Hz, or the key that holds it."""
    select: Annotated[dict[str, Values], null_as(dict, dict[str, Values])] = Field(default_factory=dict)
    """Rows that are used, by values or ranges of columns, e.g. `{snr_db: [0, 10], load: {min: 1}}`."""
    window: WindowOptions | None = None
    """How recordings are cut into windows. Left out, each row is one window."""
    non_finite: Literal["refuse", "mask"] = "refuse"
    """NaN and Inf in inputs: refuse them by name, or put the channel's training mean in their place."""
    scaling: dict[str, Scaling] = Field(default_factory=dict)
    """Scaling per input, fitted on training windows only. Default: standard. per_recording scales each recording by
    its own mean and standard deviation, which erases amplitude. `time: seconds` gives the network the time stamps of
    `data.time`, since the recording began, and the time steps, never fitted; `time: {seconds: 60}` in minutes."""
    augment: AugmentOptions | None = None
    """What is done to training windows."""
    split: SplitOptions = SplitOptions()
    """How recordings are shared out between training, validation and test."""
    sampler: Annotated[Sampler, null_as(lambda: "shuffle", Sampler)] = SamplerOptions(name="shuffle")
    """How training windows are put together in batches: a name, or `{name: ..., its keys}`."""
    slices: Annotated[list[str], null_as(list, list[str])] = Field(default_factory=list)
    """Columns by whose values the scores are also shown, e.g. load, system or condition."""

    def column_keys(self) -> Iterator[str]:
        """Every per-row key the config names beside inputs and targets: group, time and split columns."""
        named = [self.group, self.time, self.lengths, self.sampling_hz, self.sampler.by, *self.split.columns()]
        named += [*self.select, *self.slices, *(key for key in self.split.stratify if key not in self.targets)]
        yield from dict.fromkeys(key for key in named if isinstance(key, str))
