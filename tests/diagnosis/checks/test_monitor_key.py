"""Keys that are not there, and modes the wrong way round."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.monitor_key import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"


def best(monitor: str, epoch: int | None = 12, **more):
    return lambda case: replace(case, state={**case.state, "best": {"monitor": monitor, "epoch": epoch, **more}})


def plant(case: Case) -> Case:
    """A key that nothing logs: macro_f1 of the anomaly, which is binary."""
    return best("val/anomaly/macro_f1")(case)


ROWS: tuple[Row, ...] = (
    ("another task's metric", plant, True, "anomaly has no macro_f1"),
    ("misspelt", best("val_los"), True, "val_loss is meant"),
    ("a total", best("val_total_loss"), True, "val_loss is meant, as a published configuration does"),
    ("wrong mode", best("val_loss", 1), True, "epoch 1 has the largest loss of 12"),
    ("training", best("train/loss"), True, "the windows that train"),
    ("file name", best("val_loss", file="{epoch}-{val_acc:.2f}"), True, "val_acc is not logged"),
    ("loss of one task", best("val/life/mae"), False, "one task is a choice"),
    ("written with a slash", best("val/loss"), False, "the same name"),
    ("early, not worst", best("val_loss", 2), False, "second of 12"),
    ("file name that is there", best("val_loss", file="{epoch}-{val_loss:.2f}"), False, "logged"),
    ("healthy", lambda case: case, False, "val/skill, its best epoch"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def foreign(values, epoch: int, name: str = "val_loss", monitor: str | None = None) -> Case:
    epochs = np.arange(1.0, len(values) + 1)
    state = {"best": {"monitor": monitor or name, "epoch": epoch}}
    return Case("a log", {"a": TaskFacts("a")}, epochs={"epoch": epochs, name: np.array(values)}, state=state)


def test_example_of_the_page():
    (finding,) = found(CHECK, foreign([0.9, 0.5, 0.7, 0.4, 0.6], 1))
    assert finding.severity == "error"
    assert "0.9 is the worst of 5" in finding.what


def test_four_epochs_are_too_few():
    assert not found(CHECK, foreign([0.9, 0.5, 0.7, 0.4], 1))


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_scale_of_the_loss_does_not_matter(scale):
    values = scale * np.array([0.9, 0.5, 0.7, 0.4, 0.6])
    assert [one.severity for one in found(CHECK, foreign(values, 1))] == ["error"]
    assert not found(CHECK, foreign(values, 4))


def test_direction_of_a_score_is_the_other_way():
    assert [one.severity for one in found(CHECK, foreign([0.9, 0.5, 0.7, 0.4, 0.6], 4, "val_accuracy"))] == ["error"]
    assert not found(CHECK, foreign([0.9, 0.5, 0.7, 0.4, 0.6], 1, "val_accuracy"))


def test_unknown_direction_is_not_judged():
    """A number that nobody can say the better side of."""
    assert not found(CHECK, foreign([0.9, 0.5, 0.7, 0.4, 0.6], 1, "val_foo"))


def test_nearest_name_is_offered():
    (watched,) = measure(best("val_los")(healthy(BASE)))
    assert watched.nearest == "val_loss"


def test_no_monitor_is_not_passed():
    with pytest.raises(NotCheckedError, match="chosen by"):
        list(measure(replace(healthy(BASE), state={}, config=None)))
