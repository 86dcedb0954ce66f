"""Fingerprints change with the data, the cut, the split or the labels, and with nothing else."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.data import SplitOptions
from polyhead.signals import fingerprint
from polyhead.signals.assembly import assemble
from polyhead.signals.fingerprint import data_fingerprint, label_fingerprint, split_fingerprint
from polyhead.signals.readers import READERS
from polyhead.signals.source import InputArray, Source
from polyhead.signals.split import make_split

from .cases import options, rows, samples, source, write

LONG = "a very long name of a recording, as paths of folders within folders often are, and then number "
BASE = {
    "signal": np.random.default_rng(0).normal(size=(6, 2, 8)),
    "columns": {"y": [1.0, 2.0, np.nan, 4.0, 5.0, 6.0], "g": [LONG + n for n in "112233"], "spare": [1, 2, 3, 4, 5, 6]},
    "data": {"group": "g", "window": {"length": 4, "stride": 2}, "targets": {"y": {"key": "y", "missing": [-1.0]}}},
    "horizon": 1,
}


def windows(**changes):
    case = BASE | changes
    columns = BASE["columns"] | changes.get("columns", {})
    return rows(columns, case["signal"], case["horizon"], **(BASE["data"] | changes.get("data", {})))


def signal(change):
    changed = BASE["signal"].copy()
    change(changed)
    return changed


def column(key, row, value):
    values = list(BASE["columns"][key])
    values[row] = value
    return {key: values}


def test_a_fingerprint_is_sixteen_characters_and_the_same_again():
    assert re.fullmatch(r"[0-9a-f]{16}", data_fingerprint(windows()))
    assert data_fingerprint(windows()) == data_fingerprint(windows())


@pytest.mark.parametrize(
    "change",
    [
        {"signal": signal(lambda x: x.__setitem__((5, 1, 7), x[5, 1, 7] + 1e-3))},
        {"signal": signal(lambda x: x.__setitem__(slice(None), x[::-1].copy()))},
        {"columns": column("y", 0, 1.001)},
        {"columns": column("y", 0, np.nan)},
        {"columns": column("g", 5, LONG + "4")},
        {"columns": {"g": [LONG + n for n in "112244"]}},
        {"columns": column("g", 2, LONG + "1")},
        {"data": {"window": {"length": 4, "stride": 1}}},
        {"data": {"window": {"length": 3, "stride": 2}}},
        {"horizon": 2},
        {"data": {"targets": {"life": {"key": "y"}}}},
        {"data": {"targets": {"y": {"key": "y", "missing": [6.0]}}}},
    ],
    ids=[
        "sample",
        "order",
        "target",
        "missing",
        "name",
        "ending",
        "recording",
        "stride",
        "length",
        "horizon",
        "key",
        "mask",
    ],
)
def test_what_training_sees_changes_the_fingerprint_of_the_data(change):
    assert data_fingerprint(windows(**change)) != data_fingerprint(windows())


@pytest.mark.parametrize(
    "change",
    [
        {"columns": column("y", 2, -1.0)},
        {"columns": column("spare", 0, 9)},
        {"signal": BASE["signal"].astype(np.float32)},
        {"signal": np.asfortranarray(BASE["signal"].astype(">f8"))},
    ],
    ids=["a sentinel for NaN", "a column that is not read", "precision", "layout"],
)
def test_what_training_never_sees_does_not(change):
    assert data_fingerprint(windows(**change)) == data_fingerprint(windows())


def test_a_missing_label_is_no_zero():
    missing, zero = (windows(columns=column("y", 0, value)) for value in (np.nan, 0.0))
    assert data_fingerprint(missing) != data_fingerprint(zero)


def test_channel_names_belong_to_the_data():
    one, two = source({"x": np.zeros((3, 1))}), source({"z": np.zeros((3, 1))})
    assert data_fingerprint(assemble(options(), one, 0)) != data_fingerprint(assemble(options(), two, 0))


def test_it_does_not_depend_on_how_much_is_hashed_at_a_time(monkeypatch):
    whole = data_fingerprint(windows())
    monkeypatch.setattr(fingerprint, "_VALUES", 17)
    assert data_fingerprint(windows()) == whole


def cut(values, extent, **data):
    """Windows of stretches of `extent` samples that lie one after another in `values` (sample, channel)."""
    flat = InputArray(np.asarray(values, float), ("0",), flat=True)
    brought = Source({"signal": flat}, {"g": np.arange(len(extent))}, extent=np.asarray(extent))
    return data_fingerprint(assemble(options(window={"length": 3, "short": "mask"} | data, group="g"), brought, 0))


def test_stretches_of_unequal_length_are_hashed_with_where_they_end():
    values = np.arange(12.0)[:, None]
    found = [cut(values, [6, 6]), cut(values, [5, 7]), cut(values, [10, 2]), cut(values, [6, 6], stride=1)]
    found += [cut(values, [6, 6], strategy="random", count=1), cut(-values, [6, 6])]
    assert len(set(found)) == 6
    assert cut(values, [10, 2]) == cut(values.astype(np.float32), [10, 2])


def test_where_windows_start_and_how_much_of_them_is_real_is_hashed():
    data = options(window={"length": 4, "strategy": "random", "count": 3}, group="g")
    brought = source({"x": np.zeros((3, 1, 40))}, {"g": [0, 1, 2]})
    one, two = (assemble(data, brought, 0, seed) for seed in (0, 1))
    short = replace(one, filled=np.full(len(one), 3))
    assert len({data_fingerprint(each) for each in (one, two, short, replace(short, filled=short.filled - 1))}) == 4


def test_of_a_huge_input_evenly_spaced_blocks_are_hashed(monkeypatch):
    monkeypatch.setattr(fingerprint, "_WHOLE", 999)
    monkeypatch.setattr(fingerprint, "_BLOCKS", 10)
    monkeypatch.setattr(fingerprint, "_BLOCK", 20)
    values = np.zeros((500, 2))  # of 10 rows each, from rows 0, 54, 108, ... 490
    assert [first for first, _ in fingerprint._parts(values)] == [0, 54, 108, 163, 217, 272, 326, 381, 435, 490]
    whole = data_fingerprint(rows({}, values))
    for row, seen in [(0, True), (9, True), (10, False), (53, False), (54, True), (480, False), (499, True)]:
        changed = values.copy()
        changed[row, 1] = 1.0
        assert (data_fingerprint(rows({}, changed)) != whole) == seen
    assert data_fingerprint(rows({}, values[:-1])) != whole


def test_an_input_of_the_largest_size_that_is_hashed_whole_is():
    values = np.broadcast_to(np.float32(0), (2**15, 2**15))
    assert sum(last - first for first, last in fingerprint._parts(values)) == 2**15
    more = np.broadcast_to(np.float32(0), (2**15 + 1, 2**15))
    assert sum(last - first for first, last in fingerprint._parts(more)) == 1024 * 8


FILES = {
    "load": np.array([1.5, -2.0, 3.25, 4.0, 5.0, 6.0]),
    "rpm": np.array([10, 20, 30, 40, 50, 60]),
    "rul": np.array([0.1, 0.2, np.nan, 0.4, 0.5, 1e-300]),
    "fault": np.array(["inner", "outer", "größe", "inner", "inner", "outer"]),
    "faulty": np.array([True, False, True, True, True, False]),
    "kind": np.array([3, 3, 7, 7, 7, 3]),
    "unit": np.array([10, 10, 9, 9, 8, 8]),
}


def from_file(tmp_path, kind, window=None):
    """(windows, split) of FILES, read from a file of this kind."""
    inputs = {"known": {"keys": ["load", "rpm"]}}
    if kind == "npz" and window:
        inputs["known"]["axes"] = ["sample"]
    data = options(
        reader=kind,
        path=str(write(tmp_path / f"data.{kind}", FILES)),
        inputs=inputs,
        targets={key: key for key in ("rul", "fault", "faulty", "kind")},
        group="unit",
        window=window,
    )
    cut = assemble(data, READERS[kind].read(data), 0)
    return cut, make_split(cut, SplitOptions(stratify="kind"), seed=1)


@pytest.mark.parametrize("window", [None, {"length": 2, "stride": 1}])
def test_the_kind_of_file_changes_no_fingerprint(tmp_path, window):
    found = {kind: from_file(tmp_path, kind, window) for kind in ("npz", "csv", "parquet")}
    assert len({data_fingerprint(cut) for cut, _ in found.values()}) == 1
    assert len({split_fingerprint(cut, split) for cut, split in found.values()}) == 1


def dealt(cut=None, seed=0, /, **split):
    cut = cut or samples(3, 3, np.zeros((60, 1)), {"g": np.repeat(np.arange(10), 6)}, group="g")
    return split_fingerprint(cut, make_split(cut, SplitOptions.model_validate(split), seed))


def test_the_split_changes_the_fingerprint_of_the_split():
    assert dealt() == dealt() == dealt(None, 1, seed=0)
    found = [dealt(), dealt(None, 1), dealt(fractions=[0.5, 0.25, 0.25]), dealt(by="window")]
    assert len(set(found)) == 4


def test_windows_of_one_row_are_told_apart():
    cut = rows({}, np.zeros((1, 1, 40)), window={"length": 2, "stride": 2})
    assert dealt(cut, by="window") != dealt(cut, 1, by="window")


def test_the_fingerprint_of_the_split_knows_recordings_and_windows_and_not_their_values():
    groups = {"g": np.repeat(np.arange(10), 6)}
    assert dealt(samples(3, 3, np.ones((60, 1)), groups, group="g")) == dealt()
    assert dealt(samples(3, 1, np.zeros((60, 1)), groups, group="g")) != dealt()
    named = {"g": np.repeat(np.arange(10, 20), 6)}
    assert dealt(samples(3, 3, np.zeros((60, 1)), named, group="g")) != dealt()


@pytest.mark.parametrize(
    "other",
    [{"fault": ["a", "c"], "rul": None}, {"fault": ["b", "a"], "rul": None}, {"f": ["a", "b"], "rul": None}, {}],
)
def test_the_fingerprint_of_labels_knows_tasks_and_classes_in_order(other):
    base = {"fault": ["a", "b"], "rul": None}
    assert label_fingerprint(other) != label_fingerprint(base)
    assert label_fingerprint({"rul": None, "fault": ("a", "b")}) == label_fingerprint(base)
