"""The reported run: its loop shows the faults that were reported, and its configuration is one that polyhead takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from polyhead.api import readers
from polyhead.config.experiment_file import load_experiment
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import read_folder
from polyhead.studies.bearings import STUDY, reported
from polyhead.studies.bearings.options import SimulatorOptions
from polyhead.studies.bearings.simulator import simulate


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_folder(reported.run(tmp_path_factory.mktemp("reported"), bearings=10, minutes=48))


def test_the_loop_is_short():
    lines = Path(reported.__file__).read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 150


def test_accuracy_is_the_share_of_the_commonest_class(case):
    score = case.metrics["val"]["classification"]["accuracy"]
    assert score.value == score.floor
    claimed = {name: case.scores["classification"][name][-1] for name in ("accuracy", "f1", "precision", "recall")}
    assert len(set(claimed.values())) == 1
    assert claimed["accuracy"] == pytest.approx(score.value, abs=1e-6)


def test_the_life_head_is_dead(case):
    one = case.predictions["val"]["rul"]
    assert set(one.pred) == {0.0}
    claimed = {name: values[-1] for name, values in case.scores["rul"].items()}
    # what predicting 0 costs, by hand: life falls evenly from 1 to 0 over 48 minutes, each twice
    minutes = np.linspace(1, 0, 48)
    assert claimed["mae"] == pytest.approx(minutes.mean(), rel=1e-3)
    assert claimed["mse"] == pytest.approx((minutes**2).mean(), rel=1e-3)
    assert claimed["mape"] == pytest.approx(1 - 1 / 48, rel=1e-3)
    assert claimed["r2"] < -50  # the labels of eight minutes hardly differ


def test_auroc_averaged_over_batches_is_near_zero(case):
    one = case.predictions["val"]["anomaly"]
    claimed, pooled = case.scores["anomaly"]["auroc"][-1], case.metrics["val"]["anomaly"]["auroc"].value
    batches = one.truth.reshape(-1, reported.BATCH)
    mixed = np.mean((batches.min(axis=1) == 0) & (batches.max(axis=1) == 1))
    assert claimed <= mixed < 0.2
    assert pooled > 0.3
    assert case.metadata["known"]["anomaly"]["batch_size"] == reported.BATCH


def test_the_signal_is_no_better_than_its_mean(case):
    assert case.metrics["val"]["signal"]["r2"].value < 0


def test_validation_is_training(case):
    split = case.profile.split
    assert split.duplicates == split.windows["val"] == split.windows["train"]
    assert split.straddling == 10


def test_the_same_seed_gives_the_same_run(case, tmp_path):
    again = read_folder(reported.run(tmp_path, bearings=10, minutes=48))
    assert again.steps["total_loss"].tolist() == case.steps["total_loss"].tolist()


def test_the_study_has_it_as_a_config():
    loaded = load_experiment(STUDY.config("reported"), readers=list(readers()))
    experiment = loaded.experiment
    assert {name: task.weight for name, task in experiment.tasks.items()} == {
        "classification": 1.0,
        "anomaly": 0.6,
        "rul": 0.7,
        "signal": 0.8,
    }
    assert experiment.data.targets["life"].missing == []
    assert experiment.tasks["rul"].bounds == (0, 2000)


def test_unknown_life_is_filled_where_it_is_asked_for():
    few = {"bearings": 12, "snapshots": 3, "samples": 64, "seed": 1}
    nan, filled = (simulate(SimulatorOptions(**few, unknown_life=value)).columns["life"] for value in (None, 1000.0))
    assert np.isnan(nan).any()
    np.testing.assert_array_equal(np.where(np.isnan(nan), 1000.0, nan), filled)
