"""Labels of each split: fill values, counts and shares by hand."""

from __future__ import annotations

import numpy as np
import pytest

from .measuring import CLASS, NUMBER, measured, sides

RNG = np.random.default_rng(3)


def noise(rows: int) -> dict[str, np.ndarray]:
    return {"signal": RNG.normal(size=(rows, 1, 16)).astype(np.float32)}


def test_a_fill_value_stands_out() -> None:
    """Training labels 0, 1, 2, 3, 4 and three times 1000, in two of its recordings: the others have mean 2 and sd
    sqrt(2), the nearest of them is 996 away."""
    life = [0, 1, 2, 1000, 3, 4, 1000, 1000, 5, 6, 7, 8]
    columns = sides(4, 4) | {"life": np.array([*life[:8], *life[8:], 5, 6, 7, 8], float)}
    found = measured(noise(16), columns, {"life": NUMBER}, group="unit").targets["life"]
    train = found.splits["train"]
    assert train.known == 8
    assert train.frequent[0].value == 1000
    assert train.frequent[0].count == 3
    assert train.frequent[0].recordings == 2
    assert train.frequent[0].gap == pytest.approx(996 / np.sqrt(2))
    assert train.frequent[0].outside
    assert len(train.frequent) == 1  # the others occur once
    assert (train.distinct, train.step, train.at_min, train.at_max) == (6, 1.0, 1 / 8, 3 / 8)
    assert train.quantiles["0.5"] == 3.5
    assert train.quantiles["1"] == 1000
    assert found.splits["val"].mean == pytest.approx(6.5)
    assert found.splits["val"].frequent == []


def test_a_fill_value_of_float32_is_the_decimal_that_was_meant() -> None:
    life = np.array([1, 2, -99.9, -99.9] * 4, np.float32)
    found = measured(noise(16), sides(4, 4) | {"life": life}, {"life": NUMBER}, group="unit").targets["life"]
    assert found.splits["train"].frequent[0].value == -99.9


def test_a_frequent_value_within_the_others_is_not_outside() -> None:
    life = np.array([0.0, 5, 5, 10] * 4)
    found = measured(noise(16), sides(4, 4) | {"life": life}, {"life": NUMBER}, group="unit").targets["life"]
    middle = found.splits["train"].frequent[0]
    assert (middle.value, middle.count, middle.recordings, middle.outside) == (5, 4, 2, False)
    assert middle.gap == pytest.approx(5 / 5)  # the others are 0 and 10: sd 5


def test_one_value_only_has_no_gap_and_no_step() -> None:
    life = np.array([1.0, 2] * 4 + [2.0] * 8)
    found = measured(noise(16), sides(4, 4) | {"life": life}, {"life": NUMBER}, group="unit")
    val = found.targets["life"].splits["val"]
    assert (val.distinct, val.step, val.sd, val.at_min, val.at_max) == (1, None, 0.0, 1.0, 1.0)
    assert (val.frequent[0].gap, val.frequent[0].outside) == (0.0, False)


def test_what_missing_values_masked_is_counted() -> None:
    life = np.array([1, -1, 2, -1, 3, -99, 4, 5] * 2, float)
    targets = {"life": {"key": "life", "missing": [-1, -99, 7]}}
    found = measured(noise(16), sides(4, 4) | {"life": life}, {"life": NUMBER}, group="unit", targets=targets)
    assert found.targets["life"].matched == {"-1": 4, "-99": 2, "7": 0}
    assert (found.targets["life"].splits["train"].known, found.targets["life"].splits["train"].missing) == (5, 3)


@pytest.mark.parametrize(
    ("life", "between", "constant"),
    [
        ([0, 0, 2, 2], 1.0, 1.0),
        ([0, 2, 0, 2], 0.0, 0.0),
        ([0, 0, 1, 3], 0.6667, 0.5),  # about the mean 1: between 2 * (1 + 1) = 4, all 1 + 1 + 0 + 4 = 6
    ],
)
def test_the_share_between_recordings(life: list[float], between: float, constant: float) -> None:
    columns = sides(4, 2) | {"life": np.array([*life, 1, 2, 3, 4], float)}
    found = measured(noise(8), columns, {"life": NUMBER}, group="unit").targets["life"]
    assert found.between == pytest.approx(between, abs=1e-4)
    assert found.constant == constant


def test_recordings_of_one_window_say_nothing_of_constancy() -> None:
    columns = {"life": np.arange(8.0), "side": np.array(["train"] * 4 + ["val"] * 2 + ["test"] * 2)}
    found = measured(noise(8), columns, {"life": NUMBER}).targets["life"]
    assert (found.between, found.constant) == (1.0, None)


def test_classes_are_counted_in_windows_and_recordings() -> None:
    fault = np.array(["a", "a", "b", "a", "a", "b", "a", "b"])
    found = measured(noise(8), sides(4, 2) | {"fault": fault}, {"fault": CLASS}, group="unit").targets["fault"]
    assert found.splits["train"].counts == {"a": 3, "b": 1}
    assert found.splits["train"].recordings == {"a": 2, "b": 1}
    assert found.splits["val"].counts == {"a": 1, "b": 1}
    assert found.splits["train"].quantiles == {}


def test_answers_of_yes_or_no_are_counted_by_name() -> None:
    marks = np.array([[1, 0], [1, 1], [0, 0], [1, 0], [0, 1], [1, 0], [1, 1], [0, 0]])
    tasks = {"marks": {"kind": "multilabel", "labels": ["drift", "offset"]}}
    found = measured(noise(8), sides(4, 2) | {"marks": marks}, tasks, group="unit").targets["marks"]
    assert found.outputs == 2
    assert found.splits["train"].counts == {"drift": 3, "offset": 1}
    assert found.splits["train"].recordings == {"drift": 2, "offset": 1}


def test_a_task_of_signals_has_windows_only() -> None:
    tasks = {"next": {"kind": "forecast", "horizon": 4}}
    window = {"length": 8, "stride": 8}
    found = measured(noise(8), sides(4, 2), tasks, group="unit", window=window).targets["next"]
    assert found.key is None
    assert {name: labels.known for name, labels in found.splits.items()} == {"train": 4, "val": 2, "test": 2}
