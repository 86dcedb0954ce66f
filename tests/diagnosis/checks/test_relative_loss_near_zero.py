"""Relative losses and logarithms of labels that come near zero, by hand and by closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.relative_loss_near_zero import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..labels import labels_of, target_of

BASE = "detector"
N = 1000
ENERGY = np.random.default_rng(0).uniform(20, 55, N)


def labelled(values: np.ndarray, loss: str = "relative_l1", ours: bool = True, **options):
    """The healthy run with these labels of the energy in training, under another loss."""

    def edit(case: Case) -> Case:
        energy = case.config.tasks["energy"].model_copy(update=options)
        config = case.config.model_copy(update={"tasks": {**case.config.tasks, "energy": energy}})
        tasks = {**case.tasks, "energy": replace(case.tasks["energy"], loss=loss)}
        one = Predicted(np.arange(len(values)).astype(str), values, values, np.ones(len(values), bool))
        predictions = {**case.predictions, "train": {**case.predictions["train"], "energy": one}}
        return replace(case, config=config if ours else None, tasks=tasks, predictions=predictions)

    return edit


def near_zero(share: float, least: float) -> np.ndarray:
    return np.where(np.arange(N) < share * N, least, ENERGY)


def plant(case: Case) -> Case:
    """The smallest injury: one label in a hundred is a thousandth of the others, under a relative loss."""
    return labelled(near_zero(0.01, 0.03))(case)


def dead(case: Case) -> Case:
    """The task scores no better than its floor."""
    scores = dict(case.metrics["test"])
    r2 = replace(scores["energy"]["r2"], value=0.0, skill=0.0, floor=0.0, interval=(-0.1, 0.1))
    scores["energy"] = {**scores["energy"], "r2": r2}
    return replace(case, metrics={**case.metrics, "test": scores})


LOG = {"log_transform": True}
ROWS: tuple[Row, ...] = (
    ("one in a hundred", plant, True, "a thousandth of the median"),
    ("exact zeros", labelled(near_zero(0.02, 0.0)), True, "held up at a thousandth of the median"),
    ("uniform to zero", labelled(np.linspace(0.001, 1, N)), True, "a life that ends at 0, under relative_l1"),
    ("squared", labelled(near_zero(0.01, 1.0), "relative_mse"), True, "a thirtieth counts a thousand times"),
    ("logarithm", labelled(near_zero(0.01, 1e-6), "mse", **LOG), True, "a millionth: 17 e-folds below"),
    ("healthy", lambda case: case, False, "no relative loss: not checked"),
    ("far from zero", labelled(ENERGY), False, "20 to 55"),
    ("a tenth", labelled(near_zero(0.01, 3.0)), False, "ten times the weight on one in a hundred"),
    ("plain loss", labelled(near_zero(0.01, 0.03), "smooth_l1"), False, "nothing divides"),
    ("decades", labelled(np.exp(np.random.default_rng(1).normal(0, 3, N)), "mse", **LOG), False, "what logs are for"),
    ("floor", labelled(near_zero(0.01, 1e-6), "mse", log_floor=15.0, **LOG), False, "the floor holds them"),
    ("few labels", labelled(np.append(ENERGY[:59], 0.03)), False, "sixty"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_by_hand():
    """99 labels of 1 and one of 0.01: 100 / 199 of the weight, under relative_mse 10000 / 10099."""
    values = np.append(np.ones(99), 0.01)
    (one,) = measure(labelled(values)(healthy(BASE)))
    assert one.share == pytest.approx(100 / 199)
    (one,) = measure(labelled(values, "relative_mse")(healthy(BASE)))
    assert one.share == pytest.approx(10000 / 10099)


@pytest.mark.parametrize("spread", [0.5, 1.0, 1.5])
def test_log_normal_labels_in_closed_form(spread):
    """E[1/y; lowest 1 %] / E[1/y] = Phi(spread + z(0.01)) for log y of that standard deviation."""
    from scipy.stats import norm

    values = np.exp(spread * norm.ppf((np.arange(20_000) + 0.5) / 20_000))
    (one,) = measure(labelled(values)(healthy(BASE)))
    assert one.share == pytest.approx(norm.cdf(spread + norm.ppf(0.01)), rel=0.02)


def test_profile_alone_tells_it_too():
    """Before training there are only quantiles: 20 to 55 evenly, 0.01 / 20 over ln(55 / 20) / 35 = 0.0173."""
    case = replace(labelled(ENERGY)(healthy(BASE)), predictions=None)
    target = replace(target_of(ENERGY, np.arange(N)), splits={"train": labels_of(np.linspace(20, 55, N))})
    known = replace(case, profile=replace(case.profile, targets={**case.profile.targets, "energy": target}))
    (one,) = measure(known)
    assert one.share == pytest.approx(0.0173, rel=0.05)
    low = replace(target, splits={"train": labels_of(near_zero(0.02, 0.03))})
    assert fires(CHECK, replace(case, profile=replace(case.profile, targets={"energy": low})))


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    for values in (near_zero(0.01, 0.03), near_zero(0.02, 0.0), ENERGY):
        shares = [next(iter(measure(labelled(v)(healthy(BASE))))).share for v in (values, unit * values)]
        assert shares[0] == pytest.approx(shares[1])


def test_error_only_with_a_task_that_learned_nothing():
    assert found(CHECK, plant(healthy(BASE)))[0].severity == "warning"
    assert found(CHECK, dead(plant(healthy(BASE))))[0].severity == "error"


def test_patch_reads_back_and_mends_it():
    from polyhead.config.tasks import RegressionOptions

    (finding,) = found(CHECK, plant(healthy(BASE)))
    floor = {key.rsplit(".", 1)[1]: value for key, value in finding.fixes[0].patch.items()}
    options = RegressionOptions(kind="regression", **floor)
    assert options.log_floor == pytest.approx(np.quantile(near_zero(0.01, 0.03), 0.05), rel=0.01)
    assert not fires(
        CHECK, labelled(near_zero(0.01, 0.03), options.loss_fn.name, **LOG, log_floor=options.log_floor)(healthy(BASE))
    )


def test_no_relative_loss_is_not_checked():
    with pytest.raises(NotCheckedError):
        list(measure(healthy(BASE)))
