"""How windows were shared out: shared samples and copies across the split, counted by hand and by trying all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.signals.profile.sharing import overlapping

from .measuring import NUMBER, measured, prepared, sides

RNG = np.random.default_rng(6)


def rows(count: int, samples: int = 16) -> np.ndarray:
    return RNG.normal(size=(count, 1, samples)).astype(np.float32)


def test_windows_that_share_samples_are_counted() -> None:
    """Two rows of 24 samples in windows of 8 every 4: starts 0, 4, 8, 12, 16. With the second and fourth of the first
    row in training, its other three each share samples; none of the second row do."""
    made = prepared(
        {"signal": rows(2, 24)},
        {"level": RNG.normal(size=2), "other": RNG.normal(size=2)},
        {"next": {"kind": "reconstruction"}},
        window={"length": 8, "stride": 4},
        split={"by": "window", "allow_overlap": True},
    )
    assert made.windows.start.tolist() == [0, 4, 8, 12, 16] * 2
    assert overlapping(made.windows, np.array([1, 3]), np.array([0, 2, 4, 5, 6, 7, 8, 9])) == 3
    assert overlapping(made.windows, np.array([0]), np.array([2, 3, 4])) == 0  # [0, 8) and [8, 16) only touch


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_shared_samples_as_by_trying_all(length: int, stride: int, horizon: int, seed: int) -> None:
    tasks = {"next": {"kind": "forecast", "horizon": horizon}} if horizon else {"next": {"kind": "reconstruction"}}
    window = {"length": length, "stride": stride}
    split = {"by": "window", "allow_overlap": True}
    made = prepared({"signal": rows(3, 40)}, {"level": RNG.normal(size=3)}, tasks, window=window, split=split)
    windows = made.windows
    order = np.random.default_rng(seed).permutation(len(windows))
    train, others = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    span = length + horizon
    expected = sum(
        any(windows.row[i] == windows.row[j] and abs(windows.start[i] - windows.start[j]) < span for j in train)
        for i in others
    )
    assert overlapping(windows, train, others) == expected


def test_a_split_by_window_overlaps_and_straddles() -> None:
    data = {"window": {"length": 8, "stride": 2}, "split": {"by": "window", "allow_overlap": True}}
    found = measured(
        {"signal": rows(4, 64)}, {"level": RNG.normal(size=4)}, {"next": {"kind": "reconstruction"}}, **data
    )
    assert found.split.by == "window"
    assert found.split.straddling == 4
    assert found.split.overlapping > 0.8 * (found.split.windows["val"] + found.split.windows["test"])
    assert found.split.repeatable
    assert found.split.seed == 42


def test_copies_across_the_split_are_counted() -> None:
    """Three of the judged windows are copies; one that does not move is equal to another by no copying."""
    signal = rows(20)
    signal[18:20] = signal[3:5]
    signal[17] = signal[0]
    signal[16] = signal[1] = 0
    columns = {"level": RNG.normal(size=20), "side": np.array(["train"] * 12 + ["val"] * 4 + ["test"] * 4)}
    found = measured({"signal": signal}, columns, {"level": NUMBER}).split
    assert found.duplicates == 3
    assert (found.overlapping, found.straddling) == (0, 0)
    assert found.windows == {"train": 12, "val": 4, "test": 4}


def test_copies_among_training_windows_do_not_count() -> None:
    signal = rows(20)
    signal[5] = signal[4]
    signal[18] = signal[17]
    columns = {"level": RNG.normal(size=20), "side": np.array(["train"] * 12 + ["val"] * 4 + ["test"] * 4)}
    assert measured({"signal": signal}, columns, {"level": NUMBER}).split.duplicates == 0


def test_judged_windows_of_known_recordings_lie_near_training() -> None:
    """Each recording has a tone of its own; sharing out its windows puts their like on both sides."""
    pitch = np.repeat(RNG.uniform(0.2, 2.5, 40), 5)
    phase = pitch[:, None] * np.arange(64) + RNG.uniform(0, 6, 200)[:, None]
    signal = (np.sin(phase) + 0.05 * RNG.normal(size=phase.shape))[:, None].astype(np.float32)
    columns = {"level": RNG.normal(size=200), "unit": np.repeat(np.arange(40), 5)}
    ratio = {}
    for by in ("group", "window"):
        split = {"by": by}
        found = measured({"signal": signal}, columns, {"level": NUMBER}, group="unit", split=split).split
        assert found.nearest is not None
        assert found.nearest_within is not None
        ratio[by] = found.nearest / found.nearest_within
    assert ratio["group"] == pytest.approx(1, abs=0.2)
    assert ratio["window"] < 0.9 * ratio["group"]


def test_copies_with_a_little_noise_lie_very_near() -> None:
    """No two windows are equal, but every judged one is a training window with a thousandth of noise."""
    signal = rows(60, 64)
    signal[48:] = signal[:12] + 0.001 * RNG.normal(size=(12, 1, 64))
    columns = {"level": RNG.normal(size=60), "side": np.array(["train"] * 48 + ["val"] * 6 + ["test"] * 6)}
    found = measured({"signal": signal}, columns, {"level": NUMBER}).split
    assert found.duplicates == 0
    assert found.nearest is not None
    assert found.nearest_within is not None
    assert found.nearest < 0.05 * found.nearest_within


def test_lengths_and_numbers_of_windows() -> None:
    """Stretches of 40, 20 and 9 samples, windows of 16 every 8: four, one, and one of which 9 are real."""
    lengths = np.array([40, 20, 9] * 8)
    columns = sides(24, 1) | {"level": RNG.normal(size=24), "real": lengths}
    window = {"length": 16, "stride": 8}
    masked = measured(
        {"signal": rows(24, 40)}, columns, {"level": NUMBER}, lengths="real", window=window | {"short": "mask"}
    ).windows
    assert (masked.total, masked.length, masked.stride, masked.horizon) == (8 * 6, 16, 8, 0)
    assert (masked.filled_up, masked.left_out, masked.longest) == (8, 0, 40)
    dropped = measured(
        {"signal": rows(24, 40)},
        columns | {"side": np.array(["train"] * 18 + ["val"] * 3 + ["test"] * 3)},
        {"level": NUMBER},
        lengths="real",
        window=window | {"short": "drop"},
    ).windows
    assert (dropped.total, dropped.filled_up, dropped.left_out) == (8 * 5, 0, 8)


def test_weights_of_windows() -> None:
    """Nine labels in one of two bins and one in the other: weights 5/9 and 5, mean 1; the effective size is
    100 / (9 * 25 / 81 + 25) = 3.6, the largest over the median 9."""
    level = np.array([0.0] * 9 + [1.0] + [0.5] * 4)
    columns = {"level": level, "side": np.array(["train"] * 10 + ["val"] * 2 + ["test"] * 2)}
    found = measured({"signal": rows(14)}, columns, {"level": NUMBER}, reweighting={"level": {"nbins": 2}}).weights
    assert found is not None
    assert (found.n, found.effective, found.largest_over_median) == (10, pytest.approx(3.6), pytest.approx(9))
