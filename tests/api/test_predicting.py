"""`predict` stretch by stretch: the same rows whatever the stretch, progress, and nothing half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from polars.testing import assert_frame_equal

from polyhead import api
from polyhead.errors import InputError
from polyhead.trace import growing
from polyhead.training import predicting

from ..workshop import LENGTH, ROWS, workshop, workshop_config


def trained(folder: Path, tasks: tuple[str, ...] = ("state", "wear", "again"), **blocks: Any) -> Path:
    np.savez(folder / "train.npz", **workshop())
    config = workshop_config(folder / "train.npz", tasks, "mlp", **blocks)
    return api.train(config, out=folder / "runs", report=False).folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("predicting"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    arrays = workshop(1)
    np.savez(tmp_path / "new.npz", x=arrays["x"], load=arrays["load"])
    return tmp_path / "new.npz"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches of one batch, each written at once, as a large file would have them."""
    monkeypatch.setattr(predicting, "_WINDOWS", 1)
    monkeypatch.setattr(growing, "_HELD", 0)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_stretches_change_nothing(run: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str):
    whole, parts = tmp_path / f"whole.{ending}", tmp_path / f"parts.{ending}"
    assert api.predict(run, new, whole) == ROWS
    monkeypatch.setattr(predicting, "_WINDOWS", 1)
    monkeypatch.setattr(growing, "_HELD", 0)
    assert api.predict(run, new, parts) == ROWS
    read = polars.read_csv if ending == "csv" else polars.read_parquet
    assert_frame_equal(read(parts), read(whole), check_exact=True)
    assert read(whole)["index"].to_list() == list(range(ROWS))


@pytest.mark.usefixtures("small")
def test_progress_counts_windows_up_to_all_of_them(run: Path, new: Path, tmp_path: Path):
    seen: list[tuple[int, int]] = []
    api.predict(run, new, tmp_path / "p.csv", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, ROWS), (16, ROWS), (32, ROWS), (48, ROWS), (ROWS, ROWS)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_an_interrupt_in_the_middle_leaves_nothing(run: Path, new: Path, tmp_path: Path, ending: str):
    def interrupt(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    output = tmp_path / "out" / f"p.{ending}"
    with pytest.raises(KeyboardInterrupt):
        api.predict(run, new, output, on_progress=interrupt)
    assert not list(output.parent.iterdir())


def test_what_cannot_be_predicted_leaves_no_folder(run: Path, tmp_path: Path):
    arrays = workshop(1)
    np.savez(tmp_path / "bad.npz", x=np.where(arrays["x"] > 44, np.nan, arrays["x"]), load=arrays["load"])
    with pytest.raises(InputError, match="NaN or Inf in input 'signal'"):
        api.predict(run, tmp_path / "bad.npz", tmp_path / "out" / "p.csv")
    assert not (tmp_path / "out").exists()


def test_a_window_that_lacks_samples_has_no_error_of_reconstruction(tmp_path: Path):
    masked = {"lengths": "samples", "window": {"length": LENGTH, "short": "mask"}}
    run, arrays = trained(tmp_path, ("state", "again"), data=masked), workshop(1)
    np.savez(tmp_path / "new.npz", x=arrays["x"], load=arrays["load"], samples=arrays["samples"])
    api.predict(run, tmp_path / "new.npz", tmp_path / "p.parquet")
    found = polars.read_parquet(tmp_path / "p.parquet")["again.rmse.0"].is_nan().to_list()
    assert found == (arrays["samples"] < LENGTH).tolist()


def test_windows_of_one_recording_share_its_scaling(tmp_path: Path):
    """Two rows make a machine: as in training, and in `evaluate`, each is scaled by the mean and spread of both."""
    run = trained(tmp_path, ("state",), data={"scaling": {"signal": "per_recording"}})
    api.predict(run, tmp_path / "train.npz", tmp_path / "p.parquet")
    api.evaluate(run, data=tmp_path / "train.npz")
    alone = polars.read_parquet(tmp_path / "p.parquet")
    judged = polars.read_parquet(run / "predictions" / "data.parquet")
    assert alone["recording"].to_list() == judged["recording"].to_list()
    np.testing.assert_allclose(alone["state.score.0"], judged["state.score.0"], rtol=1e-6)


@pytest.mark.parametrize("name", ["rows.csv", "link.csv"])
def test_predictions_are_not_written_over_their_inputs(tmp_path: Path, run: Path, name: str):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "rows.csv")
    with pytest.raises(InputError, match=r"csv: would be written over its own inputs; name another file"):
        api.predict(run, tmp_path / "rows.csv", tmp_path / name)
    assert (tmp_path / "rows.csv").read_text() == "a,b\n1,2\n"


def test_where_to_write_is_looked_at_before_the_data_are_read(run: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"ends in '.txt'"):
        api.predict(run, tmp_path / "none.npz", tmp_path / "p.txt")
