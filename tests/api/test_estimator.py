"""The estimator is the product behind scikit-learn's methods: same predictions, same scores, same refusals."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from polyhead import Estimator, InputError, api
from polyhead.api import estimator_config, fitting, predictor
from polyhead.signals.proposal import kinds
from polyhead.training.watcher import Watcher

ROWS = 160
CPU = {"train": {"device": "cpu"}}


def quick(*args: Any, **params: Any) -> Estimator:
    config = params.pop("config", {})
    return Estimator(*args, **{"epochs": 2, "config": CPU | config} | params)


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, dict[str, Any], np.ndarray]:
    """X (row, feature), labels of four tasks of which one lacks a fifth, and a machine of each row."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((ROWS, 4))
    life = 3 * x[:, 2] + 100
    life[::5] = np.nan
    state = np.array(["good", "loose", "worn"])[(x[:, 0] > 0).astype(int) + (x[:, 1] > 0)]
    y = {"state": state, "bad": x[:, 0] + rng.standard_normal(ROWS) > 1, "life": life, "force": x[:, 2:] * [1, 1000]}
    return x, y, np.repeat(np.arange(ROWS // 8), 8)


@pytest.fixture(scope="module")
def fitted(rows: Any, tmp_path_factory: pytest.TempPathFactory) -> Estimator:
    """Fitted with groups, its run in a folder of its own."""
    x, y, machine = rows
    return quick(epochs=8, lr=1e-2, out=tmp_path_factory.mktemp("runs")).fit(x, y, groups=machine)


def test_kinds_are_guessed_and_what_is_not_known_is_masked(rows: Any, fitted: Estimator):
    y = rows[1]
    assert fitted.tasks_ == {"state": "classification", "bad": "binary", "life": "regression", "force": "regression"}
    counted = [fitted.run_.metrics[split]["life"]["r2"]["n"] for split in ("train", "val", "test")]
    assert sum(counted) == np.isfinite(y["life"]).sum() == ROWS * 4 // 5
    assert fitted.n_features_in_ == 4


def test_predictions_have_the_type_and_shape_of_the_labels(rows: Any, fitted: Estimator):
    x, y, _ = rows
    found = fitted.predict(x[:7])
    assert {name: (one.shape, one.dtype) for name, one in found.items()} == {
        "state": ((7,), y["state"].dtype),
        "bad": ((7,), np.dtype(bool)),
        "life": ((7,), np.dtype(float)),
        "force": ((7, 2), np.dtype(float)),
    }
    probability = fitted.predict_proba(x)
    assert list(probability) == ["state", "bad"]
    assert list(fitted.classes_["state"]) == ["good", "loose", "worn"]
    np.testing.assert_allclose(probability["bad"].sum(axis=1), 1)
    most = fitted.classes_["state"][probability["state"].argmax(axis=1)]
    assert (most == fitted.predict(x)["state"]).all()
    assert (found["bad"] == fitted.predict(x)["bad"][:7]).all()


def test_it_predicts_and_scores_as_the_program_does_on_a_file(rows: Any, fitted: Estimator, tmp_path: Path):
    x, y, machine = rows
    labels = {f"y_{name}": values for name, values in y.items()}
    np.savez(tmp_path / "new.npz", x=x[:90], group=machine[:90], **{key: one[:90] for key, one in labels.items()})
    api.predict(fitted.run_.folder, tmp_path / "new.npz", tmp_path / "new.csv")
    told, found = pl.read_csv(tmp_path / "new.csv"), fitted.predict(x[:90])
    assert told["state.pred"].to_list() == found["state"].tolist()
    assert told["bad.pred"].to_list() == found["bad"].astype(int).tolist()
    np.testing.assert_allclose(told["life.pred"], found["life"], rtol=1e-6)
    np.testing.assert_allclose(told["force.pred.1"], found["force"][:, 1], rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(told["bad.score"], fitted.predict_proba(x[:90])["bad"][:, 1], rtol=1e-6)
    sure = told["bad.score"].to_numpy() >= 0.5
    assert (sure != found["bad"]).any()  # decided where validation says
    judged = api.evaluate(fitted.run_.folder, data=tmp_path / "new.npz")
    assert fitted.score(x[:90], {name: one[:90] for name, one in y.items()}) == judged["summary"]["data"]["skill"]


def test_groups_stay_on_one_side(fitted: Estimator):
    described = fitted._predictor._described["split"]
    assert described["shared_recordings"] == 0
    assert sorted(name for side in described["recordings"].values() for name in side) == sorted(map(str, range(20)))
    assert described["note"] is None


def test_the_folder_of_runs_holds_page_and_data(rows: Any, tmp_path: Path):
    x, y, _ = rows
    runs = [quick(epochs=1, out=tmp_path).fit(x, y["life"]).run_.folder for _ in range(2)]
    assert (runs[0] / "report.html").is_file()
    (data,) = (tmp_path / "estimator").glob("*.npz")  # equal arrays are written once
    again = api.evaluate(runs[0], split="test")
    assert again["test"]["target"]["r2"]["value"] == pytest.approx(
        api.evaluate(runs[1], split="test")["test"]["target"]["r2"]["value"]
    )
    with pytest.raises(InputError, match="constant"):
        quick(out=tmp_path / "none").fit(x, np.ones(ROWS) * 0.5)
    assert not list((tmp_path / "none").rglob("*.*"))
    assert data.exists()


def test_a_temporary_run_goes_with_the_run(rows: Any):
    x, y, _ = rows
    estimator = quick().fit(x, y["life"])
    run = estimator.run_
    folder = run.folder.parent.parent
    assert not (run.folder / "report.html").exists()
    del estimator
    gc.collect()
    assert (folder / "data.npz").exists()  # somebody still looks at the run
    assert "<table" in run._repr_html_()
    fitting._remove(folder, os.getpid() + 1)  # what a fork would do at its end
    assert folder.exists()
    del run
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize("way", ["pickle", "copy", "joblib"])
def test_copies_predict_alike_and_have_a_folder_of_their_own(rows: Any, way: str, tmp_path: Path):
    x, y, _ = rows
    estimator = quick().fit(x, y)
    before = estimator.predict(x)
    if way == "joblib":
        joblib.dump(estimator, tmp_path / "e.joblib")
        other = joblib.load(tmp_path / "e.joblib")
    else:
        other = copy.deepcopy(estimator) if way == "copy" else pickle.loads(pickle.dumps(estimator))
    folder = estimator.run_.folder
    del estimator
    gc.collect()
    assert not folder.exists()
    for name, values in other.predict(x).items():
        np.testing.assert_array_equal(values, before[name])
    assert other.run_.metrics["test"]["life"]["r2"]["n"]
    assert (api.report(other.run_.folder)).stat().st_size > 10_000


def test_the_network_is_brought_back_once_and_draws_nothing(rows: Any, fitted: Estimator, monkeypatch: Any):
    x, _, _ = rows
    calls = []
    restore = predictor.restore
    monkeypatch.setattr(predictor, "restore", lambda *args: calls.append(args) or restore(*args))
    other = copy.deepcopy(fitted)
    drawn = torch.get_rng_state()
    for count in (1, 5, ROWS):
        other.predict(x[:count])
    assert len(calls) == 1
    assert torch.equal(torch.get_rng_state(), drawn)


def test_signals_go_over_time_and_may_be_forecast(rows: Any):
    rng = np.random.default_rng(1)
    fast = rng.integers(0, 2, 120)
    phase = rng.uniform(0, 6, 120)[:, None]
    tone = np.sin(np.arange(40) * (0.3 + 0.6 * fast[:, None]) + phase)
    x = np.stack([tone, 0.1 * rng.standard_normal((120, 40))], axis=1)
    tasks = {"speed": "binary", "next": {"kind": "forecast", "horizon": 8}}
    estimator = quick(tasks, epochs=6, lr=1e-2, backbone={"name": "tcn", "channels": [8, 8]})
    estimator.fit(x, {"speed": fast})
    assert estimator.n_features_in_ == 2
    assert estimator.predict(x)["next"].shape == (120, 2, 8)
    np.testing.assert_array_equal(  # what follows a row need not be there
        estimator.predict(x[:, :, :32])["next"], estimator.predict(x)["next"]
    )
    assert estimator.score(x, {"speed": fast}) > 0.3
    with pytest.raises(ValueError, match="expected rows of 32 samples or 40 samples, as in fit, found 30"):
        estimator.predict(x[:, :, :30])
    with pytest.raises(InputError, match="found numbers without time"):
        estimator.predict(x[:, :, 0])
    with pytest.raises(InputError, match="expected rows of 40 samples"):
        estimator.score(x[:, :, :32], {"speed": fast})


def test_data_frames_name_tasks_and_features(rows: Any):
    x, y, _ = rows
    table = pd.DataFrame(x, columns=["load", "speed", "heat", "flow"])
    labels = pd.DataFrame({"state": pd.Categorical(y["state"]), "life": y["life"]})
    labels.loc[3, "state"] = None
    estimator = quick().fit(table, labels)
    assert list(estimator.feature_names_in_) == ["load", "speed", "heat", "flow"]
    assert estimator._predictor._described["inputs"]["known"]["channels"] == ["load", "speed", "heat", "flow"]
    assert list(estimator.classes_["state"]) == ["good", "loose", "worn"]
    assert set(estimator.predict(table)) == {"state", "life"}
    counted = [estimator.run_.metrics[split]["state"]["macro_f1"]["n"] for split in ("train", "val", "test")]
    assert sum(counted) == ROWS - 1
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(table[["speed", "load", "heat", "flow"]])


def test_in_a_pipeline_in_cross_validation_and_in_a_search(rows: Any):
    x, y, machine = rows
    labels = pd.DataFrame({"state": y["state"], "life": y["life"]})
    pipeline = make_pipeline(StandardScaler(), quick()).fit(x, y, estimator__groups=machine)
    assert set(pipeline.predict(x)) == set(y)
    assert np.isfinite(pipeline.score(x, y))
    folds = GroupKFold(3)
    scores = cross_val_score(quick(), x, labels, groups=machine, cv=folds, params={"groups": machine})
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()
    search = GridSearchCV(quick("regression"), {"lr": [1e-6, 1e-2], "balance": ["sum"]}, cv=2)
    search.fit(x, 3 * x[:, 0] + x[:, 1])
    assert search.best_params_["lr"] == 1e-2
    assert "method: sum" in (search.best_estimator_.run_.folder / "config.yaml").read_text().replace(
        "balance: ", "method: "
    )


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (np.arange(80) % 2, "binary"),
        (np.arange(80) % 2 == 0, "binary"),
        (np.arange(80) % 3, "classification"),
        (np.where(np.arange(80) % 2, "on", "off"), "classification"),
        (np.where(np.arange(80) % 2, "on", None), "refused"),
        (np.arange(80) * 0.1, "regression"),
        (np.arange(80), "regression"),
        (np.arange(80) % 19, "regression"),  # four rows of each are no classes
        (np.arange(240).reshape(80, 3), "regression"),
        (np.arange(160).reshape(80, 2) % 3 // 2, "multilabel"),
        ([f"part {number}" for number in range(40)] * 2, "classification"),
    ],
)
def test_the_kind_that_labels_have(labels: Any, kind: str):
    x = np.random.default_rng(0).standard_normal((80, 2))
    if kind == "refused":
        with pytest.raises(ValueError, match="one class only"):
            quick().fit(x, labels)
        return
    estimator = quick(epochs=1).fit(x, labels)
    assert estimator.tasks_ == {"target": kind}
    assert estimator.predict(x).shape == np.shape(labels)


def test_marks_are_read_at_each_sample():
    """Kinds on marks are never guessed: several columns of 0 and 1 are several answers."""
    marks = {"m": np.eye(4, 12), "loads": np.ones((4, 2)) / 2}
    said = {"m": {"kind": "span"}}
    data = estimator_config.experiment({"x": np.zeros((4, 1, 12))}, marks, None, said)["data"]
    assert data["targets"] == {"m": {"key": "y_m", "axes": ["window", "time"]}, "loads": {"key": "y_loads"}}
    assert estimator_config.guess(marks["m"]) == "multilabel"


def test_rare_classes_are_looked_for_among_classes_alone(monkeypatch: pytest.MonkeyPatch):
    """One look for each distinct value: of a continuous label that would be minutes."""
    monkeypatch.setattr(kinds, "rare", lambda column, groups: pytest.fail("looked"))
    assert estimator_config.guess(np.random.default_rng(0).standard_normal(80)) == "regression"


def test_an_order_of_classes_that_is_said_is_that_of_probabilities(rows: Any):
    x, y, _ = rows
    word = np.where(y["bad"], "a broken one", "sound")
    estimator = quick({"part": {"kind": "binary", "positive": "a broken one"}}, epochs=20, lr=1e-2)
    estimator.fit(x, {"part": word})
    assert list(estimator.classes_["part"]) == ["sound", "a broken one"]
    yes = estimator.predict_proba(x)["part"][:, 1]
    assert yes[y["bad"]].mean() > yes[~y["bad"]].mean() + 0.1
    graded = quick({"grade": {"kind": "ordinal", "order": ["low", "mid", "high"]}})
    graded.fit(x, {"grade": np.array(["low", "mid", "high"])[np.digitize(x[:, 0], [-0.5, 0.5])]})
    assert list(graded.classes_["grade"]) == ["low", "mid", "high"]


@pytest.mark.parametrize(
    ("params", "y", "says"),
    [
        ({}, {"a": np.full(ROWS, np.inf)}, "y['a']: contains infinity; write NaN"),
        ({}, {"a": np.array(["x", 1] * 80, object)}, "y['a']: mixes text and numbers"),
        ({}, {"a": [{}] * ROWS}, "y['a']: holds a value of type dict"),
        ({}, {"a": np.zeros(ROWS, complex)}, "y['a']: holds complex128"),
        ({}, {"a": np.zeros((ROWS, 2, 2))}, "y['a']: expected one label per row"),
        ({}, {3: np.zeros(ROWS)}, "y: expected names of tasks, found 3"),
        ({}, {}, "y: names no task"),
        ({}, {"a": np.full(ROWS, np.nan)}, "y['a']: holds no label that is known"),
        ({"tasks": {"b": "binary"}}, {"a": np.arange(ROWS) % 2}, "tasks: no task 'b' in y; there are a"),
        ({"tasks": {"a": "classification"}}, {"a": np.linspace(0, 1, ROWS)}, "holds 160 continuous values"),
        ({"tasks": {"a": "clasification"}}, {"a": np.arange(ROWS) % 2}, "clasification"),
        ({"balance": "kendal"}, {"a": np.arange(ROWS) % 2}, "kendal"),
        ({"epochs": 0}, {"a": np.arange(ROWS) % 2}, "train.epochs"),
        ({"config": {"data": {"path": "x.npz"}}}, {"a": np.arange(ROWS) % 2}, "config: data.path cannot be said here"),
        ({"config": {"tasks": {}}}, {"a": np.arange(ROWS) % 2}, "config: tasks cannot be said here"),
        ({"config": {"data": {"split": {"folds": 3}}}}, {"a": np.arange(ROWS) % 2}, "cross_val_score"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line(rows: Any, params: dict[str, Any], y: Any, says: str, tmp_path: Path):
    with pytest.raises(InputError) as refused:
        quick(out=tmp_path, **params).fit(rows[0], y)
    assert says in refused.value.line
    assert isinstance(refused.value, ValueError)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_methods_refuse_what_was_not_fitted(rows: Any, fitted: Estimator):
    x, y, _ = rows
    for call in (lambda: quick().predict(x), lambda: quick().score(x, y), lambda: quick().predict_proba(x)):
        with pytest.raises(NotFittedError):
            call()
    with pytest.raises(ValueError, match="expected labels of 'bad', found state"):
        fitted.score(x, {"state": y["state"]})
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted.score(x[:5], y)
    with pytest.raises(ValueError, match="'purple' was never seen in training"):
        fitted.score(x, y | {"state": np.full(ROWS, "purple")})
    assert not hasattr(quick("regression").fit(x, y["force"]), "predict_proba")
    again = quick().fit(x, y["state"])
    assert not hasattr(again.fit(x, y["force"]), "classes_")


def test_blocks_of_a_config_go_before_parameters(rows: Any):
    x, y, _ = rows
    blocks = {"train": {"device": "cpu", "epochs": 1}, "data": {"targets": {"life": {"unit": "h"}}}, "notes": "mine"}
    estimator = Estimator(epochs=5, config=blocks).fit(x, {"life": y["life"]})
    assert estimator.run_.metrics["test"]["life"]["mae"]["unit"] == "h"
    assert len((estimator.run_.folder / "trace" / "epoch_metrics.csv").read_text().splitlines()) == 2
    assert clone(estimator).get_params()["config"] == blocks
    assert not hasattr(clone(estimator), "run_")


def test_inputs_may_be_missing_where_that_is_said(rows: Any):
    x, y, _ = rows
    x = np.where(np.random.default_rng(0).random(x.shape) < 0.1, np.nan, x)
    with pytest.raises(ValueError, match="NaN"):
        quick().fit(x, y)
    estimator = quick(config={"data": {"non_finite": "mask"}}).fit(x, y)
    assert np.isfinite(estimator.predict(x)["life"]).all()


def test_the_seed_is_scikit_learn_s(rows: Any):
    x, y, _ = rows

    def seeded(state: Any) -> np.ndarray:
        found: np.ndarray = quick(random_state=state).fit(x, y["life"]).predict(x)
        return found

    first = seeded(np.random.RandomState(3))
    np.testing.assert_array_equal(first, seeded(np.random.RandomState(3)))
    assert (seeded(7) != first).any()
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    drawn = torch.get_rng_state()
    seeded(7)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), drawn)


def test_it_is_silent_unless_asked(rows: Any, capfd: pytest.CaptureFixture[str]):
    x, y, _ = rows
    quick().fit(x, y["life"])
    assert capfd.readouterr() == ("", "")
    quick(verbose=1).fit(x, y["life"])
    lines = capfd.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["epoch 1 of 2", "epoch 2 of 2"]


def test_an_interrupted_fit_leaves_nothing(rows: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    class Impatient(Watcher):
        def on_epoch(self, report: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(fitting, "_Lines", Impatient)
    monkeypatch.setattr(fitting.tempfile, "tempdir", str(tmp_path))
    x, y, _ = rows
    with pytest.raises(KeyboardInterrupt):
        quick(verbose=1, epochs=3).fit(x, y["life"])
    assert not list(tmp_path.iterdir())
