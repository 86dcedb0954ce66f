"""Scores and losses against what they must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.loss_contract import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "machines"


def scored(case: Case, task: str, change: object) -> Case:
    """The test scores of a task, changed."""
    one = case.predictions["test"][task]
    return replace(
        case, predictions={"test": {**case.predictions["test"], task: replace(one, score=change(one.score))}}
    )


def plant(case: Case) -> Case:
    """The fault's probabilities are put through a softmax once more."""
    return scored(case, "fault", lambda score: softmax(score, axis=1))


def summed(case: Case) -> Case:
    """The life's loss added over the labels of each step, not averaged; full steps as before."""
    known = case.steps["known.life"]
    return replace(case, steps={**case.steps, "loss.life": case.steps["loss.life"] * known / 32})


def named(task: str, loss: str) -> object:
    return lambda case: replace(case, tasks={**case.tasks, task: replace(case.tasks[task], loss=loss)})


def negative(case: Case) -> Case:
    """A likelihood of probabilities, not of their logarithms: minus the true class's probability."""
    return replace(case, losses={"train": {**case.losses["train"], "fault": -np.linspace(0.3, 0.95, 12)}})


def unsure(score: np.ndarray) -> np.ndarray:
    """Scores as an honest network would give that is right in half of the windows: flattened, and some shuffled."""
    flat = 0.45 * score + 0.55 / 3
    return np.random.default_rng(3).permutation(flat)


def sorted_last(case: Case, by: float) -> Case:
    """A last batch of each epoch that is harder by so much, not smaller."""
    loss = case.steps["loss.life"].copy()
    loss[16::17] *= by
    return replace(case, steps={**case.steps, "loss.life": loss, "known.life": np.full(204, 32.0)})


ROWS: tuple[Row, ...] = (
    ("softmax twice", plant, True, "sure answers scored 0.576 at most"),
    ("sigmoid twice", lambda c: scored(c, "anomaly", lambda s: 1 / (1 + np.exp(-s))), True, "0.5 to 0.731"),
    ("honestly unsure", lambda c: scored(c, "fault", unsure), False, "right as often as scored"),
    ("underconfident", lambda c: scored(c, "fault", lambda s: 0.3 * s + 0.7 / 3), False, "0.533 at most, not 0.576"),
    ("percent", lambda c: scored(c, "fault", lambda s: 100 * s), True, "outside 0 to 1"),
    ("sigmoids", lambda c: scored(c, "fault", lambda s: np.sqrt(s)), True, "add up to more than 1"),
    ("rounded", lambda c: scored(c, "fault", lambda s: s.round(2)), False, "two digits"),
    ("of labels", lambda c: healthy("radio"), False, "multilabel scores need not add up to 1"),
    ("below 0", negative, True, "a cross-entropy cannot be"),
    ("l1 of classes", named("fault", "l1"), True, "classes are no distances"),
    ("Brier", named("fault", "mse"), False, "sound: a note"),
    ("ce of numbers", named("life", "ce"), True, "numbers are no classes"),
    ("a harder last batch", lambda c: sorted_last(c, 0.2), False, "of as many labels"),
    ("healthy", lambda c: c, False, "kept"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_limit_of_a_softmax_twice_by_hand():
    """e / (e + 2) = 2.71828 / 4.71828 = 0.576; the surest 20 of 120 are all right: 1 - 0.576 = 0.424."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert "0.576" in finding.what
    assert finding.evidence[0].value == pytest.approx(0.424, abs=0.001)


def test_a_sum_has_exponent_one_and_a_mean_zero():
    """Batches of 100 with a last one of 25 that lose 2.0 a label, within 2 %: summed, the last one has a quarter."""
    rng = np.random.default_rng(0)
    known = np.tile(np.r_[np.full(9, 100.0), 25.0], 12)
    mean = 2.0 * rng.normal(1, 0.02, len(known))

    def exponent(loss: np.ndarray) -> tuple[float, bool]:
        case = Case("a log", {"a": TaskFacts("a")}, steps={"step": np.arange(120.0), "loss.a": loss, "known.a": known})
        (breach,) = measure(case)
        return breach.value, fires(CHECK, case)

    assert exponent(mean) == (pytest.approx(0, abs=0.05), False)
    assert exponent(mean * known) == (pytest.approx(1, abs=0.05), True)


def test_scores_need_support():
    few = Predicted(np.zeros(10), np.zeros(10), np.zeros(10), np.ones(10, bool), score=np.full(10, 7.0))
    case = Case("a log", {"a": TaskFacts("a", kind="binary")}, predictions={"test": {"a": few}})
    with pytest.raises(NotCheckedError):
        list(measure(case))


def test_scale_order_and_names_do_not_matter():
    case = plant(summed(healthy(BASE)))
    tenfold = {name: (10 * one if name == "loss.life" else one) for name, one in case.steps.items()}
    other = replace(case, steps=tenfold, tasks=dict(reversed(case.tasks.items())))
    one, two = found(CHECK, case), found(CHECK, other)
    assert sorted(each.fingerprint for each in one) == sorted(each.fingerprint for each in two)


def test_losses_without_a_name_are_not_checked():
    losses = {"train": {"epoch": np.arange(1.0, 4), "a": np.array([3.0, 2.0, 1.0])}}
    with pytest.raises(NotCheckedError):
        list(measure(Case("a log", {"a": TaskFacts("a", kind="binary")}, losses=losses)))


@pytest.mark.parametrize(
    ("kind", "loss", "breaks"),
    [
        ("span", "bce", False),
        ("span", "crf", False),
        ("span", "dice", False),
        ("span", "mse", True),
        ("pointers", "boundary", False),
        ("pointers", "huber", False),
        ("countdown", "huber", False),
        ("countdown", "bce", True),
    ],
)
def test_losses_of_marks(kind, loss, breaks):
    case = Case(origin="", tasks={"one": TaskFacts("one", kind=kind, loss=loss)}, losses={})
    assert bool(found(CHECK, case)) is breaks


def test_probabilities_of_samples_need_not_add_up():
    score = np.full((100, 20), 0.1)
    truth = np.zeros((100, 20), np.int64)
    said = Predicted(np.arange(100), truth, truth, np.ones(100, bool), score)
    case = Case(origin="", tasks={"span": TaskFacts("span", kind="span")}, predictions={"val": {"span": said}})
    assert found(CHECK, case) == []


def logged(loss: float, name: str = "ce") -> Case:
    """Sixty windows whose true class is scored .9, .05 and .05, and a log of two epochs whose last says `loss`."""
    score = np.tile([0.9, 0.05, 0.05], (60, 1))
    said = np.full(60, "a", dtype=object)
    predicted = Predicted(np.zeros(60), said, said, np.ones(60, bool), score)
    facts = TaskFacts("state", "classification", name, classes=("a", "b", "c"))
    losses = {"val": {"epoch": np.array([1.0, 2.0]), "state": np.array([1.3, loss])}}
    return Case("here", {"state": facts}, losses=losses, predictions={"val": {"state": predicted}})


def test_an_epoch_that_predictions_are_not_of_says_nothing():
    case = logged(0.61779)
    earlier = replace(case, losses={"val": {"epoch": np.array([1.0, 2.0]), "state": np.array([0.61779, 1.3])}})
    assert [one.value for one in measure(earlier) if one.rule == "again"] == [0]
    kept = replace(earlier, state={"best": {"epoch": 1}})
    assert [one.value for one in measure(kept) if one.rule == "again"] == [1]


@pytest.mark.parametrize(
    ("loss", "name", "times"),
    [
        (0.61779, "ce", 1),  # ln(e^.9 + 2 e^.05) - .9
        (0.61779, "crossentropyloss", 1),
        (0.90373, "ce", 2),  # the softmax of the three is .53912, .23044, .23044: ln(e^.53912 + 2 e^.23044) - .53912
        (0.10536, "ce", 0),  # -ln .9
        (0.64, "ce", 0),  # a smoothed or weighted loss
        (0.61779, "focal", 0),
    ],
)
def test_a_log_of_probabilities_taken_for_logits_by_hand(loss: float, name: str, times: int):
    found = [one.value for one in measure(logged(loss, name)) if one.rule == "again"]
    assert found == ([times] if name != "focal" else [])
    said = [CHECK.judge(one).what for one in measure(logged(loss, name)) if CHECK.judge(one)]
    assert bool(times) == any(f"{'twice' if times == 2 else 'once'} more" in one for one in said)


def test_a_split_without_a_label_does_not_end_the_check():
    case = logged(0.61779)
    unknown = replace(case.predictions["val"]["state"], mask=np.zeros(60, bool))
    rules = {one.rule for one in measure(replace(case, predictions={"val": {"state": unknown}}))}
    assert rules == {one.rule for one in measure(replace(case, predictions=None))}
