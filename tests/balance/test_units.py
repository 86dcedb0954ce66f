"""Units do not matter: training on a target in another unit ends at the same skill."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from polyhead.balance import BALANCES
from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.trace.folder import RunFolder
from polyhead.training.evaluation import pool, score
from polyhead.training.fit import fit
from polyhead.training.preparation import prepare
from polyhead.training.session import Session
from polyhead.training.watcher import StopRequest, Watcher

ROWS = 240


def noisy_sinusoids(factor: float) -> Source:
    """Amplitude, in units of 1 / factor, and which of two frequencies it has."""
    rng = np.random.default_rng(5)
    amplitude, fast = rng.uniform(1, 4, ROWS), rng.integers(2, size=ROWS)
    phase = (0.4 + 0.5 * fast[:, None]) * np.arange(24) + rng.uniform(0, 6, ROWS)[:, None]
    signal = amplitude[:, None] * np.sin(phase) + 0.5 * rng.normal(size=phase.shape)
    columns = {"amplitude": factor * amplitude, "fast": fast}
    return Source({"signal": InputArray(signal[:, None].astype(np.float32), ("a",))}, columns)


def skills(tmp_path, factor: float, method: str, epochs: int = 25, **regression) -> dict[str, float]:
    """Skill of each task on the validation windows after `epochs` of 12 steps."""
    experiment = Experiment.model_validate(
        {
            "name": "units",
            "data": {"reader": "npz", "targets": {"amplitude": "amplitude", "fast": "fast"}},
            "tasks": {"amplitude": {"kind": "regression", **regression}, "fast": {"kind": "classification"}},
            "model": {"backbone": {"name": "tcn", "channels": [8, 8]}},
            "balance": {"method": method},
            "train": {"epochs": epochs, "batch_size": 14, "lr": 5e-3, "device": "cpu"},
        }
    )
    session = Session(
        prepare(experiment, noisy_sinusoids(factor)), RunFolder.create(tmp_path, "units", datetime.now(UTC))
    )
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    assert session.total == 12 * epochs
    pooled = pool(session.network, session.feed, session.prepared.split["val"], 64)
    found = score(session.tasks, pooled)
    return {"amplitude": found["amplitude"]["r2"].skill, "fast": found["fast"]["macro_f1"].skill}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return skills(tmp_path_factory.mktemp("plain"), 1.0, "floor")


def test_both_tasks_are_learned(plain):
    assert plain["amplitude"] > 0.6
    assert plain["fast"] > 0.8


@pytest.mark.parametrize("factor", [1e3, 1e-3])
def test_another_unit_of_the_target_gives_the_same_skill(tmp_path, plain, factor):
    assert skills(tmp_path, factor, "floor") == pytest.approx(plain, rel=0.02)


@pytest.mark.parametrize("method", sorted(set(BALANCES) - {"floor", "torchjd"}))
def test_so_it_does_under_every_balance(tmp_path, method):
    """Shorter, and a thousand times larger as much as smaller."""
    small, large = (skills(tmp_path, factor, method, epochs=6) for factor in (1e-3, 1e3))
    assert large == pytest.approx(small, rel=0.02)


def test_without_scaling_and_balance_the_unit_decides_which_task_is_heard(tmp_path, plain):
    """The near miss: what the test above would find if units did matter."""
    found = skills(tmp_path, 1e-3, "sum", scale="none", loss_fn="mse")
    assert found["amplitude"] < plain["amplitude"] - 0.1
