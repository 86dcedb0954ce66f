"""A row per recording: facts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals.profile import recordings as module
from polyhead.signals.profile.parts import Recordings

from .measuring import CLASS, NUMBER, measured, sides

RNG = np.random.default_rng(9)


def told(*arguments, **data) -> Recordings:
    found = measured(*arguments, **data).recordings
    assert found is not None
    return found


def test_facts_of_channels_by_hand() -> None:
    """A tone of 4 periods in 32 samples, in steps of 0.25, about 1.5."""
    signal = RNG.normal(size=(6, 1, 32)).astype(np.float32)
    tone = 1.5 + np.round(4 * np.sin(2 * np.pi * 4 * np.arange(32) / 32)) / 4
    signal[0, 0] = tone
    signal[1, 0] = np.sin(2 * np.pi * 4 * np.arange(32) / 32)
    signal[2, 0, :8] = 0
    signal[3, 0] = 7
    found = told({"signal": signal}, sides(6, 1) | {"level": RNG.normal(size=6)}, {"level": NUMBER})
    facts = found.facts
    assert facts["signal.0.mean"][0] == pytest.approx(1.5)
    assert facts["signal.0.rms"][0] == pytest.approx(np.sqrt((tone**2).mean()), rel=1e-5)
    assert facts["signal.0.step"][0] == 0.25
    assert facts["signal.0.first"][0] == 1.5
    assert facts["signal.0.centroid"][1] == pytest.approx(4 / 32, rel=1e-4)
    assert facts["signal.0.zeros"][2] == 8 / 32
    assert (facts["signal.0.step"][3], facts["signal.0.centroid"][3]) == (None, None)  # nothing moves
    assert facts["length"] == [32] * 6
    assert facts["rate_hz"] == facts["dt"] == facts["start"] == [None] * 6


def test_white_noise_has_its_centroid_in_the_middle_of_the_band() -> None:
    signal = RNG.normal(size=(6, 1, 4096)).astype(np.float32)
    facts = told({"signal": signal}, sides(6, 1) | {"level": RNG.normal(size=6)}, {"level": NUMBER}).facts
    assert facts["signal.0.centroid"][0] == pytest.approx(0.25, abs=0.01)


def test_several_windows_of_a_recording_are_taken_together() -> None:
    """Rows of 20 samples, two to a recording: 40 samples, of windows of 8 with levels 1, 2, 3 and 4."""
    signal = np.repeat([1.0, 2.0, 3.0, 4.0], 8)
    rows = np.stack([np.append(signal[:16], [9] * 4), np.append(signal[16:], [9] * 4)])
    columns = sides(4, 2) | {"level": RNG.normal(size=8)}
    window = {"length": 8, "stride": 8}
    found = told({"signal": np.tile(rows, (4, 1))[:, None]}, columns, {"level": NUMBER}, group="unit", window=window)
    assert found.of == 4
    assert found.windows == [4] * 4
    assert found.split == ["train", "train", "val", "test"]
    assert found.facts["length"] == [40] * 4
    assert found.facts["signal.0.mean"] == [2.5] * 4
    assert found.facts["signal.0.rms"][0] == pytest.approx(np.sqrt((1 + 4 + 9 + 16) / 4), rel=1e-5)
    assert found.facts["signal.0.first"] == [1] * 4


def test_targets_are_means_and_commonest_classes() -> None:
    fault = np.array(["a", "b", "b", "a", "a", "b", "b", "b", "a", "a", "a", "b"])
    life = np.array([1, 2, 6, 4, np.nan, 6, 7, 8, 9, np.nan, np.nan, np.nan])
    columns = sides(4, 3) | {"fault": fault, "life": life}
    signal = {"signal": RNG.normal(size=(12, 1, 8)).astype(np.float32)}
    found = told(signal, columns, {"fault": CLASS, "life": NUMBER}, group="unit")
    assert found.targets == {"fault": ["b", "a", "b", "a"], "life": [3, 5, 8, None]}
    assert found.names == ["0", "1", "2", "3"]


def test_several_outputs_stand_side_by_side() -> None:
    marks = np.array([[1, 0], [1, 1], [0, 0], [1, 0], [0, 1], [1, 0], [1, 1], [0, 0]])
    tasks = {"marks": {"kind": "multilabel"}, "both": NUMBER}
    signal = {"signal": RNG.normal(size=(8, 1, 8)).astype(np.float32)}
    found = told(signal, sides(4, 2) | {"marks": marks, "both": 2.0 * marks}, tasks, group="unit")
    assert found.targets["marks.0"] == [1, 0.5, 0.5, 0.5]
    assert found.targets["both.1"] == [1, 0, 1, 1]


def test_a_recording_on_both_sides_is_mixed() -> None:
    signal = {"signal": RNG.normal(size=(60, 1, 8)).astype(np.float32)}
    columns = {"level": RNG.normal(size=60), "unit": np.repeat(np.arange(2), 30)}
    found = told(signal, columns, {"level": NUMBER}, group="unit", split={"by": "window"})
    assert found.split == ["mixed", "mixed"]


def test_many_recordings_are_thinned_out_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 5)
    signal = {"signal": RNG.normal(size=(41, 1, 8)).astype(np.float32)}
    found = told(signal, sides(41, 1) | {"level": RNG.normal(size=41)}, {"level": NUMBER})
    assert found.of == 41
    assert found.names == ["0", "10", "20", "30", "40"]
    assert len(found.facts["signal.0.rms"]) == len(found.targets["level"]) == 5
