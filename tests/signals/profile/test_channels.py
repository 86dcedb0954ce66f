"""Ranges of channels and what scales them, against numpy on all windows at once."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals.profile import channels

from .measuring import NUMBER, measured, sides

RNG = np.random.default_rng(8)


def test_a_clipped_channel_and_a_still_one() -> None:
    """Of 18 training windows of 10 samples, 36 samples are clipped at 2 and three windows do not move."""
    signal = RNG.uniform(-1, 1, size=(20, 2, 10))
    signal[:18, 0, :2] = 2.0
    signal[:3, 1] = 0.25
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured({"signal": signal.astype(np.float32)}, columns, {"level": NUMBER}).inputs["signal"].channels
    train = found["0"].splits["train"]
    assert (train.at_max, train.at_min) == (36 / 180, 1 / 180)
    assert train.quantiles["1"] == 2
    assert found["1"].splits["train"].still == 3 / 18
    assert (found["0"].splits["train"].still, found["1"].splits["val"].still) == (0, 0)


def test_quantiles_and_moments_are_numpys() -> None:
    signal = RNG.normal(3, 2, size=(40, 1, 16)).astype(np.float32)
    columns = sides(40, 1) | {"level": RNG.normal(size=40)}
    one = measured({"signal": signal}, columns, {"level": NUMBER}).inputs["signal"].channels["0"]
    train = signal[:38].astype(float)
    for name, value in one.splits["train"].quantiles.items():
        assert value == pytest.approx(np.quantile(train, float(name)), rel=1e-5)
    assert (one.offset, one.scale) == (pytest.approx(train.mean()), pytest.approx(train.std()))
    every = signal.astype(float)
    assert (one.offset_of_all, one.scale_of_all) == (pytest.approx(every.mean()), pytest.approx(every.std()))


def test_a_shifted_test_split_moves_what_all_windows_would_give() -> None:
    """38 windows about 0, one of 0 and one of 40: all together have mean 1."""
    signal = np.zeros((40, 1, 8), np.float32)
    signal[:, :, ::2], signal[:, :, 1::2] = 1, -1
    signal[39] += 40
    columns = sides(40, 1) | {"level": RNG.normal(size=40)}
    one = measured({"signal": signal}, columns, {"level": NUMBER}).inputs["signal"].channels["0"]
    assert (one.offset, one.scale) == (pytest.approx(0), pytest.approx(1))
    assert one.offset_of_all == pytest.approx(1)
    assert one.scale_of_all == pytest.approx(np.sqrt(1 + 39))  # 1 within; (39 * 1 + 39^2) / 40 between


def test_what_is_not_finite_is_counted_and_nothing_else_changes() -> None:
    signal = RNG.normal(size=(20, 1, 10)).astype(np.float32)
    signal[0, 0, :9] = np.nan
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured({"signal": signal}, columns, {"level": NUMBER}, non_finite="mask").inputs["signal"]
    train = found.channels["0"].splits["train"]
    assert train.non_finite == 9 / 180
    assert train.quantiles["0.5"] == pytest.approx(np.nanmedian(signal[:18]), rel=1e-5)


def test_a_channel_without_a_number_has_no_quantiles() -> None:
    signal = RNG.normal(size=(20, 2, 10)).astype(np.float32)
    signal[:, 1] = np.nan
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured({"signal": signal}, columns, {"level": NUMBER}, non_finite="mask").inputs["signal"]
    empty = found.channels["1"].splits["train"]
    assert (empty.mean, empty.sd, empty.quantiles, empty.non_finite) == (None, None, {}, 1.0)


def test_scaling_by_recording_has_no_offset_of_its_own() -> None:
    signal = RNG.normal(size=(20, 1, 10)).astype(np.float32)
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured({"signal": signal}, columns, {"level": NUMBER}, scaling={"signal": "per_recording"})
    one = found.inputs["signal"]
    assert (one.scaling, one.timed) == ("per_recording", True)
    assert (one.channels["0"].offset, one.channels["0"].scale, one.channels["0"].offset_of_all) == (None, None, None)


def test_numbers_known_per_row_are_told_too() -> None:
    inputs = {"signal": RNG.normal(size=(20, 1, 10)).astype(np.float32), "known": np.arange(40.0).reshape(20, 2)}
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured(inputs, columns, {"level": NUMBER}).inputs["known"]
    assert not found.timed
    assert found.channels["1"].splits["train"].quantiles["1"] == 35
    assert found.channels["1"].splits["train"].still == 0


def test_quantiles_of_some_samples_are_near_those_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_KEPT", 2000)
    monkeypatch.setattr(channels, "_LEAST", 1000)
    signal = RNG.normal(size=(200, 1, 200)).astype(np.float32)
    columns = sides(200, 1) | {"level": RNG.normal(size=200)}
    one = measured({"signal": signal}, columns, {"level": NUMBER}).inputs["signal"].channels["0"]
    assert one.splits["train"].quantiles["0.5"] == pytest.approx(0, abs=0.1)
    assert one.splits["train"].quantiles["0.95"] == pytest.approx(1.645, abs=0.2)
    assert one.splits["train"].quantiles["1"] == pytest.approx(signal[:198].max(), rel=1e-6)
