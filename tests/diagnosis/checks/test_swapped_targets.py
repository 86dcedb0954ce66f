"""Outputs in the order of other targets, and outputs that only go together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.swapped_targets import CHECK, judge, measure

from ..cases import Row, fires, found, healthy

BASE = "detector"
RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 300))
E = 0.3 * RNG.normal(size=(3, 300))
NAMES = np.repeat([f"run {i}" for i in range(20)], 15)


def plant(case: Case) -> Case:
    """The smallest injury: the two angles of the labels change places."""
    return ordered([1, 0])(case)


def ordered(order: list[int]):
    """The healthy run with the outputs of the angle's labels in another order."""

    def edit(case: Case) -> Case:
        one = case.predictions["test"]["angle"]
        table = {**case.predictions["test"], "angle": replace(one, truth=one.truth[:, order])}
        return replace(case, predictions={**case.predictions, "test": table})

    return edit


def outputs(truth: list[np.ndarray], pred: list[np.ndarray], recording: np.ndarray = NAMES):
    """Predictions of one task of several numbers."""

    def edit(case: Case) -> Case:
        one = Predicted(recording, np.stack(truth, 1), np.stack(pred, 1), np.ones(300, bool))
        return replace(case, predictions={"test": {"angle": one}})

    return edit


def tasks(units: tuple[str, str], truth: list[np.ndarray], pred: list[np.ndarray], names=("east", "north")):
    """Two tasks of a number each."""

    def edit(case: Case) -> Case:
        facts = {n: TaskFacts(n, "regression", unit=u) for n, u in zip(names, units, strict=True)}
        table = {n: Predicted(NAMES, t, p, np.ones(300, bool)) for n, t, p in zip(names, truth, pred, strict=True)}
        return replace(case, tasks=facts, predictions={"test": table})

    return edit


TWIN = 0.6 * A + 0.8 * B  # correlates 0.6 with A
NOISY = A + 1.7 * B  # A with much noise of its own

SOURCES = np.repeat([f"run {i}" for i in range(6)], 50)


def one_source(case: Case) -> Case:
    """One of six recordings has its columns the other way round."""
    a, b = np.where(SOURCES == "run 3", B, A), np.where(SOURCES == "run 3", A, B)
    return outputs([a, b], [A + E[0], B + E[1]], SOURCES)(case)


def smooth(seed: int) -> np.ndarray:
    """Numbers that wander slowly through each of six recordings."""
    return np.random.default_rng(seed).normal(size=(6, 50)).cumsum(axis=1).reshape(-1)


WANDER = [
    outputs([smooth(4 * k), smooth(4 * k + 1)], [smooth(4 * k + 2), smooth(4 * k + 3)], SOURCES) for k in range(40)
]

ROWS: tuple[Row, ...] = (
    ("two angles", plant, True, "they change places"),
    ("three in a circle", outputs([A, B, C], [B + E[0], C + E[1], A + E[2]]), True, "none in its place"),
    ("two of three", outputs([A, B, C], [A + E[0], C + E[1], B + E[2]]), True, "the first stays"),
    ("tasks of one unit", tasks(("cm", "cm"), [A, B], [B + E[0], A + E[1]]), True, "two tasks change places"),
    ("one source", one_source, True, "one recording of six"),
    ("no source", outputs([A, B], [A + E[0], B + E[1]], SOURCES), False, "the same recordings in place"),
    ("sources that know nothing", outputs([A, B], [A + 9 * E[0], B + 9 * E[1]], SOURCES), False, "mostly noise"),
    ("sources without knowledge", outputs([A, B], [C, E[0]], SOURCES), False, "chance puts some the other way round"),
    ("hardly known", outputs([A, B], [B + 13 * E[0], A + 13 * E[1]]), False, "correlations below 0.3"),
    ("healthy", lambda case: case, False, "as it is"),
    ("in place", outputs([A, B, C], [A + E[0], B + E[1], C + E[2]]), False, "each fits its own"),
    ("other units", tasks(("cm", "MeV"), [A, B], [B + E[0], A + E[1]]), False, "not of one kind: nothing to swap"),
    ("no units", tasks(("", ""), [A, B], [B + E[0], A + E[1]]), False, "nobody says that they are alike"),
    ("one hardly learnable", outputs([A, NOISY], [A + E[0], A + E[1]]), False, "both predictions fit A, one way only"),
    ("related", outputs([A, TWIN], [A + E[0], TWIN + E[1]]), False, "they go together and are in place"),
    ("noise", outputs([A, B], [C, E[0]]), False, "predictions that know nothing"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_correlations_are_those_of_numpy():
    order, *_ = measure(outputs([A, B], [B + E[0], A + E[1]])(healthy(BASE)))
    table = np.corrcoef(np.stack([B + E[0], A + E[1], A, B]))[:2, 2:]
    assert order.own == pytest.approx((table[0, 0], table[1, 1]))
    assert order.best == pytest.approx((table[0, 1], table[1, 0]))
    assert order.gain == pytest.approx(min(table[0, 1] - table[0, 0], table[1, 0] - table[1, 1]))
    assert order.interval[0] < order.gain < order.interval[1]


def test_names_what_fits_what():
    (finding,) = found(CHECK, outputs([A, B, C], [A + E[0], C + E[1], B + E[2]])(healthy(BASE)))
    assert "angle.1 fits angle.2, angle.2 fits angle.1" in finding.what
    assert finding.severity == "error"


def test_smooth_numbers_that_know_nothing_are_not_swapped():
    """Walks fit each other by chance within a recording; in 240 recordings none may count."""
    alone = [one for edit in WANDER for one in measure(edit(healthy(BASE))) if one.recording and one.gain > 0.5]
    assert len(alone) > 5
    assert [
        one.recording for edit in WANDER for one in measure(edit(healthy(BASE))) if one.recording and judge(one)
    ] == []


def test_source_is_named():
    (finding,) = found(CHECK, one_source(healthy(BASE)))
    assert "in recording run 3" in finding.what


def test_few_recordings_are_a_warning():
    (finding,) = found(CHECK, outputs([A, B], [B, A], np.repeat(["one", "two"], 150))(healthy(BASE)))
    assert finding.severity == "warning"


def test_units_names_and_order_of_tasks_do_not_matter():
    plain = tasks(("cm", "cm"), [A, B], [B + E[0], A + E[1]])(healthy(BASE))
    scaled = tasks(("mm", "mm"), [10 * A, 10 * B], [10 * (B + E[0]), 10 * (A + E[1])])(healthy(BASE))
    turned = tasks(("cm", "cm"), [B, A], [A + E[1], B + E[0]], names=("v", "u"))(healthy(BASE))
    gains = [found(CHECK, case)[0].evidence[0].value for case in (plain, scaled, turned)]
    assert gains == pytest.approx([gains[0]] * 3)


def test_single_numbers_are_not_checked():
    with pytest.raises(NotCheckedError):
        list(measure(healthy("machines")))


def test_a_split_without_windows_is_not_checked():
    empty = Predicted(np.empty(0, str), np.empty((0, 2)), np.empty((0, 2)), np.empty(0, bool))
    case = Case(origin="an empty split", tasks={"a": TaskFacts("a")}, predictions={"test": {"a": empty}})
    with pytest.raises(NotCheckedError):
        list(measure(case))
