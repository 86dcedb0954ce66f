"""CWRU's recordings as rows of envelope orders: what each row is, and what is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from polyhead.config.data import DataOptions, SplitOptions, WindowOptions
from polyhead.studies.bearings import STUDY
from polyhead.studies.bearings.readers.cwru_options import CwruOptions
from polyhead.studies.bearings.representation import band_names, envelope_orders

from .cases import mat, read, refused

SECOND = np.random.default_rng(0).standard_normal(12000)


def orders(path, **options):
    return read("cwru", path, view="envelope_orders", **options)


def test_a_row_per_window_with_the_columns_of_its_recording(tmp_path):
    signal = np.concatenate([SECOND, -SECOND])
    mat(tmp_path, "105.mat", X105_DE_time=signal, X105RPM=[1796])
    mat(tmp_path, "133@6_3.mat", X133_DE_time=SECOND)
    source = orders(tmp_path, stride_s=0.5)
    assert (source.rows, source.sampling_hz, source.extent, list(source.inputs)) == (4, None, None, ["orders"])
    found = source.inputs["orders"]
    assert (found.values.shape, found.values.dtype, found.flat) == ((4, 10, 83), np.float32, False)
    assert found.channels == tuple(f"DE {band}" for band in band_names())
    assert source.columns["recording"].tolist() == ["105"] * 3 + ["133@6_3"]
    assert source.columns["fault"].tolist() == ["inner"] * 3 + ["outer"]
    assert source.columns["diameter_mil"].tolist() == [7] * 4
    assert source.columns["began_s"].tolist() == [0, 0.5, 1, 0]
    windows = np.stack([signal[:12000], signal[6000:18000], signal[12000:]])
    expected = envelope_orders(windows, np.full(3, 1796 / 60), 12000.0)
    np.testing.assert_allclose(found.values[:3], expected, atol=1e-6)
    np.testing.assert_allclose(found.values[2], found.values[0], atol=1e-4)  # polarity tells nothing
    np.testing.assert_allclose(found.values[3], envelope_orders(SECOND[None], np.array([1730 / 60]), 12000.0)[0])


def test_more_windows_than_are_taken_at_a_time(tmp_path):
    signal = np.random.default_rng(1).standard_normal(12000 * 4)
    mat(tmp_path, "105.mat", X105_DE_time=signal, X105RPM=[1796])
    source = orders(tmp_path, stride_s=0.04)
    assert source.rows == 76  # (48,000 - 12,000) / 480 + 1, more than a chunk of 64
    last = envelope_orders(signal[None, -12000:], np.array([1796 / 60]), 12000.0)
    np.testing.assert_allclose(source.inputs["orders"].values[-1:], last, atol=1e-6)


def test_each_sensor_brings_its_bands(tmp_path):
    mat(tmp_path, "105.mat", X105_DE_time=SECOND, X105_FE_time=-2 * SECOND[::-1], X105RPM=[1796])
    source = orders(tmp_path, channels=["FE", "DE"])
    assert source.inputs["orders"].channels[9:11] == ("FE 5000-6000 Hz", "DE 500-1500 Hz")
    # Backwards in time and upside down, the envelope is the same one, mirrored and a sample later.
    both = source.inputs["orders"].values[0]
    np.testing.assert_allclose(both[:10], both[10:], atol=0.03)


def test_windows_are_seconds_at_any_rate(tmp_path):
    fast = 4 * np.fft.irfft(np.fft.rfft(SECOND), 48000)
    mat(tmp_path, "97.mat", X097_DE_time=fast, X097RPM=[1796])
    mat(tmp_path, "105.mat", X105_DE_time=SECOND, X105RPM=[1796])
    source = orders(tmp_path, rate_hz=None)
    assert source.columns["sampling_hz"].tolist() == [12000, 48000]
    values = source.inputs["orders"].values
    np.testing.assert_allclose(values[1], values[0], atol=1e-3)


def test_the_cache_keeps_each_view_and_stride_apart(tmp_path, own_cache):
    mat(tmp_path, "105.mat", X105_DE_time=np.tile(SECOND, 2))
    assert [read("cwru", tmp_path).rows, orders(tmp_path).rows, orders(tmp_path, window_s=2.0).rows] == [1, 5, 1]
    assert len(list(own_cache.glob("*/entry.json"))) == 3
    assert orders(tmp_path).rows == 5
    assert len(list(own_cache.glob("*/entry.json"))) == 3


@pytest.mark.parametrize("key", ["window_s", "stride_s"])
def test_a_waveform_reads_no_seconds(key):
    with pytest.raises(ValidationError, match=f"view waveform does not read {key}; write `window` under data"):
        CwruOptions.model_validate({key: 1.0})


def test_what_orders_cannot_be_told_of_is_refused_by_name(tmp_path, own_cache):
    mat(tmp_path / "short", "105.mat", X105_DE_time=SECOND[:6000])
    refused(lambda: orders(tmp_path / "short"), "105.mat: lasts 0.5 s, less than window_s 1; take it out")
    mat(tmp_path / "slow", "105.mat", X105_DE_time=SECOND)
    slow = "105.mat: is read at 8000 Hz; the bands of envelope_orders need 12000 Hz; write rate_hz: 12000"
    refused(lambda: orders(tmp_path / "slow", rate_hz=8000.0), slow)
    mat(tmp_path / "fast", "105.mat", X105_DE_time=SECOND, X105RPM=[6000])
    refused(lambda: orders(tmp_path / "fast"), "105.mat: turns at 6000 rpm; envelope_orders hold speeds up to 35")
    assert not list(own_cache.glob("*"))


def _data(path, **changes) -> DataOptions:
    options = {"view": "envelope_orders", "stride_s": changes.pop("stride_s", 0.25)}
    return DataOptions(reader="cwru", path=str(path), options=options, **changes)


def test_rows_are_windows_already(tmp_path):
    mat(tmp_path, "105.mat", X105_DE_time=SECOND)
    cut = _data(tmp_path, window=WindowOptions(length=64))
    refused(lambda: STUDY.readers()["cwru"].read(cut), "data.window: rows of envelope_orders are windows already")


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"split": SplitOptions(by="window")}, False),
        ({"split": SplitOptions(by="window", allow_overlap=True)}, True),
        ({"split": SplitOptions(by="window"), "stride_s": 1.0}, True),
        ({"split": SplitOptions(by="group")}, True),
    ],
)
def test_windows_that_share_samples_are_split_on_request_only(tmp_path, changes, fits):
    mat(tmp_path, "105.mat", X105_DE_time=SECOND)
    data = _data(tmp_path, **changes)
    if fits:
        assert STUDY.readers()["cwru"].read(data).rows == 1
    else:
        refused(lambda: STUDY.readers()["cwru"].read(data), "data.split.by: split by window, but windows share 75%")
