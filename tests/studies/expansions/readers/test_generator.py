"""The generator as a source: its columns, and the windows that are cut from it."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.config.data import DataOptions
from polyhead.signals.assembly import assemble
from polyhead.studies.expansions import STUDY

DATA = {
    "reader": "expansions",
    "targets": {
        "state": {"key": "state", "missing": [""]},
        "expansion": {"key": "expansion", "axes": ["window", "time"]},
    },
    "group": "series",
    "time": "time",
    "window": {"length": 105, "stride": 52},
}


@pytest.fixture(scope="module")
def source():
    return STUDY.readers()["expansions"].read(DataOptions(reader="expansions"))


def test_a_row_per_bar_and_the_twelve_features(source):
    assert source.rows == 174 * 105 + 36 * 52
    assert source.sampled
    assert source.sampling_hz == pytest.approx(1 / 60)
    signal = source.inputs["signal"]
    assert signal.values.shape == (source.rows, 12)
    assert signal.values.dtype == np.float32
    assert np.isfinite(signal.values).all()
    assert len(np.unique(source.columns["series"])) == 174


def test_each_base_has_one_expansion_and_carries_its_state_from_then_on(source):
    columns = source.columns
    for name in np.unique(columns["series"])[:40]:
        of = columns["series"] == name
        mark, state = columns["expansion"][of], columns["state"][of]
        first, last = np.flatnonzero(mark)[[0, -1]]
        assert mark[first : last + 1].all()
        assert (state[:first] == "").all()
        assert set(state[first:]) <= {"consolidation", "retracement"}
        assert len(set(state[first:])) == 1
        assert ((columns["direction"][of] != "") == (mark == 1)).all()


def test_210_windows_that_all_know_their_span_and_state(source):
    windows = assemble(DataOptions.model_validate(DATA), source, 0, 42)
    assert len(windows) == 210
    assert windows.targets["state"].mask.all()
    marked = windows.targets["expansion"].values.sum(axis=1)
    assert marked.min() >= 1
    _, counts = np.unique(windows.recording, return_counts=True)
    assert sorted(set(counts)) == [1, 2]


def test_its_history_warms_the_features_up(source):
    # a distance of 0 to the last swing high or low is that of a series that had none yet
    first = np.unique(source.columns["series"], return_index=True)[1]
    assert (source.inputs["signal"].values[first][:, 6:8] != 0).mean() > 0.95


def test_options_are_the_markets():
    read = STUDY.readers()["expansions"].read
    few = read(DataOptions(reader="expansions", options={"bases": 3, "overlapping": 0, "strength": [2, 3]}))
    assert few.rows == 3 * 105
