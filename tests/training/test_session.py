"""The steps of an epoch, drawn from the sampler: every training window once, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
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


def test_kendall_and_a_likelihood_are_refused_together(tmp_path):
    likely = {"level": {"kind": "regression", "loss_fn": "gaussian_nll"}}
    Session(prepared(likely), RunFolder(tmp_path))
    with pytest.raises(InputError, match=r"balance\.method: kendall learns .*the likelihood of level can"):
        Session(prepared(likely, balance={"method": "kendall"}), RunFolder(tmp_path))
