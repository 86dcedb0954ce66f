"""Skills at and below the floor, and macro F1 of guessing against simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.checks.below_floor import CHECK, measure

from ..cases import Row, columns, fires, found, healthy
from ..tables import long, scored, table

BASE = "machines"


def standing(case: Case, task: str, metric: str, value: float, interval: tuple[float, float] | None) -> Case:
    """The primary metric of a task on the test split, with its interval."""
    case = scored(case, "test", task, **{metric: value})
    own = case.metrics["test"]
    score = replace(own[task][metric], interval=interval)
    return replace(case, metrics={**case.metrics, "test": {**own, task: {**own[task], metric: score}}})


def plant(case: Case) -> Case:
    """Life a little worse than its mean, surely."""
    return standing(case, "life", "r2", -0.05, (-0.09, -0.01))


def unfinished(case: Case, epoch: int) -> Case:
    """A run of 12 epochs that is not over; metrics of its last one only."""
    return replace(case, state={**case.state, "status": "running", "epoch": epoch, "epochs": 12})


def first_epoch_only(case: Case) -> Case:
    """A live run at epoch 1 of 12 with a negative R2."""
    scores = {"life": columns({"epoch": np.array([1.0])}, r2=-0.4)}
    return replace(unfinished(case, 1), metrics=None, predictions=None, scores=scores)


def bad_start(case: Case) -> Case:
    """A finished run whose R2 was negative at epoch 1."""
    r2 = case.scores["life"]["r2"].copy()
    r2[0] = -2.0
    return replace(case, scores={**case.scores, "life": columns(case.scores["life"], r2=r2)})


ROWS: tuple[Row, ...] = (
    ("surely below", plant, True, "the interval is below"),
    ("below", lambda case: standing(case, "life", "r2", -0.05, None), True, "no interval: a warning"),
    ("random score", lambda case: standing(case, "anomaly", "auroc", 0.49, (0.4, 0.58)), True, "no better than chance"),
    ("barely above", lambda case: standing(case, "life", "r2", 0.02, (-0.02, 0.06)), False, "above, if not surely"),
    (
        "above the majority, not above guessing",
        lambda case: standing(case, "fault", "macro_f1", 0.3, None),
        True,
        "1/3",
    ),
    ("above guessing", lambda case: standing(case, "fault", "macro_f1", 0.45, None), False, "a third is chance"),
    ("early", lambda case: unfinished(plant(case), 3), False, "3 of 12 epochs"),
    ("later", lambda case: unfinished(plant(case), 4), True, "4 of 12 epochs"),
    ("live at epoch 1", first_epoch_only, False, "R2 < 0 at the start is no fault"),
    ("bad start of a good run", bad_start, False, "the last epoch counts"),
    ("other metric", lambda case: scored(case, "test", "next", mape=9.0), False, "not the primary one"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_error_only_with_an_interval():
    crossing = standing(healthy(BASE), "life", "r2", -0.05, (-0.2, 0.1))
    assert [one.severity for one in found(CHECK, crossing)] == ["warning"]
    assert [one.severity for one in found(CHECK, plant(healthy(BASE)))] == ["error"]
    assert [one.severity for one in found(CHECK, standing(healthy(BASE), "life", "r2", -0.05, None))] == ["warning"]


@pytest.mark.parametrize("shares", [(1 / 3, 1 / 3, 1 / 3), (0.7, 0.2, 0.1), (0.5, 0.45, 0.05)])
def test_macro_f1_of_guessing_is_what_guesses_score(shares):
    """A million guesses with the shares of training, scored by scikit-learn; .7, .2, .1 guessed give 1/3 as well."""
    rng = np.random.default_rng(0)
    n, names = 1_000_000, np.array(["a", "b", "c"])
    truth = rng.choice(names, n, p=(0.2, 0.3, 0.5))
    expected = f1_score(truth, rng.choice(names, n, p=shares), average="macro")
    counts = np.round(np.array(shares) * 600).astype(int)
    one = {s: labels(t) for s, t in (("train", np.repeat(names, counts)), ("test", truth[:200_000]))}
    case = Case(
        origin="here",
        tasks={"fault": TaskFacts("fault", kind="classification", primary="macro_f1")},
        metrics={"test": {"fault": {"macro_f1": healthy(BASE).metrics["test"]["fault"]["macro_f1"]}}},
        predictions={split: {"fault": own} for split, own in one.items()},
    )
    (standing,) = measure(case)
    assert standing.floor == pytest.approx(expected, abs=3e-3)


def labels(truth: np.ndarray) -> Predicted:
    return Predicted(np.arange(len(truth)), truth, truth, np.ones(len(truth), bool))


def test_floors_of_tables():
    """F1 of yes to all is 2 x .0721 / 1.0721 = .1345; R2 of the mean 0; AUROC of chance .5."""
    (low,) = found(CHECK, long(span={"F1": "0.120", "prevalence": "0.0721"}))
    assert low.evidence[0].threshold == 0.0
    assert low.evidence[1].threshold == pytest.approx(0.1345, abs=5e-5)
    assert not fires(CHECK, long(span={"F1": "0.187", "prevalence": "0.0721"}))
    assert fires(CHECK, long(signal={"MSE": "1.452", "R2": "-0.45"}))
    assert fires(CHECK, table("task,metric,value,floor\nlife,MAE,0.4,0.3"))
    assert not fires(CHECK, table("task,metric,value,floor\nlife,MAE,0.2,0.3"))


def test_units_and_names_do_not_matter():
    for factor in (1.0, 1e3):
        case = table(
            f"head,name,score,floor,low,high\nx,mae,{0.4 * factor},{0.3 * factor},{0.35 * factor},{0.5 * factor}"
        )
        (one,) = found(CHECK, case)
        assert one.severity == "error"
        assert one.evidence[0].value == pytest.approx(-1 / 3)
