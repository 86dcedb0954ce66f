"""The parts of a data profile: what recordings, windows, targets and inputs look like, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

LAYOUT = 1
QUANTILES = ("0", "0.001", "0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99", "0.999", "1")
"""Keys of every mapping of quantiles."""


@dataclass(frozen=True)
class Frequent:
    """A value that many known labels have; `recordings` counts those it appears in, `gap` is its distance to the next
    other value in units of the standard deviation of all other labels, `outside` says that no other label lies beyond
    it."""

    value: float
    count: int
    recordings: int
    gap: float
    outside: bool


@dataclass(frozen=True)
class Labels:
    """The labels of one task in one split, physical units. Numbers are None for classes, `counts` for numbers.

    `quantiles` of the values and `magnitudes` of their absolute values by QUANTILES, `distinct` values, `step` the
    least distance between two of them, `frequent` the most frequent values (at most 8), `at_min` and `at_max` the share
    of labels at the extremes. `counts` and `recordings` per class: known windows, and recordings that have one.
    """

    known: int
    missing: int
    mean: float | None = None
    sd: float | None = None
    quantiles: Mapping[str, float] = field(default_factory=dict)
    magnitudes: Mapping[str, float] = field(default_factory=dict)
    distinct: int | None = None
    step: float | None = None
    frequent: list[Frequent] = field(default_factory=list)
    at_min: float | None = None
    at_max: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    recordings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TargetProfile:
    """One task's target. `outputs` is the number of values of a label; with several, numbers are over all of them.

    `matched` counts the labels that each declared missing value masked. `between` is the share of the labels' variance
    that lies between recordings (training; None for classes), `constant` the share of recordings with one label only.
    """

    key: str | None
    kind: str
    outputs: int
    splits: Mapping[str, Labels]
    matched: Mapping[str, int] = field(default_factory=dict)
    between: float | None = None
    constant: float | None = None
    derived_from: str | None = None


@dataclass(frozen=True)
class Pair:
    """How far a task's label is told by another task's, over `n` training windows with both known.

    `determined` is the share of windows on which the best rule is right: the commonest label for each label of the
    other, or one threshold on it where it is a number; for two numbers the share whose difference from the best
    straight line is below 1e-6 of the spread. `chance` is the share of the commonest label, 0 for two numbers.
    `correlation` is Spearman's, of two numbers. `rule` says the rule in words, such as `fault > 0`.
    """

    task: str
    other: str
    determined: float
    chance: float
    n: int
    correlation: float | None = None
    rule: str = ""


@dataclass(frozen=True)
class Association:
    """How strongly a simple number of a window goes with a task's label, over `n` training windows of `recordings`.

    `fact` is such as `signal.x.rms`; `before` is taken of the data as they come, `after` of what the network gets, both
    in [0, 1]: the absolute Spearman correlation with a number, or the correlation ratio of the ranks given a class.
    `copy` is the share of windows on which the raw number equals the label, to 1e-6 of its spread.
    """

    fact: str
    task: str
    before: float
    after: float
    n: int
    recordings: int
    copy: float = 0.0


@dataclass(frozen=True)
class Recordings:
    """One row per recording (at most 2000, evenly spaced; `of` there are): its split or `mixed`, its windows, facts by
    name and each task's mean label, or its commonest class as text.

    Facts of every recording: `length` in samples, `rate_hz`, `dt` (median time step), `start` (first time stamp). Facts
    of a timed channel, as INPUT.CHANNEL.FACT: `rms`, `mean`, `first`, `step` (least non-zero difference between sample
    values), `zeros` (share of samples that are exactly 0), `centroid` (mean frequency of the spectrum as a share of the
    sampling rate); of at most four channels, evenly spaced, and four windows of a recording. A fact that is not known
    is None. Labels of several outputs stand as TASK.0, TASK.1 and so on, the first 16; of answers of yes or no the
    share of yes.
    """

    of: int
    names: list[str]
    split: list[str]
    windows: list[int]
    facts: Mapping[str, list[float | None]]
    targets: Mapping[str, list[float | str | None]]


@dataclass(frozen=True)
class TimeProfile:
    """The clock of the windows. `source` says what told it: `data.time`, `sampling_hz` or an input that holds time.

    `as_input` is the input that carries time or dt to the network, None without one, and `scaling` its scaling.
    `spread` is the ratio of the 95 % to the 5 % quantile of the windows' median time step, `spread_scaled` the same of
    what the network gets by whichever input keeps most of it; `within` the same ratio within windows, their median.
    `zero` is the share of windows with a time step of 0, `tail` of those that end in at least three equal time stamps,
    `tail_length` the mean share of such a window that does. `steps` are quantiles of the windows' median time step, in
    seconds or as they come.
    """

    source: str
    as_input: str | None
    scaling: str | None
    spread: float
    spread_scaled: float | None
    within: float
    zero: float
    tail: float
    tail_length: float
    steps: Mapping[str, float]


@dataclass(frozen=True)
class ChannelRange:
    """A channel over one split: moments, quantiles, share of samples at its least and largest value, share not finite,
    share of windows in which it does not move."""

    mean: float | None
    sd: float | None
    quantiles: Mapping[str, float]
    at_min: float
    at_max: float
    non_finite: float
    still: float


@dataclass(frozen=True)
class Channel:
    """One channel of an input: `splits`, the `offset` and `scale` in use (None where each recording has its own), and
    those that all windows of every split together would give."""

    splits: Mapping[str, ChannelRange]
    offset: float | None
    scale: float | None
    offset_of_all: float | None = None
    scale_of_all: float | None = None


@dataclass(frozen=True)
class InputProfile:
    """One input: whether it has a time axis, its unit, the kind of scaling, its channels by name."""

    timed: bool
    unit: str | None
    scaling: str
    channels: Mapping[str, Channel]


@dataclass(frozen=True)
class SplitProfile:
    """How windows were shared out.

    `straddling` recordings have windows in more than one split; `overlapping` windows of val or test share samples with
    a training window; `duplicates` are windows of val or test that equal a training window. `nearest` is the median
    distance from a window of val or test to the nearest training window, `nearest_within` the same from a training
    window to the nearest of another training recording, over `compared` windows; None where not measured. `repeatable`
    says that splitting again gave the same, and `seed` where the draw came from.
    """

    by: str
    seed: int | None
    windows: Mapping[str, int]
    recordings: Mapping[str, int]
    straddling: int
    overlapping: int
    duplicates: int
    nearest: float | None
    nearest_within: float | None
    compared: int
    repeatable: bool | None


@dataclass(frozen=True)
class WindowsProfile:
    """All windows: `length` and `stride` in samples, `horizon` of forecasts, `total`, how many hold fewer samples than
    `length`, recordings that were too short, and the longest stretch of signal in samples."""

    total: int
    length: int
    stride: int
    horizon: int
    filled_up: int
    left_out: int
    longest: int | None = None


@dataclass(frozen=True)
class WeightsProfile:
    """The weights of the training windows: how many, effective sample size (sum w)^2 / sum w^2, largest over median."""

    n: int
    effective: float
    largest_over_median: float


@dataclass(frozen=True)
class Geometry:
    """Where sensors are, (sensor, axis) in any unit, and pairs that are declared neighbours."""

    positions: list[list[float]]
    neighbours: list[list[int]]


@dataclass(frozen=True)
class Profile:
    """All of it. An empty part says that there is nothing of the kind."""

    windows: WindowsProfile
    split: SplitProfile
    targets: Mapping[str, TargetProfile] = field(default_factory=dict)
    inputs: Mapping[str, InputProfile] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    associations: list[Association] = field(default_factory=list)
    recordings: Recordings | None = None
    time: TimeProfile | None = None
    weights: WeightsProfile | None = None
    geometry: Geometry | None = None

    def as_dict(self) -> dict[str, Any]:
        """What profile.json holds."""
        return {"layout": LAYOUT} | asdict(self)
