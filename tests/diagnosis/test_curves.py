"""Which way is better, and what a curve is counted from."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.curves import curve_of, noise, sign_of, smooth, start_of, task_curve

from .cases import healthy

NAMES = (
    *(("macro_f1", 1), ("log_loss", -1), ("bias", 0), ("val_loss", -1), ("val/acc", 1), ("top1_accuracy", 1)),
    *(("val_skill", 1), ("lr", 0), ("rmse_kPa", -1), ("mapping", 0)),
)


@pytest.mark.parametrize(("name", "sign"), NAMES)
def test_direction_by_name(name, sign):
    assert sign_of(name) == sign


def test_primary_metric_before_another_and_before_the_loss():
    epochs = np.array([1.0, 2.0])
    table = {"epoch": epochs, "mae": epochs, "f1": epochs}
    losses = {"val": {"epoch": epochs, "a": epochs}}

    def chosen(primary: str | None, scores) -> str:
        return task_curve(Case("a log", {"a": TaskFacts("a", primary=primary)}, scores=scores, losses=losses), "a").name

    assert chosen("f1", {"a": table}) == "f1"
    assert chosen(None, {"a": table}) == "mae"
    assert chosen("f1", None) == "loss"
    assert task_curve(Case("a log", {"a": TaskFacts("a")}), "a") is None


def test_empty_cells_are_left_out():
    curve = curve_of({"epoch": np.array([1.0, 2.0, 3.0]), "f1": np.array([0.1, np.nan, 0.3])}, "f1")
    assert curve.epoch.tolist() == [1, 3]


def test_gain_is_counted_from_the_floor_where_it_is_known():
    case = healthy("machines")
    curve = task_curve(case, "fault")
    assert start_of(case, "fault", curve) == case.metrics["val"]["fault"]["macro_f1"].floor
    assert start_of(Case("a log", {"fault": TaskFacts("fault")}), "fault", curve) == curve.value[0]


def test_one_lucky_epoch_is_smoothed_away():
    assert smooth(np.array([0.0, 0.0, 9.0, 0.0, 0.0])).tolist() == [0, 0, 0, 0, 0]


def test_noise_of_a_score_that_mostly_stands_still():
    """One bend in eleven: the median of second differences is 0, their mean square (1 + 4 + 1) / 9 is not."""
    values = np.zeros(11)
    values[5] = 1.0
    assert noise(values) == pytest.approx(np.sqrt(6 / 9 / 6))
    with pytest.raises(ValueError, match="3 values"):
        noise(np.zeros(2))
