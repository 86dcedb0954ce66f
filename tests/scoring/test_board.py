"""The laws that every kind of task obeys on the board."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.scoring import board
from polyhead.scoring.board import KINDS, fit_reference, metrics_of, score_task
from polyhead.scoring.prediction import Prediction

from .cases import drawn, given, training_labels

OF_CLASSES = "macro_f1 accuracy macro_precision macro_recall macro_auroc log_loss"
OF_LABELS = "auroc average_precision f1 precision recall accuracy brier separation"
OF_NUMBERS = "r2 mae rmse mse mape bias res_68"
OF_MARKS = "f1 precision recall average_precision auroc span_f1_30 span_f1_50 span_f1_70 hit_3 boundary_mae"
CONTRACT = {
    "classification": OF_CLASSES,
    "ordinal": f"{OF_CLASSES} mae within_1",
    "binary": OF_LABELS,
    "multilabel": f"{OF_LABELS} exact_match",
    "regression": OF_NUMBERS,
    "forecast": OF_NUMBERS,
    "reconstruction": OF_NUMBERS,
    "masked": OF_NUMBERS,
    "span": f"{OF_MARKS} separation log_loss",
    "pointers": "boundary_mae iou hit_3 start_mae end_mae span_f1_50",
    "countdown": "mae rmse r2 bias",
}
OF_UNCERTAINTY = "nll coverage_90 pull_sd"
NOT_BY_DEFAULT = dict.fromkeys(CONTRACT, "") | {
    **{kind: f"{OF_UNCERTAINTY} nasa_score" for kind, names in CONTRACT.items() if names == OF_NUMBERS},
    "countdown": OF_UNCERTAINTY,
}
numbers = pytest.mark.parametrize("kind", [kind for kind, names in CONTRACT.items() if names == OF_NUMBERS])
every_kind = pytest.mark.parametrize("kind", CONTRACT)


def scored(kind, prediction=None, *, scale=1.0, **options):
    reference = fit_reference(kind, training_labels(kind, scale=scale))
    return score_task(kind, drawn(kind, scale=scale) if prediction is None else prediction, reference, **options)


def perfect(kind):
    case = drawn(kind)
    if kind in ("classification", "ordinal"):
        return replace(case, pred=case.truth, score=np.eye(4)[case.truth])
    score = case.truth.astype(float) if kind in ("binary", "multilabel", "span") else None
    return replace(case, pred=case.truth, score=score)


@every_kind
def test_metrics_are_those_of_the_contract_primary_first(kind):
    names = CONTRACT[kind].split()
    more = NOT_BY_DEFAULT[kind].split()
    assert [metric.name for metric in metrics_of(kind)] == names + more
    scores = scored(kind)
    assert list(scores) == names
    assert [score.primary for score in scores.values()] == [True] + [False] * (len(names) - 1)


def test_every_kind_on_the_board_is_in_the_contract_and_has_its_file():
    assert set(KINDS) == set(CONTRACT)
    assert all((Path(board.__file__).parent / f"{kind}.py").exists() for kind in KINDS)
    assert all(rules.name == kind for kind, rules in KINDS.items())


@every_kind
def test_a_perfect_prediction_has_skill_one_in_every_metric_that_has_skill(kind):
    skills = {name: score.skill for name, score in scored(kind, perfect(kind)).items()}
    without = {
        **dict.fromkeys(("binary", "multilabel", "span"), ("recall",)),
        **dict.fromkeys(("classification", "ordinal", "pointers"), ()),
    }.get(kind, ("bias",))
    assert tuple(name for name, skill in skills.items() if skill is None) == without
    assert [skill for skill in skills.values() if skill is not None] == pytest.approx(
        [1.0] * (len(skills) - len(without))
    )


@every_kind
def test_the_floor_predictor_has_skill_zero_in_its_metric(kind):
    case = drawn(kind)
    reference = fit_reference(kind, training_labels(kind))
    trivial = KINDS[kind].trivial(case, reference)
    for name, score in score_task(kind, case, reference).items():
        if score.skill is None:
            continue
        again = score_task(kind, trivial[score.floor_predictor], reference, metrics=[name])[name]
        assert again.value == pytest.approx(score.floor, rel=1e-12)
        assert again.skill == pytest.approx(0, abs=1e-12)


@every_kind
@settings(max_examples=5, deadline=None)
@over(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_windows_changes_nothing(kind, seed):
    case = drawn(kind)
    order = np.random.default_rng(seed).permutation(len(case.truth))
    values = {field.name: getattr(case, field.name) for field in fields(case)}
    shuffled = Prediction(**{name: None if value is None else value[order] for name, value in values.items()})
    for name, score in scored(kind, interval=True).items():
        other = scored(kind, shuffled, interval=True)[name]
        assert other.value == pytest.approx(score.value)
        assert other.floor == pytest.approx(score.floor)
        assert other.interval is score.interval is None or other.interval == pytest.approx(score.interval)


@numbers
def test_uncertainty_is_scored_by_default_where_there_is_one_and_the_nasa_score_only_by_name(kind):
    case = drawn(kind)
    near = replace(case, sd=np.full(case.pred.shape, 0.4))
    assert list(scored(kind, near)) == [*OF_NUMBERS.split(), "nll", "pull_sd"]
    bounded = replace(near, low=case.pred - 0.7, high=case.pred + 0.7)
    assert list(scored(kind, bounded)) == [*OF_NUMBERS.split(), "nll", "coverage_90", "pull_sd"]
    named = scored(kind, metrics=["nasa_score", "nll", "coverage_90"])
    assert list(named) == ["r2", "nasa_score", "nll", "coverage_90"]
    assert named["nasa_score"].value is not None
    assert (named["nll"].value, named["nll"].reason) == (None, "no standard deviations")
    assert (named["coverage_90"].value, named["coverage_90"].reason) == (None, "no bounds of a central 90 %")


@numbers
def test_a_trivial_predictor_never_borrows_the_uncertainty_of_the_network(kind):
    case = drawn(kind)
    case = replace(case, sd=np.full(case.pred.shape, 0.4), low=case.pred - 0.7, high=case.pred + 0.7)
    trivial = KINDS[kind].trivial(case, fit_reference(kind, training_labels(kind)))
    assert all(one.low is one.high is None for one in trivial.values())
    assert [name for name, one in trivial.items() if one.sd is not None] == ["mean"]
    assert trivial["mean"].sd.min() > 1


@pytest.mark.parametrize("kind", [kind for kind, names in CONTRACT.items() if {"rmse", "bias"} <= {*names.split()}])
@settings(max_examples=20, deadline=None)
@over(scale=st.floats(1e-6, 1e6))
def test_units_do_not_matter_to_skill(kind, scale):
    for (name, score), other in zip(scored(kind).items(), scored(kind, scale=scale).values(), strict=True):
        assert other.skill == (None if score.skill is None else pytest.approx(score.skill, rel=1e-6)), name


def test_errors_scale_with_the_unit_and_carry_it():
    here, there = scored("regression", unit="min"), scored("regression", scale=1e3, unit="ms")
    power = {"r2": 0, "mae": 1, "rmse": 1, "mse": 2, "mape": 0, "bias": 1, "res_68": 1}
    unit = {0: "", 1: "min", 2: "min^2"}
    for name, exponent in power.items():
        assert there[name].value == pytest.approx(here[name].value * 1e3**exponent)
        assert there[name].floor == pytest.approx(here[name].floor * 1e3**exponent)
        assert here[name].unit == unit[exponent]
    assert scored("regression")["mse"].unit == ""


@every_kind
def test_a_score_is_json_without_nan(kind):
    for score in scored(kind, interval=True).values():
        json.dumps(score.as_dict(), allow_nan=False)


def test_named_metrics_come_after_the_primary_one_and_a_mistyped_one_is_refused():
    assert list(scored("regression", metrics=["mae", "r2", "mae"])) == ["r2", "mae"]
    with pytest.raises(InputError, match=r"no metric `rsme`; use rmse"):
        scored("regression", metrics=["rsme"])
    with pytest.raises(InputError, match="no kind of task `regresion`"):
        metrics_of("regresion")


def test_numbers_beyond_float64_are_undefined_and_warn_nobody():
    case = given(np.array([1.0, 2.0, 3.0]), np.array([1e300, 2.0, 3.0]))
    scores = score_task("regression", case, fit_reference("regression", np.array([1.0, 2.0])))
    assert scores["mse"].value is None
    assert scores["mse"].reason == "the result leaves the range of float64"
    assert scores["mae"].value == pytest.approx(1e300 / 3)


LOADED = (
    "import sys; {first}import polyhead.scoring.board; print([m for m in ('torch', 'sklearn') if m in sys.modules])"
)


@pytest.mark.parametrize(("first", "loaded"), [("", "[]"), ("import sklearn; ", "['sklearn']")])
def test_scoring_loads_without_torch_and_without_scikit_learn(first, loaded):
    source = str(Path(board.__file__).parents[2])
    code = f"import sys; sys.path.insert(0, {source!r}); " + LOADED.format(first=first)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded
