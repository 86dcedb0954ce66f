"""How far one label is told by another: planted rules, and the best threshold by trying all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.signals.profile.parts import Pair

from .measuring import CLASS, NUMBER, YES, measured

RNG = np.random.default_rng(5)


def pair(task: str, other: str, kinds: dict[str, dict[str, str]], **labels: np.ndarray) -> Pair:
    """How far `task` is told by `other`; every window trains but the last two."""
    rows = len(next(iter(labels.values())))
    side = np.array(["train"] * (rows - 2) + ["val", "test"])
    signal = {"signal": RNG.normal(size=(rows, 1, 8)).astype(np.float32)}
    found = measured(signal, {"side": side, **labels}, kinds).pairs
    return next(one for one in found if (one.task, one.other) == (task, other))


def test_a_label_cut_from_a_number_is_determined() -> None:
    life = np.linspace(0, 1, 22)
    worn = (life <= 0.3).astype(int)
    found = pair("worn", "life", {"worn": YES, "life": NUMBER}, worn=worn, life=life)
    assert found.determined == 1.0
    assert found.chance == pytest.approx(13 / 20)  # of 20 training windows 7 are worn
    assert found.n == 20
    assert found.rule == "life <= 0.285714"  # the largest life that is worn, 6 / 21


def test_a_label_made_of_classes_is_determined() -> None:
    fault = np.array([0, 1, 2, 3, 0, 0, 1, 2, 0, 3, 0, 1])
    found = pair("sick", "fault", {"sick": YES, "fault": CLASS}, sick=(fault > 0).astype(int), fault=fault)
    assert (found.determined, found.rule) == (1.0, "fault > 0")
    back = pair("fault", "sick", {"sick": YES, "fault": CLASS}, sick=(fault > 0).astype(int), fault=fault)
    assert back.determined == pytest.approx(6 / 10)  # of 10, 4 healthy ones and 2 of the commonest fault
    words = np.array(["ball", "none", "race", "none"])[fault]
    told = pair("sick", "fault", {"sick": YES, "fault": CLASS}, sick=(words != "none").astype(int), fault=words)
    assert told.rule == "fault in {ball, race}"


def test_a_number_on_a_line_is_determined() -> None:
    hours = RNG.uniform(0, 100, 40)
    found = pair("left", "hours", {"left": NUMBER, "hours": NUMBER}, left=100 - 2 * hours, hours=hours)
    assert (found.determined, found.chance) == (1.0, 0.0)
    assert found.correlation == pytest.approx(-1)
    assert found.rule == "-2 * hours + 100"


def test_a_number_beside_the_line_is_not() -> None:
    hours = RNG.uniform(0, 100, 40)
    left = 100 - 2 * hours + RNG.normal(size=40)
    assert pair("left", "hours", {"left": NUMBER, "hours": NUMBER}, left=left, hours=hours).determined == 0.0


def test_a_number_that_is_the_same_for_each_class_is_determined() -> None:
    size = np.array([7, 14, 21] * 8)
    depth = np.array([0.1, 0.2, 0.4] * 8)
    found = pair("depth", "size", {"depth": NUMBER, "size": CLASS}, depth=depth, size=size)
    assert found.determined == 1.0
    assert found.chance == pytest.approx(8 / 22)


def test_of_several_outputs_the_best_told_counts() -> None:
    """Also, a number that never changes is told by nothing."""
    hours = RNG.uniform(0, 100, 40)
    both = np.stack([np.full(40, 3.0), hours], axis=1)
    found = pair("both", "hours", {"both": NUMBER, "hours": NUMBER}, both=both, hours=hours)
    assert (found.determined, found.rule) == (1.0, "1 * hours + 0")
    back = pair("hours", "both", {"both": NUMBER, "hours": NUMBER}, both=both, hours=hours)
    assert (back.determined, back.rule) == (1.0, "1 * both.1 + 0")
    both[:, 1] = RNG.normal(size=40)
    assert pair("both", "hours", {"both": NUMBER, "hours": NUMBER}, both=both, hours=hours).determined == 0.0


def test_only_windows_that_have_both_labels_count() -> None:
    life = np.linspace(0, 1, 22)
    life[:5] = np.nan
    found = pair("worn", "life", {"worn": YES, "life": NUMBER}, worn=np.arange(22) % 2, life=life)
    assert found.n == 15


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=3, max_size=25))
def test_the_best_threshold_is_the_best_of_all(rows: list[tuple[int, int]]) -> None:
    from polyhead.signals.profile.pairs import _by_threshold

    other, codes = np.array([a for a, _ in rows], float), np.array([b for _, b in rows])
    best = np.bincount(codes).max()
    for cut in np.unique(other)[:-1]:
        low, high = np.bincount(codes[other <= cut]), np.bincount(codes[other > cut])
        best = max(best, low.max() + high.max())
    assert _by_threshold(codes, other, "other")[0] == pytest.approx(best / len(codes))
