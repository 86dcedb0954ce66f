"""Runs that end or freeze while they gain; slopes by scipy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.training import TrainOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.schedule_pathology import CHECK, measure
from polyhead.diagnosis.curves import noise, slope

from ..cases import Row, fires, found, healthy

BASE = "machines"
EPOCHS = np.arange(1.0, 31.0)


def run(case: Case, skill, stopped_by: str = "epochs", lr=None) -> Case:
    lr = np.full(30, 1e-3) if lr is None else lr
    epochs = {"epoch": EPOCHS, "val_skill": np.asarray(skill, float), "lr": lr}
    state = {"best": {"monitor": "val/skill", "epoch": 30}, "stopped_by": stopped_by}
    return replace(case, epochs=epochs, state=state)


RISING = 0.02 * EPOCHS + 0.002 * np.random.default_rng(0).normal(size=30)
FLAT = np.minimum(0.05 * EPOCHS, 0.5) + 0.01 * np.random.default_rng(0).normal(size=30)
STOPPED = np.minimum(0.05 * EPOCHS, 0.3) + 0.002 * np.random.default_rng(0).normal(size=30)
DIPPED = np.concatenate([np.linspace(0, 0.6, 15), np.linspace(0.3, 0.45, 15)])


def cuts(*at: int, factor: float = 0.5):
    return 1e-3 * factor ** np.sum([one <= EPOCHS for one in at], axis=0)


def plant(case: Case) -> Case:
    """Patience ends a run that gains as much in its last epochs as in its first."""
    return run(case, RISING, "early_stopping")


def ended(case: Case, skill, reached: float, lr=None) -> Case:
    """All epochs are used up, and every task came to `reached`."""
    scores = {
        task: {name: replace(score, skill=reached, interval=None) for name, score in scored.items()}
        for task, scored in case.metrics["val"].items()
    }
    return replace(run(case, skill, lr=lr), metrics={"val": scores, "test": scores})


def cosine(epochs):
    return 1e-3 * (1 + np.cos(np.pi * epochs / 30)) / 2


BENT = 0.4 * (1 - np.exp(-EPOCHS / 12)) + 0.0005 * np.random.default_rng(0).normal(size=30)
"""2.5 times its time constant: pace 2.5 e^-2.5 / (1 - e^-2.5) = 0.22 of the average at the end."""

ROWS: tuple[Row, ...] = (
    ("epochs too few", lambda case: ended(case, RISING, 0.3), True, "as fast as ever at the end, and far from perfect"),
    ("bent", lambda case: ended(case, BENT, 0.3), False, "slower than half of the average: a note"),
    ("far already", lambda case: ended(case, RISING, 0.7), False, "more behind than before it: a note"),
    ("rate brought down", lambda case: ended(case, RISING, 0.3, cosine(EPOCHS)), False, "the schedule's end: a note"),
    ("one deep cut", lambda case: ended(case, STOPPED, 0.3, cuts(7, factor=0.1)), True, "gained up to the cut"),
    ("one deep cut, no loss", lambda case: ended(case, FLAT, 0.3, cuts(7, factor=0.1)), False, "gained on as before"),
    ("one deep cut, no harm", lambda case: ended(case, FLAT, 0.7, cuts(7, factor=0.1)), False, "all got far"),
    ("one halving", lambda case: ended(case, FLAT, 0.3, cuts(7)), False, "half the rate is left"),
    ("impatient", plant, True, "still rising"),
    ("cut while rising", lambda case: run(case, RISING, lr=cuts(8, 14, 20)), True, "three cuts on a rising line"),
    ("frozen", lambda case: run(case, FLAT, lr=cuts(5, factor=1e-4)), True, "a ten-thousandth for 25 of 30 epochs"),
    ("epochs used up", lambda case: run(case, RISING), False, "a note"),
    ("plateau", lambda case: run(case, FLAT, "early_stopping"), False, "nothing gained any more"),
    ("cut on the plateau", lambda case: run(case, FLAT, lr=cuts(18, 24)), False, "flat since epoch 10"),
    ("one early cut", lambda case: run(case, FLAT, lr=cuts(7, 20)), False, "one may be bad luck"),
    ("cosine", lambda case: run(case, FLAT, lr=1e-3 * (1 + np.cos(np.pi * EPOCHS / 30)) / 2), False, "falls as meant"),
    ("falls every epoch", lambda case: run(case, RISING, lr=1e-3 * 0.85**EPOCHS), False, "a decay has no cuts"),
    ("recovers below its best", lambda case: run(case, DIPPED, "early_stopping"), False, "patience was right so far"),
    ("healthy", lambda case: case, False, "flat at the end"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_used_up_epochs_are_a_note_with_more_of_them():
    (finding,) = found(CHECK, run(healthy(BASE), RISING))
    assert finding.severity == "note"
    assert finding.fixes[0].patch == {"train.epochs": 45}


def test_pace_of_an_exponential():
    """Of 1 - exp(-t / T) over 2.5 T the slope at the end is 2.5 e^-2.5 / (1 - e^-2.5) = 0.224 of the average."""
    (pace, *_) = measure(ended(healthy(BASE), 0.4 * (1 - np.exp(-EPOCHS / 12)), 0.3))
    assert pace.pace == pytest.approx(0.224, abs=0.05)
    assert (pace.mean, pace.kept) == (pytest.approx(0.3), 1.0)


def test_epochs_too_few_mean_more_of_them_or_a_larger_rate():
    (finding,) = found(CHECK, ended(healthy(BASE), RISING, 0.3))
    rate = healthy(BASE).config.train.lr
    assert finding.severity == "warning"
    assert [fix.patch for fix in finding.fixes] == [
        {"train.epochs": 45},
        {"train.lr": pytest.approx(3 * rate, rel=0.2)},
    ]


def test_a_plateau_schedule_cuts_epoch_after_epoch():
    """Cut to a half at epochs 8 to 12 while it gains: known to be cuts where the configuration names the schedule."""
    case = run(healthy(BASE), RISING, lr=cuts(8, 9, 10, 11, 12))
    schedule = TrainOptions(schedule={"name": "plateau", "patience": 1}).schedule
    train = case.config.train.model_copy(update={"schedule": schedule})
    named = replace(case, config=case.config.model_copy(update={"train": train}))
    assert [one.cuts for one in measure(case)][1] == 1
    rate = [*measure(named)][1]
    assert (rate.cuts, rate.early) == (5, 5)
    assert rate.left == pytest.approx(1 / 32)


def test_slope_by_scipy():
    from scipy.stats import linregress, t

    found_slope, low, high = slope(RISING[-6:])
    fit = linregress(np.arange(6), RISING[-6:])
    assert found_slope == pytest.approx(fit.slope)
    assert (high - low) / 2 == pytest.approx(t.ppf(0.975, 4) * fit.stderr)


def test_noise_of_a_known_spread():
    """Independent noise of sd 0.3 on any straight line."""
    rng = np.random.default_rng(1)
    assert noise(5 * np.arange(4000) + 0.3 * rng.normal(size=4000)) == pytest.approx(0.3, rel=0.05)
    assert noise(np.arange(10.0)) == pytest.approx(0, abs=1e-12)


def test_example_of_the_page():
    """A line of slope 0.02 at the end of eleven epochs."""
    values = np.concatenate([np.linspace(0, 0.08, 6), [0.10, 0.12, 0.14, 0.16, 0.18]])
    case = run(healthy(BASE), np.zeros(30))
    case = replace(case, epochs={"epoch": np.arange(1.0, 12.0), "val_skill": values})
    (pace,) = measure(case)
    assert pace.slope == pytest.approx(0.02)
    assert pace.interval == pytest.approx((0.02, 0.02))


@pytest.mark.parametrize("scale", [0.01, 10.0])
def test_a_loss_in_any_unit(scale):
    """The same run told by a loss, in other units: the same verdict."""
    case = run(healthy(BASE), RISING, "early_stopping")
    epochs = {"epoch": EPOCHS, "val_loss": scale * (1 - RISING)}
    loss = replace(case, epochs=epochs, state={"stopped_by": "early_stopping"})
    assert [one.severity for one in found(CHECK, loss)] == ["warning"]


def test_few_epochs_are_not_passed():
    case = healthy(BASE)
    short = replace(case, epochs={name: values[:6] for name, values in case.epochs.items()})
    with pytest.raises(NotCheckedError, match="10 epochs"):
        list(measure(short))


def test_a_run_that_goes_on_is_not_judged_by_its_end():
    case = plant(healthy(BASE))
    with pytest.raises(NotCheckedError, match="still going on"):
        list(measure(replace(case, state={**case.state, "status": "training"})))


def test_the_end_of_a_cosine_is_no_row_of_cuts():
    """Of 100 epochs the last 17 fall by more than a tenth each, and that is where such a run gains."""
    epoch = np.arange(100.0)
    rate = (1 + np.cos(np.pi * epoch / 100)) / 2
    assert (rate[1:] < 0.9 * rate[:-1]).sum() == 17
    skill = np.where(epoch < 75, 0.3, 0.3 + 0.02 * (epoch - 75)).clip(max=0.7) + 1e-3 * np.sin(7 * epoch)
    state = {"best": {"monitor": "val/skill", "epoch": 99}, "stopped_by": "epochs"}
    case = replace(healthy(BASE), epochs={"epoch": epoch + 1, "val_skill": skill, "lr": rate}, state=state)
    assert not [one for one in found(CHECK, case) if "cuts" in one.what]


def test_a_rate_that_is_not_known_at_the_end_is_not_held():
    """30 epochs, of which the last six have no rate: the window is of six."""
    (pace, *_) = measure(ended(healthy(BASE), RISING, 0.3, np.where(EPOCHS > 24, np.nan, 1e-3)))
    assert pace.kept == 0
