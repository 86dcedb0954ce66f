"""The place in the window: the same in every window, wherever it was cut, and never the data's."""

from __future__ import annotations

import numpy as np
import pytest

from polyhead.signals.assembly import assemble

from .cases import options, refused, rows, source


def table(horizon=0, **window):
    brought = source({"signal": np.arange(20.0)[:, None]}, sampled=True)
    return assemble(options(window={"length": 5, "stride": 5} | window), brought, horizon)


def positioned(horizon=0, **window):
    return table(horizon, position=True, **window)


RAMP = [0, 0.25, 0.5, 0.75, 1]


@pytest.mark.parametrize("sampled", [True, False])
def test_every_window_counts_from_0_to_1(sampled):
    window = {"length": 5, "stride": 3, "position": True}
    made = positioned(stride=3) if sampled else rows({}, np.zeros((3, 2, 9)), window=window)
    batch = made.fetch(np.arange(len(made)))
    assert batch.inputs["position"].tolist() == [[RAMP]] * len(made)
    assert made.inputs["position"].channels == ("position",)
    assert "position" in made.timed
    assert batch.inputs["signal"].shape[2] == 5


def test_a_batch_may_be_written_to():
    made = positioned()
    made.fetch(np.arange(2)).inputs["position"][:] = 7
    assert made.fetch(np.arange(1)).inputs["position"].tolist() == [[RAMP]]


def test_it_does_not_depend_on_what_is_missing_and_has_no_future():
    made = positioned(2, least=2)
    batch = made.fetch(np.array([0]))
    assert batch.inputs["position"].tolist() == [[RAMP]]
    assert set(batch.futures) == {"signal"}


def test_without_it_nothing_changes():
    made = positioned()
    assert list(made.measured().inputs) == ["signal"]
    assert table().measured().inputs.keys() == table().inputs.keys() == {"signal"}


def test_a_window_of_one_sample_is_at_its_start():
    assert positioned(length=1).fetch(np.array([0])).inputs["position"].tolist() == [[[0]]]


def test_it_is_neither_scaled_nor_another_input():
    window = {"length": 5, "position": True}
    refused(lambda: rows({}, np.zeros((3, 2, 9)), window=window, scaling={"position": "minmax"}), "is not scaled")
    brought = source({"position": np.zeros((3, 1, 9))})
    refused(lambda: assemble(options(window=window), brought, 0), "an input is called 'position' already")
