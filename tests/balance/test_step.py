"""A balance within a step of training: the task's weight multiplies after it, a penalty counts once."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.trace.folder import RunFolder
from polyhead.training.epoch import total_loss
from polyhead.training.fit import train_step
from polyhead.training.preparation import prepare
from polyhead.training.session import Session

RATE = 0.1


def session_of(tmp_path, balance, weights=(1.0, 1.0), unknown=(), **train) -> Session:
    """Two regressions on 30 windows, in 20 of which they train; `unknown` windows have no label of `b`."""
    rng = np.random.default_rng(0)
    b = 5 + rng.normal(size=30)
    b[list(unknown)] = np.nan
    columns = {"a": rng.normal(size=30), "b": b, "side": np.array(["train"] * 20 + ["val"] * 10)}
    signal = rng.normal(size=(30, 1, 8)).astype(np.float32)
    tasks = {
        name: {"kind": "regression", "loss_fn": "mse", "scale": "none", "weight": weight}
        for name, weight in zip("ab", weights, strict=True)
    }
    experiment = Experiment.model_validate(
        {
            "name": "step",
            "data": {"reader": "npz", "targets": {"a": "a", "b": "b"}, "split": {"column": "side"}},
            "tasks": tasks,
            "model": {"backbone": {"name": "mlp", "hidden": [4]}},
            "balance": balance,
            "train": {"batch_size": 20, "optimizer": "sgd", "lr": RATE, "clip_norm": None, "device": "cpu"} | train,
        }
    )
    source = Source({"signal": InputArray(signal, ("a",))}, columns)
    now = datetime.now(UTC)
    session = Session(prepare(experiment, source), RunFolder.create(tmp_path, "step", now))
    session.log.begin(10)
    return session


def after_one_step(tmp_path, balance, **options) -> tuple[Session, dict[str, np.ndarray]]:
    """The session after one step with those options, and what was logged of it."""
    session = session_of(tmp_path, balance, **options)
    train_step(session, session.steps_of(0)[0])
    return session, session.log.columns()


def test_the_weight_of_a_task_multiplies_after_balancing(tmp_path):
    session, log = after_one_step(tmp_path, "floor", weights=(2.5, 0.0))
    floors = [task.fitted.floor_loss for task in session.tasks]
    assert [log["weight.a"][0], log["weight.b"][0]] == pytest.approx([2.5 / floors[0], 0])
    assert log["share.a"][0] == pytest.approx(1)


def test_a_task_of_weight_zero_has_no_gradient(tmp_path):
    session = session_of(tmp_path, "floor", weights=(1.0, 0.0))
    before = {key: value.clone() for key, value in session.network.module.state_dict().items()}
    train_step(session, session.steps_of(0)[0])
    moved = {key for key, value in session.network.module.state_dict().items() if not torch.equal(value, before[key])}
    assert not any(key.startswith("heads.b.output.bias") for key in moved)
    assert "heads.a.output.bias" in moved


KENDALL = {"method": "kendall", "form": "log_var", "start": 1.0, "lr": RATE}


@pytest.mark.parametrize(("batch_size", "accumulate"), [(20, 1), (5, 4)])
def test_the_weight_of_a_task_multiplies_its_loss_and_penalty_but_not_what_its_variance_learns(
    tmp_path, batch_size, accumulate
):
    """log_var starts at v = 0, where its slope is (1 - loss) / 2 and its penalty 0; after the step the penalty is
    v / 2."""
    options = {"weights": (3.0, 1.0), "batch_size": batch_size, "accumulate": accumulate}
    session, log = after_one_step(tmp_path, KENDALL, **options)
    loss = np.array([log["loss.a"][0], log["loss.b"][0]])
    expected = -RATE * (0.5 - 0.5 * loss)
    assert [one.item() for one in session.balance.learned] == pytest.approx(expected, rel=1e-4)
    assert log["weight.a"][0] == pytest.approx(1.5)
    assert log["total_loss"][0] == pytest.approx((np.array([1.5, 0.5]) * loss).sum())
    train_step(session, session.steps_of(0)[0])
    second = session.log.columns()
    weighted = [second[f"weight.{name}"][1] * second[f"loss.{name}"][1] for name in "ab"]
    assert second["total_loss"][1] == pytest.approx(sum(weighted) + (np.array([3.0, 1.0]) * expected / 2).sum())


def test_log_variances_move_at_their_own_rate(tmp_path):
    same, own = (
        torch.stack(tuple(after_one_step(tmp_path, KENDALL | {"lr": rate})[0].balance.learned))
        for rate in (RATE, 10 * RATE)
    )
    assert own.tolist() == pytest.approx((10 * same).tolist(), rel=1e-5)


def test_a_task_without_labels_in_a_step_does_not_move_its_variance(tmp_path):
    """Labels of b are known in three windows of training, none of which is in this batch."""
    session = session_of(tmp_path, KENDALL, unknown=range(3, 20))
    train_step(session, [np.arange(3, 20)])
    assert session.balance.learned[1] == 0
    assert session.balance.learned[0] != 0
    assert session.log.columns()["known.b"][0] == 0


def test_accumulated_batches_make_the_step_of_one_large_batch(tmp_path):
    """With labels missing, so that batches differ in what they know."""
    unknown = (0, 1, 2, 7, 11)
    large, _ = after_one_step(tmp_path, "floor", unknown=unknown)
    small, _ = after_one_step(tmp_path, "floor", unknown=unknown, batch_size=5, accumulate=4)
    for one, other in zip(large.network.module.parameters(), small.network.module.parameters(), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("balance", ["floor", "softmax", "gls", "stch", "nash"])
def test_sums_of_losses_compare_from_epoch_to_epoch_whatever_weights_do(tmp_path, balance):
    session, _ = after_one_step(tmp_path, balance, weights=(2.0, 1.0))
    floors = [task.fitted.floor_loss for task in session.tasks]
    assert total_loss(session, np.array([3.0, 5.0])) == pytest.approx(2 * 3 / floors[0] + 5 / floors[1])
    assert total_loss(session, np.array([3.0, np.nan])) == pytest.approx(2 * 3 / floors[0])


def test_kendall_sums_the_objective_that_it_descends(tmp_path):
    session, _ = after_one_step(tmp_path, KENDALL | {"start": 2.0, "lr": 1e-9})  # v = log 4
    expected = (3.0 + 5.0) / 8 + 2 * np.log(2.0)
    assert total_loss(session, np.array([3.0, 5.0])) == pytest.approx(expected, rel=1e-5)
