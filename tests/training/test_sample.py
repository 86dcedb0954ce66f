"""Samples of batches: what the network saw and says, and that looking changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from polyhead.trace.batches import batch_epochs, batch_path, read_batch
from polyhead.trace.folder import RunFolder
from polyhead.training.finish import finish
from polyhead.training.fit import fit
from polyhead.training.session import Session
from polyhead.training.watcher import StopRequest, Watcher

from .synthetic import prepared

AUGMENT = {"augment": {"noise_snr_db": 10, "gain_db": 3, "flip": True, "channel_dropout": 0.2}}
LIVELY = {"backbone": {"name": "tcn", "channels": [6, 6], "dropout": 0.3, "norm": "batch"}}


def trained(folder: Path, every: int | None, *, epochs: int, **blocks: Any) -> Session:
    """A run with everything random in it, trained to its last epoch."""
    options = {"device": "cpu", "epochs": epochs, "batch_size": 12}
    made = prepared(data=AUGMENT, model=LIVELY, train=options, trace={"batch_figure_every": every}, **blocks)
    session = Session(made, RunFolder(folder))
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    return session


def test_the_first_epoch_and_every_nth_are_kept(tmp_path: Path) -> None:
    trained(tmp_path, every=2, epochs=5)
    assert batch_epochs(tmp_path / "trace") == [1, 2, 4]


def test_looking_changes_nothing(tmp_path: Path) -> None:
    looked, alone = (trained(tmp_path / str(every), every, epochs=3) for every in (1, None))
    assert batch_epochs(looked.run.trace) == [1, 2, 3]
    for name, weights in alone.raw.state_dict().items():
        assert torch.equal(weights, looked.raw.state_dict()[name]), name
    for table in ("loss_components", "gradient_stats"):
        one, other = ((run.run.trace / f"{table}.csv").read_text() for run in (looked, alone))
        assert one == other


def test_equal_runs_keep_equal_bytes_and_the_judged_sample_is_that_of_its_epoch(tmp_path: Path) -> None:
    often, once = trained(tmp_path / "a", 1, epochs=3), trained(tmp_path / "b", None, epochs=3)
    assert batch_epochs(once.run.trace) == [], "without batch_figure_every training keeps none"
    for session in (often, once):
        finish(session, StopRequest())
    best = often.selection.epoch
    assert best is not None
    (kept,) = batch_epochs(once.run.trace)
    assert kept == best
    assert batch_path(once.run.trace, best).read_bytes() == batch_path(often.run.trace, best).read_bytes()


def test_it_is_what_the_step_saw(tmp_path: Path) -> None:
    made = prepared(data=AUGMENT, train={"device": "cpu", "batch_size": 12}, trace={"batch_figure_every": 1})
    session = Session(made, RunFolder(tmp_path))
    session.begin(datetime.now(UTC))
    seen: list[Any] = []
    batches = session.batches

    def kept(parts: Any) -> Any:
        found = batches(parts)
        seen.append(found[0])
        return found

    session.batches = kept  # type: ignore[method-assign]
    session.options = session.options.model_copy(update={"epochs": 1})
    fit(session, Watcher(), StopRequest())
    arrays = read_batch(tmp_path / "trace", 1)
    assert len(arrays["index"]) == 8
    np.testing.assert_array_equal(arrays["signal"], seen[0].signal[:8].numpy())
    np.testing.assert_array_equal(arrays["known"], seen[0].known[:8].numpy())
    index = arrays["index"]
    assert arrays["recording"].tolist() == [made.windows.recordings[code] for code in made.windows.recording[index]]
    assert arrays["signal.names"].tolist() == ["signal.a", "signal.b"]
    assert arrays["known.names"].tolist() == ["known.load", "known.rpm"]
    target = made.windows.targets["level"]
    np.testing.assert_array_equal(arrays["level.mask"], target.mask[index])
    np.testing.assert_allclose(arrays["level.truth"][target.mask[index]], target.values[index][target.mask[index]])
    assert arrays["tone.truth"].tolist() == made.windows.targets["tone"].values[index].tolist()
    assert set(arrays["tone.pred"].tolist()) <= {"low", "mid", "high"}
    assert "loud.pred" not in arrays, "where a score turns into yes is decided on validation"
    assert arrays["loud.score"].shape == (8,)


def test_what_is_to_be_forecast_is_amplified_as_the_signal_was(tmp_path: Path) -> None:
    made = prepared(
        ("next",), data={"augment": {"gain_db": [6, 6]}}, train={"device": "cpu", "epochs": 1, "batch_size": 12},
        trace={"batch_figure_every": 1},
    )  # fmt: skip
    session = Session(made, RunFolder(tmp_path))
    session.begin(datetime.now(UTC))
    fit(session, Watcher(), StopRequest())
    arrays = read_batch(tmp_path / "trace", 1)
    plain = made.windows.fetch(arrays["index"])
    twice = 10 ** (6 / 20)
    np.testing.assert_allclose(arrays["next.truth"], twice * plain.futures["signal"][:, 1:2], rtol=1e-5)
    scaled = (twice * plain.inputs["signal"] - arrays["signal.offset"][..., None]) / arrays["signal.scale"][..., None]
    np.testing.assert_allclose(arrays["signal"], scaled, rtol=1e-4, atol=1e-5)


def test_a_resumed_run_keeps_what_its_checkpoint_knew(tmp_path: Path) -> None:
    trained(tmp_path, every=1, epochs=2)
    (tmp_path / "trace" / "batches" / "0003.npz").write_bytes(b"left by a kill")
    options = {"device": "cpu", "epochs": 2, "batch_size": 12}
    again = Session(prepared(data=AUGMENT, model=LIVELY, train=options), RunFolder(tmp_path))
    again.begin(datetime.now(UTC))
    assert batch_epochs(tmp_path / "trace") == [1, 2]
