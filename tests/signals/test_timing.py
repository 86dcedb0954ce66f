"""Time in seconds and its steps, by hand: since each recording began, never across two of them."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.source import InputArray, Source
from polyhead.signals.statistics import channel_statistics, fit_scaling

EPOCH = 1.7e9  # seconds since 1970, where float32 knows only every 128th second


def options(**keys: object) -> DataOptions:
    return DataOptions.model_validate({"reader": "npz", "scaling": {"time": "seconds"}} | keys)


def table() -> Source:
    time = EPOCH + np.array([0.0, 0.25, 1.0, 5.0, 7.0, 7.5])
    columns = {"t": time, "unit": np.array(["a", "a", "a", "b", "b", "b"])}
    return Source({"ph": InputArray(np.zeros((6, 1), np.float32), ("ph",))}, columns, sampled=True)


def test_time_and_steps_of_each_recording():
    windows = assemble(options(time="t", group="unit", window={"length": 3}), table(), 0)
    assert windows.inputs["time"].channels == ("time", "dt")
    fetched = windows.fetch(np.arange(2)).inputs["time"]
    assert fetched[0].tolist() == [[0.0, 0.25, 1.0], [0.0, 0.25, 0.75]]
    assert fetched[1].tolist() == [[0.0, 2.0, 2.5], [0.0, 2.0, 0.5]]
    assert windows.time is not None
    assert windows.time.tolist() == [EPOCH + 1.0, EPOCH + 7.5]


@pytest.mark.parametrize(("kind", "unit"), [("seconds", 1.0), ({"seconds": 60}, 60.0)])
def test_time_is_never_fitted(kind, unit):
    data = options(time="t", group="unit", window={"length": 3}, scaling={"time": kind})
    windows = assemble(data, table(), 0)
    scaling = fit_scaling(channel_statistics(windows, np.arange(2))["time"], data.scaling["time"])
    assert scaling.offset.tolist() == [0.0, 0.0]
    assert scaling.scale.tolist() == [unit, unit]


def test_rows_bring_their_own_time_stamps():
    stamps = np.array([[[10.0, 11.0, 13.0]], [[0.0, 0.5, 1.0]]])
    inputs = {"x": InputArray(np.zeros((2, 1, 3)), ("x",)), "clock": InputArray(stamps, ("clock",))}
    windows = assemble(options(scaling={"clock": "seconds"}), Source(inputs, {"y": np.arange(2)}), 0)
    assert windows.fetch(np.arange(2)).inputs["clock"].tolist() == [
        [[0, 1, 3], [0, 1, 2]],
        [[0, 0.5, 1], [0, 0.5, 0.5]],
    ]


def test_stretches_of_different_lengths_bring_theirs():
    clock = InputArray(np.array([[5.0], [6.0], [0.0], [3.0], [4.0]]), ("clock",), flat=True)
    source = Source({"clock": clock}, {"y": np.arange(2)}, extent=np.array([2, 3]))
    windows = assemble(options(scaling={"clock": "seconds"}, window={"length": 2, "stride": 1}), source, 0)
    assert windows.fetch(np.arange(3)).inputs["clock"].tolist() == [
        [[0, 1], [0, 1]],
        [[0, 3], [0, 3]],
        [[3, 4], [3, 1]],
    ]


def test_no_time_stamps_is_refused():
    source = Source({"x": InputArray(np.zeros((2, 1, 3)), ("x",))}, {"y": np.arange(2)})
    with pytest.raises(InputError, match=r"data\.scaling\.time: time in seconds needs a time stamp of every sample"):
        assemble(options(), source, 0)


def test_several_channels_are_no_time():
    source = Source({"time": InputArray(np.zeros((2, 2, 3)), ("a", "b"))}, {"y": np.arange(2)})
    with pytest.raises(InputError, match="has 2 channels, time stamps are one"):
        assemble(options(), source, 0)
