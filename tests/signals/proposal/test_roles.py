"""What each column is taken for: one small table for each rule, with near misses."""

from __future__ import annotations

import numpy as np
import polars
import pytest

from polyhead.signals.proposal.look import look_at
from polyhead.signals.proposal.roles import assign

from ..cases import refused, write

RNG = np.random.default_rng(0)
N = 200
NOISE = {name: RNG.normal(size=N) for name in "abcd"}
UNIT = np.repeat(np.arange(1, 11), 20)  # 10 recordings of 20 rows
CYCLE = np.tile(np.arange(20.0), 10)
DAYS = [f"{1 + i // 28}/{1 + i % 28}/1999" for i in range(N)]


def roles(tmp_path, /, **columns):
    path = write(tmp_path / "t.csv", columns)
    return assign(path, look_at(path))


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("label", np.arange(N) % 2, "binary"),
        ("label", 1 + np.arange(N) % 3, "classification"),
        ("fault", np.where(np.arange(N) % 2, "inner", "outer"), "classification"),
        ("rul", RNG.permutation(N), "regression"),
        ("y", NOISE["d"], "regression"),
        ("is_open", np.arange(N) % 2, "binary"),
        ("wear_state", np.arange(N) % 4, "classification"),
    ],
)
def test_a_name_by_custom_makes_a_target_and_values_its_kind(tmp_path, name, values, kind):
    found = roles(tmp_path, **{"a": NOISE["a"], name: values, "b": NOISE["b"]})
    assert found.targets == {name: kind}
    assert found.inputs == ["a", "b"]


def test_words_of_few_classes_are_a_target_and_of_many_are_left_out(tmp_path):
    few = np.resize(["red", "green", "blue"], N)
    many = np.array([f"w{i % 50}" for i in range(N)])
    found = roles(tmp_path, a=NOISE["a"], colour=few, remark=RNG.permutation(many))
    assert found.targets == {"colour": "classification"}
    assert found.left_out == {"remark": "text, 50 different values"}


def test_without_any_sign_the_last_column_is_the_target(tmp_path):
    found = roles(tmp_path, a=NOISE["a"], b=NOISE["b"])
    assert (found.targets, found.inputs) == ({"b": "regression"}, ["a"])
    assert "the last column" in found.why["b"]


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        (np.where(np.arange(N) < 20, -999.0, NOISE["d"]), [-999.0]),
        (np.where(np.arange(N) < 20, 1000.0, NOISE["d"]), [1000.0]),
        (np.where(np.arange(N) < 3, 1000.0, NOISE["d"]), []),  # three outliers are no custom
        (np.where(np.arange(N) < 20, 3.0, NOISE["d"]), []),  # within reach of the others
    ],
)
def test_a_value_far_off_again_and_again_stands_for_not_known(tmp_path, values, missing):
    found = roles(tmp_path, a=NOISE["a"], target=values)
    assert found.missing["target"] == missing


def test_a_class_too_rare_for_three_splits_is_masked(tmp_path):
    label = np.array(["x", "y"] * 98 + ["z"] * 4)
    assert roles(tmp_path, a=NOISE["a"], label=label).missing["label"] == ["z"]
    by_unit = np.where(UNIT < 3, "rare", np.where(UNIT < 7, "x", "y"))  # 40 rows, but of two recordings
    assert roles(tmp_path, a=NOISE["a"], unit=UNIT, label=by_unit).missing["label"] == ["rare"]


@pytest.mark.parametrize(
    ("columns", "group"),
    [
        ({"unit": UNIT}, "unit"),
        ({"bearing_id": UNIT}, "bearing_id"),
        ({"where": np.char.add("site", UNIT.astype(str))}, "where"),  # text in runs
        ({"p": UNIT, "q": CYCLE}, "p"),  # a number in runs, within which another counts anew
        ({"level": RNG.integers(0, 9, N)}, None),
        ({"unit": np.repeat([1, 2], 100)}, None),  # two can fill no three splits
        ({"unit": np.arange(N)}, None),  # one row each
    ],
)
def test_the_recording_is_told_by_its_name_or_by_runs(tmp_path, columns, group):
    assert roles(tmp_path, **columns, a=NOISE["a"], label=np.arange(N) % 2).group == group


def test_what_holds_recordings_together_is_told(tmp_path):
    device = np.char.add("d", (UNIT % 5).astype(str))
    found = roles(tmp_path, device=device, capture=np.char.add("c", UNIT.astype(str)), a=NOISE["a"], y=NOISE["b"])
    assert found.group == "capture"
    assert "holds recordings together" in found.left_out["device"]


def test_a_column_of_split_words_splits_and_another_split_is_no_target(tmp_path):
    words = np.where(UNIT < 7, "train", "test")
    assert roles(tmp_path, part=words, unit=UNIT, a=NOISE["a"], y=NOISE["b"]).split == "part"
    found = roles(tmp_path, split=np.where(UNIT < 7, "learning", "test"), unit=UNIT, a=NOISE["a"], y=NOISE["b"])
    assert found.split is None
    assert list(found.targets) == ["y"]
    assert "learning" in found.left_out["split"]


def test_time_that_counts_on_is_suggested_and_is_no_input(tmp_path):
    found = roles(tmp_path, unit=UNIT, cycle=CYCLE, a=NOISE["a"], rul=RNG.permutation(N))
    assert (found.time, found.inputs) == ("cycle", ["a"])
    found = roles(tmp_path, time=NOISE["b"], a=NOISE["a"], rul=RNG.permutation(N))  # the time of a hit: measured
    assert (found.time, found.inputs) == (None, ["time", "a"])


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("clock", np.arange(N) * 0.5, None),
        ("c", np.arange(N) * 0.5, "counts on from row to row"),
        ("c", -np.arange(N) * 0.5, "counts on from row to row"),
        ("frame", RNG.permutation(N), "a number of the row, no measurement"),
        ("event_number", RNG.permutation(N), "a number of the row, no measurement"),
        ("c", np.full(N, 3.0), "constant"),
        ("c", [None] * N, "empty"),
        ("c", NOISE["c"] * 1e-40, "too small for single precision"),
        ("day", 20200101 + np.arange(N) % 28, "a date"),
        ("day", np.resize(["2020-01-01", "2020-01-02 10:00:00"], N), "a date"),
        ("c", NOISE["a"], "equal to a"),
        ("mc_c", NOISE["c"], "known to the simulation, measured by nobody"),
        ("energy_prediction", NOISE["c"], "what another model said"),
    ],
)
def test_what_measures_nothing_is_no_input(tmp_path, name, values, reason):
    found = roles(tmp_path, **{"a": NOISE["a"], name: values, "label": np.arange(N) % 2})
    assert found.inputs == ["a"]
    assert found.left_out.get(name) == reason


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (NOISE["d"], "alone tells y"),
        (3 - 2 * NOISE["d"], "alone tells y"),
        (np.exp(NOISE["d"]), "alone tells y"),  # the same ranks
        (NOISE["d"] + 0.05 * NOISE["b"], None),  # a good sensor
        (NOISE["b"], None),
    ],
)
def test_an_input_that_is_the_quantity_is_left_out(tmp_path, column, reason):
    found = roles(tmp_path, a=NOISE["a"], c=column, y=NOISE["d"])
    assert found.left_out.get("c") == reason
    assert found.inputs == (["a"] if reason else ["a", "c"])


def test_an_input_that_is_the_label_is_left_out(tmp_path):
    label = np.arange(N) % 2
    clean, noisy = np.where(label, 2.0, 1.0) + 0.01 * NOISE["b"], np.where(label, 2.0, 1.0) + NOISE["b"]
    gaps = np.where(label, NOISE["c"], np.nan)
    found = roles(tmp_path, noisy=noisy, clean=clean, gaps=gaps, label=label)
    assert found.left_out == {"clean": "alone tells label", "gaps": "is there or missing by the class of label"}
    assert found.inputs == ["noisy"]


def test_a_clock_that_follows_the_life_of_each_recording_is_left_out(tmp_path):
    age = CYCLE + RNG.normal(size=10)[UNIT - 1]  # no name of time, and set anew for each unit
    life = RNG.integers(20, 40, 10)[UNIT - 1] - CYCLE
    found = roles(tmp_path, unit=UNIT, age=age, a=NOISE["a"], life=life)
    assert found.inputs == ["a"]
    assert "age" in found.left_out


def test_truth_of_a_simulation_is_a_target_unless_an_input_tells_it(tmp_path):
    columns = {
        "a": NOISE["a"],
        "b": NOISE["b"],
        "mc_energy": NOISE["c"],
        "mc_b": NOISE["b"] * 2,
        "weight_w2": NOISE["d"],
    }
    found = roles(tmp_path, **columns)
    assert (found.inputs, found.targets) == (["a", "b"], {"mc_energy": "regression"})
    assert found.left_out["mc_b"] == "known to the simulation, and told by b"
    assert "weight_w2" in found.left_out
    assert "weight_kg" in roles(tmp_path, a=NOISE["a"], weight_kg=NOISE["b"], y=NOISE["c"]).inputs


def test_rows_with_dates_and_no_label_forecast_all_their_columns(tmp_path):
    found = roles(tmp_path, Date=DAYS, low=NOISE["a"], high=NOISE["b"], close=NOISE["b"])
    assert found.forecast == ["low", "high"]
    assert found.targets == {}
    assert found.left_out == {"Date": "a date", "close": "equal to high"}


def test_in_a_series_words_that_describe_a_recording_are_no_target(tmp_path):
    symbol = np.char.add("s", UNIT.astype(str))
    days = np.resize(DAYS[:20], N)
    market = np.where(UNIT < 5, "x", "y")
    found = roles(tmp_path, market=market, symbol=symbol, time=days, price=NOISE["a"])
    assert (found.forecast, found.group, found.targets) == (["price"], "symbol", {})
    changing = roles(tmp_path, activity=np.resize(["sit", "walk"], N), symbol=symbol, time=days, price=NOISE["a"])
    assert changing.targets == {"activity": "classification"}


def test_one_column_is_a_series_only_where_rows_follow_one_another(tmp_path):
    assert roles(tmp_path, level=np.cumsum(NOISE["a"])).forecast == ["level"]
    refused(lambda: roles(tmp_path, level=NOISE["a"]), "one column of numbers", "do not follow one another")


def test_a_clock_of_several_columns_is_time(tmp_path):
    path = tmp_path / "t.csv"
    clock = [f"9;{i // 60};{i % 60};{NOISE['a'][i]};{NOISE['b'][i]}" for i in range(N)]
    path.write_text("\n".join(clock))
    found = assign(path, look_at(path))
    assert found.forecast == ["column_3", "column_4"]
    assert found.left_out == {"column_0": "constant", "column_1": "a clock", "column_2": "a clock"}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Date": DAYS[:40], "x": NOISE["a"][:40]}, "series of 40 rows without a label, too short"),
        ({"frame": np.arange(N), "label": np.arange(N) % 2}, "labels but no measured numbers.*frame"),
        ({"name": [f"n{i}" for i in range(N)]}, "no column looks like a target"),
        ({"a": np.full(N, 2.0), "b": np.full(N, 3.0)}, "no column looks like a target.*constant"),
    ],
)
def test_what_cannot_be_trained_on_is_said_in_one_line(tmp_path, columns, words):
    refused(lambda: roles(tmp_path, **columns), words)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (NOISE["a"][:, None] + np.arange(30), "30 columns of numbers without names, and no label"),
        (np.stack([np.arange(N) % 3, np.arange(N) % 2], axis=1), "2 columns of classes without names"),
    ],
)
def test_columns_without_names_need_a_likely_label(tmp_path, table, words):
    path = tmp_path / "t.csv"
    table = RNG.permutation(table)
    polars.DataFrame(table).write_csv(path, include_header=False)
    refused(lambda: assign(path, look_at(path)), words)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((N, 3, 8), ["window", "channel", "time"]),
        ((N, 8, 3), ["window", "time", "channel"]),
        ((N, 5), ["window", "feature"]),
    ],
)
@pytest.mark.parametrize("name", ["t.npz", "t.h5"])
def test_arrays_are_signals_with_axes_by_their_shape(tmp_path, name, shape, axes):
    arrays = {"x": RNG.normal(size=shape), "label": np.arange(N) % 2, "fs_hz": 50}
    path = _arrays(tmp_path / name, arrays)
    found = assign(path, look_at(path))
    assert (found.signals, found.targets) == ({"x": axes}, {"label": "binary"})


def test_an_array_of_few_whole_columns_is_several_targets(tmp_path):
    arrays = {"x": RNG.normal(size=(N, 3, 8)), "profile": np.stack([np.arange(N) % 2, np.arange(N) % 3], axis=1)}
    path = _arrays(tmp_path / "t.npz", arrays)
    assert assign(path, look_at(path)).targets == {"profile\0" + "0": "binary", "profile\0" + "1": "classification"}


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.ones((N, 2, 3, 4)), "label": np.arange(N)}, r"x has shape \(200, 2, 3, 4\)"),
        ({"x": np.ones((400, 2)), "length": np.full(100, 4), "label": np.arange(100)}, "length sums to it.*np.repeat"),
        ({"one": np.ones(300), "two": np.ones(200), "three": np.ones(200), "four": np.ones(900)}, "no label per row"),
        ({"one": np.ones(300), "two": np.ones(200)}, "no two of its arrays have rows in common"),
        (
            {"event": UNIT, "hit": NOISE["a"], "charge": NOISE["b"], "truth": np.ones((10, 3))},
            "200 rows are parts of 10 events, which truth",
        ),
        ({"x": np.ones((5, 3)), "label": np.arange(5)}, "holds 5 rows, too few"),
    ],
)
@pytest.mark.parametrize("name", ["t.npz", "t.h5"])
def test_arrays_without_a_label_per_row_are_refused_with_a_way_out(tmp_path, name, arrays, words):
    path = _arrays(tmp_path / name, arrays)
    refused(lambda: assign(path, look_at(path)), words)


def _arrays(path, arrays):
    import h5py

    if path.suffix == ".npz":
        np.savez_compressed(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = values
    return path
