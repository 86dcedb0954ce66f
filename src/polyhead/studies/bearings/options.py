"""The simulator's parameters: the difficulty of the study."""

from __future__ import annotations

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block

Range = tuple[float, float]


class SimulatorOptions(Block):
    """The simulated bearings. The defaults are the study's difficulty; every range is drawn once per bearing."""

    seed: int = Field(default=0, ge=0)
    """Seed. A bearing's draws depend on it and the bearing's number only, not on how many bearings there are."""
    bearings: PositiveInt = 640
    """Bearings, each one recording from new to failure."""
    snapshots: int = Field(default=12, ge=2)
    """Rows per bearing, equally spaced over its record."""
    samples: PositiveInt = 4192
    """Samples per row: three windows of 2,048, half overlapping, and 96 to forecast. 2,048 hold 17 strikes of the
    slowest fault."""
    sampling_hz: PositiveFloat = 12800.0
    """Sampling rate."""
    per_revolution: PositiveInt | None = None
    """Samples per revolution, for rows resampled to equal steps of the shaft's angle (order tracking), so that a fault
    strikes at the same period whatever the speed. Null: equal steps of time."""
    suspended: float = Field(default=0.15, ge=0, le=1)
    """Share of bearings taken out before they fail, whose life is unknown (NaN)."""
    suspended_at: Range = (0.4, 0.9)
    """Fraction of life at which those are taken out."""
    unknown_life: float | None = None
    """What stands for a life that is not known, as some data sets fill it. Null: NaN, which is masked."""
    onset: Range = (0.3, 0.8)
    """Fraction of life at which the fault starts."""
    start_db: Range = (6.0, 12.0)
    """Peak of the strikes at the onset, in dB above the bearing's noise when new."""
    final_db: Range = (24.0, 34.0)
    """Peak of the strikes at failure, in dB above the bearing's noise when new."""
    curve: Range = (0.6, 1.6)
    """Exponent of the growth in between; 1 is exponential growth, above 1 starts slowly."""
    wobble_db: float = Field(default=2.0, ge=0)
    """Standard deviation of the strength about its growth."""
    slip: float = Field(default=0.015, ge=0, le=0.1)
    """Standard deviation of the spacing of strikes, and of each bearing's mean rate about the kinematic one."""
    load_jitter: float = Field(default=0.05, ge=0, le=0.3)
    """Standard deviation of a bearing's load about its condition's."""
    speed_jitter: float = Field(default=0.02, ge=0, le=0.3)
    """Standard deviation of a bearing's speed about its condition's; a tenth of it from snapshot to snapshot."""
    tone_g: PositiveFloat = 0.25
    """Median amplitude of the shaft's first harmonic at 35 Hz."""
    tone_spread_db: float = Field(default=3.0, ge=0)
    """Standard deviation of each harmonic's level from bearing to bearing."""
    noise_g: PositiveFloat = 0.1
    """Median standard deviation of the broadband noise of a new bearing."""
    noise_spread_db: float = Field(default=2.0, ge=0)
    """Standard deviation of the noise level from bearing to bearing."""
    rolling: float = Field(default=0.5, ge=0, le=1)
    """Share of the noise's power that rings the resonance; the rest is flat."""
    drift_db: Range = (1.0, 5.0)
    """Growth of the noise over a whole life, the slow wear that precedes a fault."""
    gain_spread_db: float = Field(default=2.0, ge=0)
    """Standard deviation of the sensor's unknown gain."""
    resonance_hz: Range = (2000.0, 4500.0)
    """Frequency of the housing's resonance."""
    damping: Range = (0.02, 0.06)
    """Damping ratio of the resonance."""

    @model_validator(mode="after")
    def _ordered(self) -> SimulatorOptions:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(f"{name} must be [low, high], not {list(value)}")
        for name in ("onset", "suspended_at"):
            low, high = getattr(self, name)
            if low <= 0 or high >= 1:
                raise ValueError(f"{name} must lie inside (0, 1), not {[low, high]}")
        if self.resonance_hz[0] <= 0 or self.resonance_hz[1] >= self.sampling_hz / 2:
            raise ValueError(f"resonance_hz must lie between 0 and half of sampling_hz, {self.sampling_hz / 2:g}")
        if self.damping[0] <= 0 or self.damping[1] >= 1:
            raise ValueError(f"damping must lie inside (0, 1), not {list(self.damping)}")
        return self
