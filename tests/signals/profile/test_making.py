"""The whole profile: bounded, the same however it is read, free of units where it should be."""

from __future__ import annotations

import json
from unittest import mock

import numpy as np
import pytest

from polyhead.signals.profile import closeness, samples
from polyhead.signals.windows import WindowSet
from polyhead.trace.folder import json_text
from polyhead.trace.profile import profile_of
from polyhead.training.description import profile

from .measuring import CLASS, NUMBER, measured, prepared, sides

RNG = np.random.default_rng(11)
TASKS = {"level": NUMBER, "fault": CLASS}


def data(recordings: int, each: int = 1, samples: int = 16) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    count = recordings * each
    inputs = {
        "signal": RNG.normal(size=(count, 2, samples)).astype(np.float32),
        "known": RNG.normal(size=(count, 2)).astype(np.float32),
    }
    return inputs, sides(recordings, each) | {"level": RNG.normal(size=count), "fault": RNG.integers(3, size=count)}


def test_it_comes_back_from_its_file() -> None:
    found = measured(*data(30, 2), TASKS, group="unit")
    assert profile_of(json.loads(json_text(found.as_dict()))) == found


def test_however_few_windows_are_in_memory_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = prepared(*data(30, 2), TASKS, group="unit")
    whole = profile(made)
    monkeypatch.setattr(samples, "_HELD", 200)
    parts = profile(made)
    assert parts.split == whole.split
    assert parts.associations == whole.associations
    assert parts.recordings == whole.recordings
    assert parts.inputs == whole.inputs


def test_no_more_than_so_many_windows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4,000 windows each part reads 50 of a split at most, or 100 values of all for copies."""
    made = prepared(*data(4000), TASKS)
    for name, most in (("WINDOWS", 50), ("VALUES", 50 * 36)):
        monkeypatch.setattr(samples, name, most)
    monkeypatch.setattr(samples.looked_at, "__defaults__", (50, 50 * 36))
    monkeypatch.setattr(closeness, "_VALUES", 100 * 36)
    monkeypatch.setattr("polyhead.signals.profile.recordings._VALUES", 100 * 36)
    read: list[int] = []

    def fetch(self: WindowSet, index: np.ndarray, shift: None = None) -> object:
        read.append(len(index))
        return real(self, index, shift)

    real = WindowSet.fetch
    with mock.patch.object(WindowSet, "fetch", fetch):
        profile(made)
    assert sum(read) < 1000


def test_wide_inputs_are_told_of_in_part() -> None:
    inputs = {"signal": RNG.normal(size=(20, 300, 8)).astype(np.float32)}
    columns = sides(20, 1) | {"level": RNG.normal(size=20)}
    found = measured(inputs, columns, {"level": NUMBER})
    assert len(found.inputs["signal"].channels) == 64
    assert len({one.fact for one in found.associations}) == 3 * 16
    assert len(json_text(found.as_dict())) < 300_000


def test_units_of_the_signal_do_not_matter() -> None:
    inputs, columns = data(30, 2)
    before = measured(inputs, columns, TASKS, group="unit")
    after = measured({**inputs, "signal": inputs["signal"] * 1024}, columns, TASKS, group="unit")
    assert after.associations == before.associations
    assert after.split == before.split


def test_order_of_tasks_does_not_matter() -> None:
    inputs, columns = data(30, 2)
    before = measured(inputs, columns, TASKS, group="unit")
    after = measured(inputs, columns, dict(reversed(TASKS.items())), group="unit")
    assert after.targets == before.targets
    assert {(one.task, one.other): one for one in after.pairs} == {(one.task, one.other): one for one in before.pairs}


def test_numbers_without_time_axis_have_a_profile_too() -> None:
    inputs, columns = data(30)
    del inputs["signal"]
    found = measured(inputs, columns, TASKS)
    assert (found.windows.length, found.windows.longest, found.time) == (0, None, None)
    assert found.split.nearest is None
    assert {one.fact for one in found.associations} == {"known.0.value", "known.1.value"}
