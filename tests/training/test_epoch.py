"""The end of an epoch whose losses were not all finite."""

from __future__ import annotations

from datetime import UTC, datetime

import polars
import pytest
import torch

from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.training.fit import fit
from polyhead.training.session import Session
from polyhead.training.watcher import StopRequest, Watcher

from .synthetic import prepared


class Reports(Watcher):
    """Keeps what is said of each epoch."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def on_epoch(self, report) -> None:
        self.left_out.append(report.left_out)


def trained(folder, broken, **train) -> tuple[Session, Reports]:
    """Two epochs of four steps; those numbered in `broken` have an infinite target of `pair`."""
    options = {"device": "cpu", "epochs": 2, "batch_size": 8, "non_finite": "skip"} | train
    session = Session(prepared(("level", "pair"), train=options), RunFolder(folder))
    session.begin(datetime.now(UTC))
    batches, reports = session.batches, Reports()

    def spoiled(parts):
        found = batches(parts)
        if session.total in broken:
            found[0].truths[1] = found[0].truths[1] * torch.inf
        return found

    session.batches = spoiled
    fit(session, reports, StopRequest())
    return session, reports


def test_what_is_left_out_is_said_counted_and_recorded(tmp_path):
    session, reports = trained(tmp_path, broken=(1, 2, 6))
    assert reports.left_out == [
        "2 of 4 steps left out, the loss of pair is not finite",
        "1 of 4 steps left out, the loss of pair is not finite",
    ]
    assert session.run.read("state.json")["left_out"] == 3
    steps = polars.read_parquet(tmp_path / "trace" / "steps" / "*.parquet")
    assert steps["stepped"].to_list() == [1, 0, 0, 1, 1, 1, 0, 1]
    norms = polars.read_csv(tmp_path / "trace" / "gradient_stats.csv")["total_grad_norm"]
    assert norms.is_finite().all()


def test_an_epoch_without_a_step_ends_the_run_without_advice_that_was_taken(tmp_path):
    with pytest.raises(InputError, match=r"the loss of task 'pair' is not finite at epoch 1, step 1; lower") as raised:
        trained(tmp_path, broken=range(8))
    assert "skip" not in raised.value.line


def test_without_skipping_the_run_ends_and_names_the_task(tmp_path):
    with pytest.raises(InputError, match=r"'pair' is not finite at epoch 2, step 1; .*`train\.non_finite: skip`"):
        trained(tmp_path, broken=(4,), non_finite="end")


@pytest.mark.parametrize(
    ("lr", "says"),
    [(1e30, "predictions on validation are not finite after epoch 1"), (1e38, "the weights are not finite at epoch 1")],
)
def test_a_network_that_has_left_is_called_that(tmp_path, lr, says):
    with pytest.raises(InputError, match=rf"{says}; lower train\.lr"):
        trained(tmp_path, (), lr=lr, clip_norm=None, optimizer="sgd", batch_size=64, weight_decay=100.0)
