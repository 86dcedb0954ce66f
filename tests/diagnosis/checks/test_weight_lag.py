"""Learned weights against sigma^2 = L at rest, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.weight_lag import CHECK, measure

from ..cases import Row, columns, fires, found, healthy, nested

BASE = "detector"


def with_lag(case: Case, lag: float | np.ndarray) -> Case:
    """sigma^2 = lag x loss for the energy, from the first epoch on."""
    loss = case.losses["train"]["energy"]
    return replace(case, weights=columns(case.weights, sigma_energy=np.sqrt(lag * loss)))


def plant(case: Case) -> Case:
    """The smallest injury: weights at a fifth of where they would rest, as in a published run."""
    return with_lag(case, 0.2)


def scored(case: Case, skill: float) -> Case:
    """The case whose energy comes to this skill."""
    of_energy = {name: replace(one, skill=skill) for name, one in case.metrics[case.judged]["energy"].items()}
    return replace(case, metrics={case.judged: {**case.metrics[case.judged], "energy": of_energy}})


def left_behind(case: Case, skill: float) -> Case:
    """sigma^2 at rest at first, and ten times the loss of the energy by the end; the energy comes to this skill."""
    case = with_lag(case, np.geomspace(1.0, 10.0, len(case.weights["epoch"])))
    return scored(case, skill)


def standing_still(case: Case) -> Case:
    """sigma^2 stays at 1/100 of the first loss, which falls to a fifth."""
    loss = np.linspace(1.0, 0.2, len(case.weights["epoch"]))
    case = replace(case, losses=nested(case.losses, "train", energy=loss))
    return replace(case, weights=columns(case.weights, sigma_energy=0.1))


ROWS: tuple[Row, ...] = (
    ("left behind, starved", lambda case: left_behind(case, 0.2), True, "a tenth of its weight, far from perfect"),
    ("left behind, solved", lambda case: left_behind(case, 0.9), False, "the loss ran ahead, no harm: a note"),
    ("standing still", standing_still, True, "from 0.01 to 0.05 by the loss alone"),
    ("far below", plant, True, "the published run's 0.21"),
    ("far above", lambda case: with_lag(case, 4.0), True, "a sigma that started too high"),
    ("near miss below", lambda case: with_lag(case, 0.36), False, "within a factor of three"),
    ("near miss above", lambda case: with_lag(case, 2.8), False, "within a factor of three"),
    (
        "on its way",
        lambda case: with_lag(case, np.geomspace(0.01, 0.3, len(case.weights["epoch"]))),
        False,
        "it moves towards rest: a note",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_lag_of_the_published_run():
    """Countdown: loss 10.08, sigma 1.47, so 2.1609 / 10.08 = 0.2144."""
    epochs = np.arange(1.0, 11.0)
    flat = {"epoch": epochs, "countdown": np.full(10, 10.08)}
    task = healthy(BASE).tasks["energy"]
    case = Case(
        origin="a paper",
        tasks={"countdown": replace(task, name="countdown")},
        losses={"val": flat},
        weights={"epoch": epochs, "sigma_countdown": np.full(10, 1.47)},
    )
    (lag,) = measure(case)
    assert lag.last == pytest.approx(0.2144, abs=1e-4)
    (finding,) = found(CHECK, case)
    assert finding.severity == "warning"
    assert finding.scope.task == "countdown"


def test_what_the_weight_did_itself_by_hand():
    """sigma^2 = 0.01 all along: all of the way from 0.01 / 0.6 to 0.01 / 0.2 is the loss's. With lag 1 to 10 and the
    loss as logged, sigma^2 makes what the loss does not."""
    lag = next(one for one in measure(standing_still(healthy(BASE))) if one.task == "energy")
    assert lag.own == pytest.approx(0.0)
    assert lag.start == pytest.approx(0.01, rel=0.2)
    case = left_behind(healthy(BASE), 0.9)
    loss, late = case.losses["train"]["energy"], max(1, len(case.weights["epoch"]) // 5)
    lag = next(one for one in measure(case) if one.task == "energy")
    sigma2 = case.weights["sigma_energy"] ** 2
    half = len(loss) // 2
    change = np.log(np.median(sigma2[-late:]) / np.median(sigma2[half : half + late]))
    assert lag.own == pytest.approx(change / np.log(lag.last / lag.middle))


def test_a_loss_out_of_its_range_is_a_note():
    """Skill -5: what is off is the loss."""
    assert not fires(CHECK, scored(plant(healthy(BASE)), -5.0))


def test_rescaled_loss_keeps_the_verdict():
    """Ten times the loss with sqrt(10) times the sigma is the same balance in other units."""
    case = plant(healthy(BASE))
    scaled = replace(
        case,
        losses=nested(case.losses, "train", energy=10 * case.losses["train"]["energy"]),
        weights=columns(case.weights, sigma_energy=np.sqrt(10) * case.weights["sigma_energy"]),
    )
    assert found(CHECK, scaled)[0].evidence[0].value == pytest.approx(found(CHECK, case)[0].evidence[0].value)


@pytest.mark.parametrize("epoch", [1.0, 100.0])
def test_a_single_epoch_is_judged_and_says_that_it_is_one(epoch):
    """The published run's pointers as well: sigma .41, loss .009, so .1681 / .009 = 18.7."""
    row = np.array([epoch])
    case = Case(
        origin="a paper",
        tasks={"pointers": replace(healthy(BASE).tasks["energy"], name="pointers")},
        losses={"val": {"epoch": row, "pointers": np.array([0.009])}},
        weights={"epoch": row, "sigma_pointers": np.array([0.41])},
    )
    (finding,) = found(CHECK, case)
    assert finding.severity == "warning"
    assert finding.evidence[0].value == pytest.approx(18.68, abs=0.01)
    assert "a single epoch" in finding.evidence[0].window
    assert "taken for granted" in finding.evidence[0].source


def test_three_epochs_say_nothing():
    case = plant(healthy(BASE))
    cut = {phase: {name: values[:3] for name, values in table.items()} for phase, table in case.losses.items()}
    assert fires(CHECK, replace(case, losses=cut)) is False


def test_patch_is_ten_times_the_rate_in_use():
    case = plant(healthy(BASE))
    assert case.config.balance.lr == 0.05
    assert found(CHECK, case)[0].fixes[0].patch == {"balance.lr": 0.5}
    assert found(CHECK, replace(case, config=None))[0].fixes[0].patch == {"balance.lr": 0.01}


def test_published_form_rests_at_one_half():
    """Of 0.5 e^-v L + v the least is at e^v = L / 2, so sigma^2 = L / 2."""
    case = with_lag(healthy(BASE), 0.5)
    balance = case.config.balance.model_copy(update={"form": "published_003"})
    case = replace(case, config=case.config.model_copy(update={"balance": balance}))
    assert [lag.last for lag in measure(case) if lag.task == "energy"] == [pytest.approx(1.0)]


def test_nothing_to_look_at_is_not_checked():
    """Losses below 0 have no lag, and four epochs show no rest."""
    epoch = np.arange(1.0, 21)
    losses = {"train": {"epoch": epoch, "a": np.full(20, -1.0)}}
    case = Case(origin="a log", tasks={"a": TaskFacts("a")}, losses=losses, weights={"epoch": epoch, "sigma_a": epoch})
    with pytest.raises(NotCheckedError):
        list(measure(case))
