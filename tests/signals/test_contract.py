"""What a user's own reader returned is held to what Source says, in one line that names the reader."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.signals.contract import checked_source
from polyhead.signals.source import InputArray, Source

from .cases import refused

FLAT, ROWS = np.zeros((12, 1)), np.zeros((4, 1, 3))
Y = np.arange(4)


def source(values=ROWS, channels=("a",), columns=None, flat=False, **others):
    return Source({"signal": InputArray(values, channels, flat=flat)}, columns or {"y": Y}, **others)


@pytest.mark.parametrize(
    "found",
    [
        source(),
        source(np.zeros((4, 2)), ["a", "b"]),
        source(np.zeros((4, 2)), ("a", "b"), sampled=True, sampling_hz=100),
        source(FLAT, flat=True, columns={"y": np.array(list("abcd")), "z": np.zeros((4, 2))}, extent=np.full(4, 3)),
        source(FLAT, flat=True, columns={"y": np.arange(12)}, sampled=True),
    ],
)
def test_what_keeps_the_contract_passes_as_it_is(found):
    assert checked_source(found, "mine:read") is found


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"x": ROWS}, "expected a Source of the reader, found a value of type dict; return"),
        (None, "expected a Source of the reader, found None"),
        (Source([], {"y": Y}), "inputs: expected a dict by name, found a value of type list"),
        (Source({"signal": ROWS}, {"y": Y}), r"'signal': expected an InputArray, found an array of float64"),
        (source([[1.0]] * 4), "'signal': expected an array of numbers, found a value of type list"),
        (source(np.full((4, 1), "a")), "'signal': expected an array of numbers, found an array of <U1"),
        (source(channels=("a", "b")), r"'signal': expected 1 names of channels for shape \(4, 1, 3\)"),
        (source(channels="a"), "'signal': expected 1 names of channels"),
        (source(np.zeros((4, 8))), r"'signal': expected 8 names of channels for shape \(4, 8\), found \('a',\)"),
        (source(np.zeros(4)), r"expected values \(row, channel, time\) or \(row, feature\), found shape \(4,\)"),
        (source(sampled=True), r"expected values \(sample, channel\), found shape \(4, 1, 3\)"),
        (source(columns={"y": [0, 1, 0, 1]}), "column 'y': expected an array of numbers or text, one per row, found"),
        (source(columns={"y": np.array(["a", None])}), "column 'y'.*an array of object"),
        (source(columns={"y": np.float64(3)}), "column 'y': expected an array"),
        (source(FLAT, flat=True), "input 'signal' is flat: expected extent"),
        (source(FLAT, extent=np.full(4, 3)), "no input has flat=True"),
        (source(extent=np.full(4, 3)), "with flat=True, as extent is given"),
        (source(FLAT, flat=True, extent=np.full(4, 3.0)), "extent: .* whole numbers, found an array of float64"),
        (source(FLAT, flat=True, extent=[3] * 4), "extent: .* whole numbers, found a value of type list"),
        (source(FLAT, flat=True, extent=np.array([13, -1])), "extent: expected samples of each row, found -1"),
        (source(sampling_hz="fast"), "sampling_hz: expected a rate in Hz above 0 or None, found 'fast'"),
        (source(sampling_hz=0.0), "sampling_hz: expected a rate"),
    ],
)
def test_what_breaks_it_is_refused_with_the_readers_name(found, words):
    error = refused(lambda: checked_source(found, "mine:read"), words)
    assert error.where == "mine:read"


def test_the_first_of_several_wrongs_is_named():
    wrong = replace(source(channels=()), columns={"y": None})
    refused(lambda: checked_source(wrong, "mine:read"), "mine:read: input 'signal'")
