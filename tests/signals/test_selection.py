"""Rows that are used: values, ranges, and what no row has."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.config.data import Between
from polyhead.errors import InputError
from polyhead.signals.selection import matching, selected

COLUMNS = {"snr": np.array([0.0, 10.0, 20.0, np.nan]), "load": np.array([0, 1, 2, 3]), "kind": np.array(list("abca"))}


@pytest.mark.parametrize(
    ("key", "values", "kept", "why"),
    [
        ("snr", [0, 20], [True, False, True, False], "whole numbers are those of the file's floats"),
        ("snr", [0.0, 20.5], [True, False, False, False], "20.5 is not 20"),
        ("load", ["1", 3.0], [False, True, False, True], "text and numbers name the same label"),
        ("kind", ["a"], [True, False, False, True], "words"),
        ("load", Between(min=1, max=2), [False, True, True, False], "both ends belong to it"),
        ("snr", Between(min=5), [False, True, True, False], "open above; NaN is in no range"),
    ],
)
def test_values_and_ranges(key, values, kept, why):
    assert selected({key: values}, COLUMNS, 4).tolist() == kept, why


def test_entries_hold_together():
    chosen = {"load": Between(max=2), "kind": ["a", "c"]}
    assert selected(chosen, COLUMNS, 4).tolist() == [True, False, True, False]


def test_nothing_selected_is_refused_with_the_values_there_are():
    with pytest.raises(InputError, match=r"data\.select\.load: no row has such a value; there are 0, 1, 2, 3"):
        selected({"load": [9]}, COLUMNS, 4)


def test_a_range_of_words_is_refused():
    with pytest.raises(InputError, match="a range needs numbers"):
        matching(Between(min=1), COLUMNS["kind"], "data.select.kind")
