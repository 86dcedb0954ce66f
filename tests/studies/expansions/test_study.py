"""The study's two configurations, and what diagnosis says of the reported one."""

from __future__ import annotations

import pytest

from polyhead import api
from polyhead.training.preparation import prepare


def prepared(which: str):
    experiment = api.load(api.study_config("expansions", which)).experiment
    return experiment, prepare(experiment, api.read(experiment.data))


def test_the_recommended_config_cuts_no_base():
    experiment, data = prepared("recommended")
    assert (len(data.windows), data.windows.length) == (210, 105)
    assert len(set(data.windows.recording)) == 174
    assert data.split.straddling == 0
    marks = data.windows.targets["expansion"]
    assert marks.mask.all()
    assert marks.values.any(axis=1).all()
    assert set(experiment.tasks) == {"span", "ptr", "type"}


def test_the_reported_config_says_what_was_reported():
    experiment, data = prepared("reported")
    assert len(data.windows) == 210
    assert {side: len(data.split.index[side]) for side in ("train", "val")} == {"train": 168, "val": 42}
    assert data.split.straddling > 0
    countdown = experiment.tasks["countdown"]
    assert (countdown.clip, countdown.scale, countdown.loss_fn.name, countdown.loss_beta) == (20, "none", "huber", 1.0)
    assert (experiment.train.epochs, experiment.train.batch_size, experiment.train.lr) == (100, 32, 1e-3)
    assert experiment.balance.start == {"type": 1.0, "ptr": 0.741, "span": 1.0, "countdown": 1.0}


@pytest.mark.slow
def test_what_is_wrong_with_the_reported_run_is_said(tmp_path):
    run = api.train(api.study_config("expansions", "reported"), out=tmp_path, report=False)
    found = {(one.id, one.scope.task) for one in api.diagnose(run.folder).findings}
    assert {("below-floor", "type"), ("probability-collapse", "span"), ("below-floor", "countdown")} <= found
    assert {("loss-dominance", "countdown"), ("weight-lag", "countdown")} <= found
    assert {"split-leakage", "stale-checkpoint"} <= {id for id, _ in found}
