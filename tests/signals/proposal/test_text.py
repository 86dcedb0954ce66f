"""The YAML that is proposed: what it says, and that the strict loader takes it, whatever the names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.experiment_file import load_experiment
from polyhead.errors import InputError
from polyhead.signals.proposal import propose
from polyhead.signals.proposal.words import flow, name_of_file, scalar, unique_words, wrapped
from polyhead.signals.readers import READERS

from ..cases import write

N = 60
RNG = np.random.default_rng(0)


def loaded(path: Path, folder: Path | None = None):
    """The experiment that is proposed for a file, read back by the strict loader, and its text."""
    text = propose(path, folder or path.parent)
    config = (folder or path.parent) / "proposed.yaml"
    config.write_text(text)
    return load_experiment(config, options=lambda reader: READERS[reader].options).experiment, text


def proposed(path: Path) -> str:
    """The text of a proposal, which must load; "" where the file is refused."""
    try:
        propose(path, path.parent)
    except InputError:
        return ""
    return loaded(path)[1]


def test_a_proposal_in_full(tmp_path):
    unit = np.repeat(np.arange(6), 10)
    columns = {"unit": unit, "cycle": np.tile(np.arange(10), 6), "s1": RNG.normal(size=N), "s2": np.ones(N)}
    write(tmp_path / "engines.csv", columns | {"rul": np.tile(RNG.permutation(10) + 0.5, 6) + unit})
    experiment, text = loaded(tmp_path / "engines.csv")
    assert text.splitlines() == [
        "# Proposed by `polyhead init` from engines.csv: 60 rows, all of them looked at.",
        "# Every line is a guess: read it, and correct what is wrong. Then `polyhead check` it.",
        "name: engines",
        "data:",
        "  reader: csv",
        "  path: engines.csv",
        "  inputs:",
        "    known:  # keep only what is known when a prediction is made",
        "      keys: [s1]",
        "  targets:",
        "    rul: {key: rul}  # numbers from 0.5 to 14.5",
        "  # 6 recordings: none stands on two sides of the split",
        "  group: unit",
        "  # cycle looks like time. Rows that are samples of a recording can be cut into windows,",
        "  # which a network over time then sees (`model: {backbone: tcn}`):",
        "  # time: cycle",
        "  # window: {length: 32, stride: 8}",
        "  split:",
        "    by: group",
        "    fractions: [0.7, 0.15, 0.15]",
        "  # left out, constant: s2",
        "tasks:",
        "  rul: {kind: regression}",
        "model: {backbone: mlp}",
        "train: {epochs: 20, early_stopping: 5}",
    ]
    assert experiment.data.group == "unit"


def test_what_the_file_tells_about_its_arrays_is_used(tmp_path):
    profile = np.stack([np.arange(N) % 2, np.arange(N) % 3], axis=1)
    names = {"channels": np.array(["left", "right"]), "columns": np.array(["valve pct", "leak"]), "fs_hz": 12.5}
    np.savez(tmp_path / "t.npz", x=RNG.normal(size=(N, 8, 2)), profile=profile, **names)
    experiment, _ = loaded(tmp_path / "t.npz")
    assert experiment.data.sampling_hz == 12.5
    assert experiment.data.inputs["x"].axes == ["window", "time", "channel"]
    assert list(experiment.tasks) == ["profile_0", "profile_1"]  # two lists fit two columns: neither is chosen
    np.savez(tmp_path / "u.npz", x=RNG.normal(size=(N, 8, 3)), profile=profile, columns=names["columns"])
    experiment, _ = loaded(tmp_path / "u.npz")
    assert {name: one.column for name, one in experiment.data.targets.items()} == {"valve_pct": 0, "leak": 1}


def test_a_series_is_cut_along_time_and_a_masked_class_is_named(tmp_path):
    days = [f"2020-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(100)]
    write(tmp_path / "bars.csv", {"day": days, "close": ["."] + [str(i % 7 + i / 9) for i in range(99)]})
    experiment, text = loaded(tmp_path / "bars.csv")
    assert experiment.data.options == {"missing": ["."]}
    assert experiment.data.split.by == "time"
    assert experiment.tasks["next"].kind == "forecast"
    assert "time: day" not in text  # dates are no seconds
    label = ["x", "y"] * 28 + ["z"] * 4
    write(tmp_path / "c.csv", {"a": RNG.normal(size=N), "label": label})
    assert loaded(tmp_path / "c.csv")[0].data.targets["label"].missing == ["z"]


ODD = [
    "a b", 'quo"te', "it's", "größe [µm]", "x: y", "#no", "- dash", "{b}", "null", "yes", "1", "1e3", "~", "&x", "*x",
    "!t", "%", "@", "`", "a, b", "[c]", "back\\slash", "日本", "😀", "a_b", "A_B", "known", "tab\there", "e\u0301",
]  # fmt: skip


def test_names_of_every_kind_come_back_as_they_were(tmp_path):
    columns = {name: RNG.normal(size=N) for name in ODD}
    targets = {f"label_{name}": np.arange(N) % 2 for name in ODD}
    write(tmp_path / "t.parquet", columns | targets)
    experiment, text = loaded(tmp_path / "t.parquet")
    assert experiment.data.inputs["known"].keys == ODD
    assert [one.key for one in experiment.data.targets.values()] == list(targets)
    assert list(experiment.tasks) == list(experiment.data.targets)
    assert len({name.lower() for name in experiment.tasks}) == len(ODD)  # tasks become files
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("stem", [*(name for name in ODD if "/" not in name), ".hidden", "a.b.c"])
def test_a_file_of_any_name_is_found_again(tmp_path, stem):
    path = write(tmp_path / f"{stem}.csv", {"a": RNG.normal(size=N), "label": np.arange(N) % 2})
    experiment, _ = loaded(path)
    assert experiment.data.path == path.name
    assert name_of_file(path)


def test_the_path_is_relative_beside_or_above_the_data_and_else_absolute(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "other").mkdir()
    path = write(tmp_path / "data" / "t.csv", {"a": RNG.normal(size=N), "label": np.arange(N) % 2})
    found = {folder: loaded(path, tmp_path / folder)[0].data.path for folder in ("data", ".", "other")}
    assert found == {"data": "t.csv", ".": "data/t.csv", "other": str(path)}


def test_long_lists_wrap(tmp_path):
    columns = {f"column number {i}": RNG.normal(size=N) for i in range(100)}
    constant = {f"constant number {i}": np.ones(N) for i in range(100)}
    write(tmp_path / "t.csv", columns | constant | {"label": np.arange(N) % 2})
    experiment, text = loaded(tmp_path / "t.csv")
    assert experiment.data.inputs["known"].keys == list(columns)
    assert max(map(len, text.splitlines())) <= 120
    assert "and 60 more" in text  # of what is left out, 40 names are shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        ("a  b", '"a  b"'),
        ("yes", '"yes"'),
        ("1", '"1"'),
        ('"', '"\\""'),
        ("\n", '"\\x0a"'),
        ("\u2028", '"\\u2028"'),
        ("é", '"é"'),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (1e300, "1e+300"),
    ],
)
def test_a_scalar_is_quoted_where_it_must_be(value, text):
    assert scalar(value) == text


def test_lines_are_filled_and_words_unique():
    assert list(flow("  keys:", [])) == ["  keys: []"]
    assert list(flow("  keys:", ["a", "b"], "why")) == ["  keys: [a, b]  # why"]
    assert all(len(line) <= 118 for line in flow("  keys:", ["word"] * 100))
    assert list(wrapped("# " + "word " * 3, "# ")) == ["# word word word"]
    assert unique_words(["a b", "a_b", "A.B", "", "9", "on"], {}) == {
        "a b": "a_b",
        "a_b": "a_b_2",
        "A.B": "A_B_3",
        "": "target",
        "9": "target_9",
        "on": "target_on",
    }


WORDS = st.sampled_from(["", "NA", ".", "a", "b c", "x:y", "é", "2020-01-02"])
CELLS = st.one_of(st.floats(width=64), st.integers(-(10**12), 10**12), WORDS)
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0"), min_size=1, max_size=12)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_table_is_refused_or_gives_a_config_that_loads(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    names = data.draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    rows = data.draw(st.integers(1, 80))
    columns = {}
    for name in names:
        few = data.draw(st.lists(CELLS, min_size=1, max_size=data.draw(st.sampled_from([2, 10, 80]))))
        columns[name] = [str(cell) for cell in np.resize(np.array(few, dtype=object), rows)]
    polars.DataFrame(columns).write_csv(folder / "any.csv")
    text = proposed(folder / "any.csv")
    assert all(line.isprintable() for line in text.split("\n"))


ARRAYS = st.sampled_from([(40,), (40, 3), (40, 2, 5), (40, 5, 2), (7,), (40, 1), (), (40, 2, 2, 2), (0,), (40, 0)])
TYPES = st.sampled_from(["f4", "f8", "i2", "u1", "?", "U3", "S3", "c8", "M8[s]"])


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_arrays_are_refused_or_give_a_config_that_loads(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    names = data.draw(
        st.lists(st.sampled_from(["x", "label", "unit", "mc_e", "t", "fs", "names"]), min_size=1, unique=True)
    )
    arrays = {}
    for name in names:
        values = RNG.integers(0, data.draw(st.sampled_from([1, 2, 9, 99])), data.draw(ARRAYS))
        arrays[name] = np.asarray(values).astype(data.draw(TYPES))
    np.savez(folder / "any.npz", **arrays)
    proposed(folder / "any.npz")
