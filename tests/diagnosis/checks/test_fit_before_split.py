"""Offsets of training and of all windows, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.fit_before_split import CHECK, measure
from polyhead.trace.profile import Channel, ChannelRange, InputProfile

from ..cases import Row, fires, found, healthy

BASE = "machines"


def value(mean: float, sd: float, low: float, high: float) -> ChannelRange:
    return ChannelRange(mean, sd, {"0": low, "1": high}, 0.0, 0.0, 0.0, 0.0)


def with_channel(
    case: Case, offset: float | None, scale: float | None, scaling: str = "standard", unit: float = 1.0
) -> Case:
    """Training values 0, 2 (mean 1, sd 1); validation 7, so that all have mean 3 and sd sqrt(26/3) = 2.944."""
    ranges = {"train": value(unit, unit, 0.0, 2 * unit), "val": value(7 * unit, 0.0, 7 * unit, 7 * unit)}
    low, high = (3 * unit, 2.9439 * unit) if scaling == "standard" else (0.0, 7 * unit)
    channel = Channel(
        ranges, None if offset is None else offset * unit, None if scale is None else scale * unit, low, high
    )
    inputs = {"signal": InputProfile(True, "V", scaling, {"x": channel})}
    return replace(case, profile=replace(case.profile, inputs=inputs))


def plant(case: Case) -> Case:
    """The offset of all windows in place of that of training, on a frozen run's own numbers."""
    inputs = {
        name: replace(
            one,
            channels={
                key: replace(channel, offset=channel.offset_of_all, scale=channel.scale_of_all)
                for key, channel in one.channels.items()
            },
        )
        for name, one in case.profile.inputs.items()
    }
    return replace(case, profile=replace(case.profile, inputs=inputs))


def ahead(case: Case, train: tuple[float, float], val: tuple[float, float]) -> Case:
    """An unscaled input: mean and sd of 300 training and of 100 validation windows."""
    ranges = {"train": value(*train, -3.0, 3.0), "val": value(*val, -3.0, 3.0)}
    inputs = {"signal": InputProfile(True, None, "none", {"x": Channel(ranges, 0.0, 1.0, 0.0, 1.0)})}
    split = replace(case.profile.split, windows={"train": 300, "val": 100})
    return replace(case, profile=replace(case.profile, inputs=inputs, split=split))


FIRST, LATER = (-0.1, 0.9), (0.3, 1.45**0.5)
"""Means (3 x -0.1 + 0.3) / 4 = 0; mean squares (3 x (0.81 + 0.01) + 1.45 + 0.09) / 4 = (2.46 + 1.54) / 4 = 1."""

ROWS: tuple[Row, ...] = (
    ("all windows", lambda case: with_channel(case, 3.0, 2.9439), True, "mean 3 is that of 0, 2, 7"),
    ("only the offset", lambda case: with_channel(case, 3.0, 1.0), True, "the offset alone tells"),
    ("range of all", lambda case: with_channel(case, 0.0, 7.0, "minmax"), True, "2 trained, 7 used"),
    (
        "came scaled",
        lambda case: ahead(case, FIRST, LATER),
        True,
        "all windows have mean 0 and sd 1, training -0.1, 0.9",
    ),
    ("came scaled by training", lambda case: ahead(case, (0.0, 1.0), LATER), False, "training has mean 0 and sd 1"),
    ("came as it is", lambda case: ahead(case, FIRST, (0.31, 1.2)), False, "mean 0.0025 of all"),
    ("each window scaled", lambda case: ahead(case, (0.0, 1.0), (0.0, 1.0)), False, "training and all are alike"),
    ("training windows", lambda case: with_channel(case, 1.0, 1.0), False, "mean 1 is that of 0, 2"),
    ("a constant of physics", lambda case: with_channel(case, 2.0, 10.0), False, "neither of the two"),
    ("range of training", lambda case: with_channel(case, 0.0, 2.0, "minmax"), False, "low 0 tells nothing, 2 does"),
    ("healthy", lambda case: case, False, "polyhead fits on training windows"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_shift_by_hand():
    """(3 - 1) / 1 = 2 training standard deviations."""
    (finding,) = found(CHECK, with_channel(healthy(BASE), 3.0, 2.9439))
    assert finding.evidence[1].value == pytest.approx(2.0)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_units_do_not_matter(unit):
    (bad,) = measure(with_channel(healthy(BASE), 3.0, 2.9439, unit=unit))
    (good,) = measure(with_channel(healthy(BASE), 1.0, 1.0, unit=unit))
    assert (bad.of_all, good.of_all, bad.shift) == (1, 0, pytest.approx(2.0))


def test_a_shift_that_is_not_felt_is_a_note():
    assert {one.severity for one in found(CHECK, plant(healthy("radio")))} <= {"note", "warning"}
    tiny = with_channel(healthy(BASE), 3.0, 2.9439)
    channel = tiny.profile.inputs["signal"].channels["x"]
    near = replace(channel, offset=1.005, offset_of_all=1.005, scale=1.0, scale_of_all=1.0)
    inputs = {"signal": InputProfile(True, "V", "standard", {"x": near})}
    (finding,) = found(CHECK, replace(tiny, profile=replace(tiny.profile, inputs=inputs)))
    assert finding.severity == "note"


def test_per_recording_scaling_is_not_fitted():
    with pytest.raises(NotCheckedError, match="fitted numbers"):
        list(measure(with_channel(healthy(BASE), None, None, "per_recording")))
