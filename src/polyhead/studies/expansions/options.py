"""The generator's parameters: the difficulty of the study."""

from __future__ import annotations

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block

Range = tuple[float, float]
WARM_UP_MARGIN = 40
"""Bars before anything is planted: the features' 15 unknown bars, and some for their averages to settle."""


class MarketOptions(Block):
    """The generated market. The defaults are the study's difficulty; every range is drawn once per base.

    Strengths of moves are in standard deviations of what the random walk itself does over as many bars: a move of z
    over n bars drifts by z / sqrt(n) of a bar's volatility in each, so that short and long moves stand out alike.
    """

    seed: int = Field(default=0, ge=0)
    """Seed. A base's draws depend on it and the base's number only, not on how many bases there are."""
    bases: PositiveInt = 174
    """Base windows, each a series of its own with one expansion."""
    overlapping: int = Field(default=36, ge=0)
    """Bases, the first of all, that are `stride` bars longer: two overlapping windows that both see the expansion."""
    length: int = Field(default=105, ge=20)
    """Bars of a base, and of the window that is cut from it."""
    stride: PositiveInt = 52
    """Bars from the first window of a longer base to its second."""
    history: int = Field(default=120, ge=100)
    """Bars before each base, which warm the features up and hold what precedes an early expansion; they are dropped."""
    expansions: bool = True
    """Plant the expansions. False makes the null market: the same walk and decoys, and labels drawn from the same
    distribution, which nothing in the bars tells."""
    start_mean: PositiveFloat = 50.2
    """Mean of the bar at which an expansion starts, counted from the base's (or its second window's) first bar."""
    start_sd: PositiveFloat = 33.5
    """Standard deviation of that bar; a scaled beta distribution from 0 to `length` - 4."""
    length_median: float = Field(default=5.0, ge=1)
    """Median number of bars in an expansion, of a lognormal distribution rounded to whole bars."""
    length_mean: float = Field(default=8.2, ge=1)
    """Mean number of bars in an expansion, before those that run over the base's end are cut to it: about 7.1 after."""
    visible: float = Field(default=0.3, gt=0, le=1)
    """Least share of an expansion that each window of a longer base sees."""
    bar_seconds: PositiveFloat = 60.0
    """Seconds per bar."""
    steps: PositiveInt = 20
    """Steps of the walk within a bar, whose first, highest, lowest and last price make the bar."""
    volatility: float = Field(default=5e-4, gt=0, le=0.05)
    """Median standard deviation of the logarithm of price over one bar."""
    volatility_spread: float = Field(default=0.3, ge=0, le=1)
    """Standard deviation of the logarithm of volatility about its median."""
    volatility_memory: float = Field(default=0.97, ge=0, lt=1)
    """Autocorrelation of the logarithm of volatility from bar to bar."""
    strength: Range = (4.5, 6.5)
    """Net move of an expansion, in standard deviations of the walk."""
    growth: float = Field(default=1.3, ge=1)
    """Factor by which the walk within a bar of an expansion, or of a decoy, is more volatile."""
    body_share: float = Field(default=0.5, ge=0, le=1)
    """How much of the way within those bars is straightened: 0 leaves the wicks of any bar, 1 leaves none."""
    decoys: float = Field(default=1.0, ge=0)
    """Mean number of decoys in as many bars as a base has: bars as wide as an expansion's whose moves take each other
    back."""
    decoy_strength: Range = (2.0, 4.0)
    """Move that the bars of a decoy would make if they did not alternate, in standard deviations of the walk."""
    before: tuple[int, int] = (20, 40)
    """Bars of consolidation or retracement before an expansion."""
    retracement: float = Field(default=0.5, ge=0, le=1)
    """Share of expansions that follow a retracement, the others follow a consolidation."""
    calm: float = Field(default=0.5, gt=0, le=1)
    """Factor on volatility in a consolidation."""
    reversion: float = Field(default=0.2, ge=0, lt=1)
    """Share of its distance from the middle that price goes back per bar in a consolidation."""
    leg: Range = (3.0, 4.0)
    """Move of the leg that a retracement retraces, in standard deviations of the walk; it goes the expansion's way."""
    retraced: Range = (0.35, 0.65)
    """Share of the leg that is taken back before the expansion."""

    @model_validator(mode="after")
    def _possible(self) -> MarketOptions:
        for name in ("strength", "decoy_strength", "before", "leg", "retraced"):
            low, high = getattr(self, name)
            if low > high or low < 0:
                raise ValueError(f"{name} must be [low, high] from 0 on, not {[low, high]}")
        if self.overlapping > self.bases:
            raise ValueError(f"overlapping must be at most the {self.bases} bases, not {self.overlapping}")
        if self.length_mean <= self.length_median:
            raise ValueError("length_mean must be above length_median: lengths are lognormal")
        if self.stride >= self.length:
            raise ValueError("stride must be below length, or the two windows of a base share no bar")
        if self.before[0] < 4:
            raise ValueError(f"before must be 4 bars or more, not {self.before[0]}")
        if self.history < self.before[1] + WARM_UP_MARGIN:
            raise ValueError(f"history must be {WARM_UP_MARGIN} bars more than before, {self.before[1]}")
        last = self.length - 4
        if not 0 < self.start_mean < last or self.start_sd**2 >= self.start_mean * (last - self.start_mean):
            raise ValueError(f"start_mean and start_sd fit no distribution from 0 to {last}")
        return self
