"""Time steps before and after scaling, mixed rates, and time stamps that were filled up."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals.profile.parts import TimeProfile

from .measuring import NUMBER, measured, sides

RNG = np.random.default_rng(4)
SAMPLES = 16
MIXED = np.where(np.arange(20) % 2, 1.0, 10.0)
"""Time step of each recording."""


def clock(stamps: np.ndarray, scaling: str = "standard", **data) -> TimeProfile:
    """The clock of rows (row, sample) of time stamps that are an input beside the signal."""
    rows = len(stamps)
    inputs = {
        "signal": RNG.normal(size=(rows, 1, stamps.shape[1])).astype(np.float32),
        "time": np.asarray(stamps, float)[:, None],
    }
    columns = sides(rows, 1) | {"level": RNG.normal(size=rows)}
    found = measured(inputs, columns, {"level": NUMBER}, scaling={"time": scaling}, **data).time
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("scaling", "left"),
    [("standard", 10.0), ("minmax", 10.0), ("none", 10.0), ("seconds", 10.0), ("per_recording", 1.0)],
)
def test_only_scaling_each_recording_by_itself_erases_mixed_steps(scaling: str, left: float) -> None:
    """Steps of 1 and 10: an affine map that all share keeps their ratio, one of each recording's own does not."""
    found = clock(MIXED[:, None] * np.arange(SAMPLES), scaling)
    assert (found.source, found.as_input, found.scaling) == ("time", "time", scaling)
    assert found.spread == pytest.approx(10)
    assert found.spread_scaled == pytest.approx(left, rel=1e-4)
    assert (found.within, found.zero, found.tail, found.tail_length) == (1.0, 0.0, 0.0, 0.0)
    assert (found.steps["0"], found.steps["1"]) == (1, 10)


def test_stamps_filled_up_at_the_end_are_a_tail() -> None:
    """Of 20 windows 5 repeat their stamp of sample 12 to the end: 4 steps of 0, 5 equal stamps of 16."""
    stamps = np.tile(np.arange(float(SAMPLES)), (20, 1))
    stamps[:5, 12:] = stamps[:5, 11:12]
    found = clock(stamps)
    assert (found.zero, found.tail, found.tail_length) == (0.25, 0.25, 5 / 16)


def test_one_repeated_stamp_is_no_tail() -> None:
    stamps = np.tile(np.arange(float(SAMPLES)), (20, 1))
    stamps[:4, -1] = stamps[:4, -2]
    stamps[4:8, 5] = stamps[4:8, 4]
    found = clock(stamps)
    assert (found.zero, found.tail) == (0.4, 0.0)


def test_large_stamps_lose_no_digits() -> None:
    """Seconds since 1970 in steps of 0.01 are all alike as float32; the files have them."""
    found = clock(1.7e9 + 0.01 * np.arange(SAMPLES) + np.zeros((20, 1)), "none")
    assert found.steps["0.5"] == pytest.approx(0.01, rel=1e-4)
    assert found.zero == 0.0


def test_uneven_steps_within_a_window() -> None:
    steps = np.tile([1.0, 1, 1, 5], 5)
    found = clock(np.tile(np.cumsum(steps), (20, 1)))
    assert found.within == pytest.approx(5)
    assert found.spread == pytest.approx(1)


@pytest.mark.parametrize(("scaling", "left"), [("standard", 4.0), ("per_recording", 1.0)])
def test_steps_as_an_input(scaling: str, left: float) -> None:
    dt = np.repeat(np.where(np.arange(20) % 2, 0.5, 2.0)[:, None], SAMPLES, axis=1)
    inputs = {"signal": RNG.normal(size=(20, 1, SAMPLES)).astype(np.float32), "dt": dt[:, None].astype(np.float32)}
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured(inputs, columns, {"level": NUMBER}, scaling={"dt": scaling}).time
    assert found is not None
    assert (found.source, found.as_input) == ("dt", "dt")
    assert found.spread == pytest.approx(4)
    assert found.spread_scaled == pytest.approx(left, rel=1e-4)


def test_another_input_may_carry_what_scaling_of_time_erased() -> None:
    """Time scaled by each recording tells no step any more; the step as a known number beside it still does."""
    time = (MIXED[:, None] * np.arange(SAMPLES))[:, None]
    inputs = {"signal": RNG.normal(size=(20, 1, SAMPLES)).astype(np.float32), "time": time, "dt": MIXED[:, None]}
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured(inputs, columns, {"level": NUMBER}, scaling={"time": "per_recording"}).time
    assert found is not None
    assert (found.as_input, found.scaling) == ("time", "per_recording")
    assert found.spread_scaled == pytest.approx(10, rel=1e-4)


def test_a_column_of_rates_tells_steps_that_no_input_carries() -> None:
    rate = np.where(np.arange(20) % 2, 12000.0, 48000.0)
    columns = sides(20, 1) | {"level": RNG.normal(size=20), "sampling_hz": rate}
    inputs = {"signal": RNG.normal(size=(20, 1, SAMPLES)).astype(np.float32)}
    profile = measured(inputs, columns, {"level": NUMBER}, slices=["sampling_hz"], rate_hz=99.0)
    assert profile.time is not None
    assert (profile.time.source, profile.time.as_input, profile.time.spread_scaled) == ("sampling_hz", None, None)
    assert profile.time.spread == pytest.approx(4)
    assert profile.recordings is not None
    assert profile.recordings.facts["rate_hz"][:2] == [48000, 12000]
    assert profile.recordings.facts["dt"][1] == pytest.approx(1 / 12000, rel=1e-5)


def test_one_rate_for_all_is_even() -> None:
    inputs = {"signal": RNG.normal(size=(20, 1, SAMPLES)).astype(np.float32)}
    found = measured(inputs, sides(20, 1) | {"level": RNG.normal(size=20)}, {"level": NUMBER}, rate_hz=50.0).time
    assert found is not None
    assert (found.spread, found.steps["0.5"], found.as_input) == (1.0, 0.02, None)


def test_without_any_clock_there_is_none() -> None:
    inputs = {"signal": RNG.normal(size=(20, 1, SAMPLES)).astype(np.float32)}
    assert measured(inputs, sides(20, 1) | {"level": RNG.normal(size=20)}, {"level": NUMBER}).time is None


@pytest.mark.parametrize("scaled", [False, True])
def test_a_table_of_samples_tells_time_by_its_column(scaled: bool) -> None:
    """Ten recordings of 32 samples, every second one at 3 s a sample: windows of 8."""
    step = np.where(np.arange(10) % 2, 3.0, 1.0)
    stamps = (100 + step[:, None] * np.arange(32)).ravel()
    columns = sides(10, 32) | {"level": RNG.normal(size=320), "clock": stamps}
    profile = measured(
        {"signal": RNG.normal(size=(320, 2)).astype(np.float32)},
        columns,
        {"level": NUMBER},
        group="unit",
        time="clock",
        window={"length": 8, "stride": 8},
        sampled=True,
        scaling={"time": "seconds"} if scaled else {},
    )
    assert profile.time is not None
    assert (profile.time.source, profile.time.as_input) == ("data.time", "time" if scaled else None)
    assert profile.time.spread == pytest.approx(3)
    assert profile.time.spread_scaled == (pytest.approx(3) if scaled else None)
    assert profile.recordings is not None
    assert profile.recordings.facts["start"] == [100.0] * 10
    assert profile.recordings.facts["dt"][:2] == [1, 3]


def test_windows_filled_up_at_the_front_count_real_samples_only() -> None:
    """Recordings of 6 samples in windows of 8: the two zeros in front are no time stamps."""
    stamps = np.tile(5.0 + 2 * np.arange(6), 20)
    columns = sides(20, 6) | {"level": RNG.normal(size=120), "clock": stamps}
    found = measured(
        {"signal": RNG.normal(size=(120, 1)).astype(np.float32)},
        columns,
        {"level": NUMBER},
        group="unit",
        time="clock",
        window={"length": 8, "stride": 8, "short": "mask"},
        sampled=True,
    )
    assert found.windows.filled_up == 20
    assert found.time is not None
    assert (found.time.steps["0"], found.time.steps["1"], found.time.zero) == (2, 2, 0)
    assert found.recordings is not None
    assert set(found.recordings.facts["start"]) == {5.0}
