"""The steps of an epoch, drawn from the sampler: every training window once, the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from polyhead.balance import BALANCES
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.training.checkpoint import load, save
from polyhead.training.session import Session

from .synthetic import prepared


@pytest.mark.parametrize(("batch_size", "accumulate"), [(5, 1), (5, 2), (30, 3), (1000, 1)])
def test_the_steps_of_an_epoch_hold_every_training_window_once(tmp_path, batch_size, accumulate):
    ready = prepared(("level",), train={"batch_size": batch_size, "accumulate": accumulate})
    session = Session(ready, RunFolder(tmp_path))
    steps, again, other = (session.steps_of(epoch) for epoch in (0, 0, 1))
    parts = [part for step in steps for part in step]
    assert sorted(np.concatenate(parts)) == sorted(ready.split["train"])
    assert max(len(step) for step in steps) <= accumulate
    assert len(steps) == -(-len(parts) // accumulate)
    assert np.array_equal(np.concatenate([p for s in again for p in s]), np.concatenate(parts))
    assert not np.array_equal(np.concatenate([p for s in other for p in s]), np.concatenate(parts))


@pytest.mark.parametrize("method", [name for name, kind in BALANCES.items() if kind.ratios])
def test_logarithms_and_ratios_of_a_likelihood_are_refused(tmp_path, method):
    likely = {"level": {"kind": "regression", "loss_fn": "gaussian_nll"}}
    Session(prepared(likely), RunFolder(tmp_path))
    with pytest.raises(InputError, match=rf"balance\.method: {method} takes logarithms .*the likelihood of level can"):
        Session(prepared(likely, balance=method), RunFolder(tmp_path))


def test_methods_that_take_logarithms_or_ratios_are_the_published_ones():
    assert {name for name, kind in BALANCES.items() if kind.ratios} == {"kendall", "dwa", "gls", "famo", "gradnorm"}


def test_weights_that_are_all_zero_are_refused(tmp_path):
    silent = {name: {"kind": "regression", "weight": 0} for name in ("level", "pair")}
    with pytest.raises(InputError, match=r"^tasks: the weight of every task is 0 \(level, pair\): nothing"):
        Session(prepared(silent), RunFolder(tmp_path))
    silent["pair"]["weight"] = 0.1
    Session(prepared(silent), RunFolder(tmp_path))


def test_a_run_that_another_layout_began_is_refused(tmp_path):
    session = Session(prepared(("level",)), RunFolder(tmp_path))
    session.begin(datetime.now(UTC))
    path = session.run.checkpoint("last")
    state = load(path)
    save(path, {key: value for key, value in state.items() if key not in ("layout", "polyhead")})
    with pytest.raises(InputError, match=r"last\.ckpt: was begun by another version of polyhead; start a new run"):
        Session(prepared(("level",)), RunFolder(tmp_path)).begin(datetime.now(UTC))


def test_the_seconds_of_an_epoch_are_counted_over_all_its_sittings(tmp_path):
    """An epoch that began 90 s after the start, and was interrupted 10 s later, has taken 10 s and what follows."""
    first = Session(prepared(("level",)), RunFolder(tmp_path))
    first.begin(datetime.now(UTC))
    first.epoch_began, first.step = 90.0, 1
    first.seconds += 100.0 - first.elapsed()
    first.save()
    again = Session(prepared(("level",)), RunFolder(tmp_path))
    again.begin(datetime.now(UTC))
    assert 10 <= again.elapsed() - again.epoch_began < 50
