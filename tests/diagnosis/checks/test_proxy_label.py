"""Labels that follow from others, and labels that only go with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.proxy_label import CHECK, measure
from polyhead.trace.profile import Pair

from ..cases import Row, fires, found, healthy

BASE = "machines"


def told(determined: float, chance: float = 0.55, n: int = 540, task: str = "anomaly", other: str = "fault", back=None):
    """The healthy run with `task` told by `other` so well, and `other` by `task` as `back` says."""

    def edit(case: Case) -> Case:
        pairs = [one for one in case.profile.pairs if {one.task, one.other} != {task, other}]
        pairs.append(Pair(task, other, determined, chance, n, rule=f"{other} in a set"))
        pairs.append(Pair(other, task, back if back is not None else 0.6, 0.38, n))
        return replace(case, profile=replace(case.profile, pairs=pairs))

    return edit


def declared(case: Case) -> Case:
    """The same, with the target saying where it comes from."""
    targets = dict(case.profile.targets)
    targets["anomaly"] = replace(targets["anomaly"], derived_from="fault")
    return replace(case, profile=replace(case.profile, targets=targets))


plant = told(1.0)
ROWS: tuple[Row, ...] = (
    ("anomaly = fault > 0", plant, True, "a rule with no window against it"),
    ("two windows differ", told(538 / 540), True, "rounding at the threshold"),
    ("energy in two units", told(1.0, 0.0, task="life", other="fault"), True, "numbers: an exact straight line"),
    ("declared", lambda case: declared(plant(case)), False, "a note: the target says so"),
    ("one in a hundred", told(0.99, 0.2), False, "too many windows against it for a rule"),
    ("related", told(0.97), False, "one window in thirty differs"),
    ("rare class", told(0.996, 0.99), False, "the commonest label alone is right on 99 %"),
    ("constant", told(1.0, 1.0), False, "one class: every rule is right"),
    ("few windows", told(1.0, 0.5, n=20), False, "any rule fits twenty windows"),
    ("healthy", lambda case: case, False, "anomaly and life go together on 95 %"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_lift_by_hand():
    """394 of 400 right where the commonest label is right on 300: (0.985 - 0.75) / 0.25 = 0.94."""
    rule = next(one for one in measure(told(0.985, 0.75, n=400)(healthy(BASE))) if one.other == "fault")
    assert rule.lift == pytest.approx(0.94)


def test_lift_is_the_error_that_a_tree_takes_away():
    """scikit-learn: 1 - errors of a decision tree on the other label / errors of the commonest label."""
    from sklearn.dummy import DummyClassifier
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    fault = rng.integers(0, 4, 400)[:, None]
    faulty = (fault[:, 0] > 0) ^ (rng.random(400) < 0.05)
    tree, dummy = (
        model.fit(fault, faulty).score(fault, faulty) for model in (DecisionTreeClassifier(), DummyClassifier())
    )
    rule = next(one for one in measure(told(tree, dummy, n=400)(healthy(BASE))) if one.other == "fault")
    assert rule.lift == pytest.approx(1 - (1 - tree) / (1 - dummy))


def test_declared_label_is_a_note():
    (finding,) = found(CHECK, declared(plant(healthy(BASE))))
    assert finding.severity == "note"
    assert finding.scope.task == "anomaly"


def test_one_finding_where_each_tells_the_other_in_any_order():
    case = told(1.0, 0.38, back=1.0)(healthy(BASE))
    turned = replace(case, profile=replace(case.profile, pairs=case.profile.pairs[::-1]))
    assert [one.scope.task for one in found(CHECK, case)] == [one.scope.task for one in found(CHECK, turned)]
    assert len(found(CHECK, case)) == 1


def test_patch_declares_the_target():
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.fixes[0].patch == {"data.targets.anomaly.derived_from": "fault"}
    assert finding.fixes[1].patch == {"tasks.anomaly.enabled": False}


def test_one_task_is_not_checked():
    case = healthy(BASE)
    assert CHECK.why_not(replace(case, profile=replace(case.profile, pairs=[])))
    with pytest.raises(NotCheckedError):
        list(measure(replace(case, profile=replace(case.profile, pairs=[]))))
