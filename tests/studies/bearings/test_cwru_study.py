"""The study's config cwru: what each fold trains on, on made-up recordings and on the real ones where they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import polars
import pytest
from scipy.io import savemat

from polyhead import api
from polyhead.studies.bearings.geometry import SKF_6205
from polyhead.studies.bearings.readers.cwru_records import NOMINAL_RPM, RECORDS
from polyhead.training.preparation import prepare

ROOT = Path(__file__).parents[3]
CWRU = ROOT.parent / "shared" / "data" / "cwru_bearing"
CONFIG = api.study_config("bearings", "cwru")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three faults of 7, 14, 21 and 28 mil at four loads, and a normal one: 1.5 s of strikes at their true orders."""
    path = tmp_path_factory.mktemp("cwru")
    rng = np.random.default_rng(0)
    time = np.arange(18000) / 12000
    for number, record in RECORDS.items():
        if record.rate_hz != 12000 or record.position not in ("", "@6") or record.bearing.startswith("fan"):
            continue
        hz = NOMINAL_RPM[record.load_hp] / 60
        since = np.mod(time, 1 / (SKF_6205.strikes(record.fault) * hz))
        rings_hz = {7: 2200, 14: 2900, 21: 3600, 28: 4300}[int(record.diameter_mil)]  # another housing each
        ring = np.exp(-800 * since) * np.sin(2 * np.pi * rings_hz * since)
        signal = ring + 0.2 * rng.standard_normal(len(time))
        savemat(path / f"{number}.mat", {f"X{number:03d}_DE_time": signal[:, None], f"X{number:03d}RPM": [[60 * hz]]})
    savemat(path / "97.mat", {"X097_DE_time": rng.standard_normal((72000, 1)), "X097RPM": [[1796.0]]})
    return path


@pytest.mark.parametrize(("fold", "left_out"), [(1, 7.0), (2, 14.0), (3, 21.0)])
def test_a_diameter_is_left_out_of_all_that_training_sees(folder: Path, fold: int, left_out: float) -> None:
    experiment = api.load(CONFIG, [f"data.path={folder}", f"data.split.fold={fold}"]).experiment
    prepared = prepare(experiment, api.read(experiment.data))
    columns, split = prepared.windows.columns, prepared.split
    held = {name: set(columns["diameter_mil"][split[name]].tolist()) for name in split.names}
    assert held["test"] == {left_out}
    assert held["train"] | held["val"] == {7.0, 14.0, 21.0} - {left_out}
    for name in split.names:
        assert set(columns["fault"][split[name]]) == {"ball", "inner", "outer"}, name
    recordings = [set(columns["recording"][split[name]]) for name in split.names]
    assert sum(map(len, recordings)) == len(set.union(*recordings)) == 36  # neither 28 mil nor the normal one
    assert list(prepared.windows.inputs) == ["orders"]


def test_strikes_at_their_orders_are_told_whatever_they_ring(folder: Path, tmp_path: Path) -> None:
    overrides = [f"data.path={folder}", "data.split.fold=3", "train.epochs=4", "train.batch_size=8"]
    run = api.train(CONFIG, overrides, out=tmp_path)
    assert run.metrics["test"]["fault"]["macro_auroc"]["value"] > 0.99
    assert set(run.metrics["slices"]["test"]["fault"]) == {"diameter_mil", "load_hp"}


@pytest.mark.skipif(not CWRU.exists(), reason="shared/data/cwru_bearing is not here")
def test_the_real_recordings_of_14_mil(tmp_path: Path) -> None:
    """What docs/studies/cwru.md says of it: well ranked, and every window of the outer race called ball or inner."""
    spec = importlib.util.spec_from_file_location("recordings", ROOT / "benchmarks" / "recordings.py")
    recordings = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recordings)
    recordings.cwru(CWRU, tmp_path / "data")
    overrides = [f"data.path={tmp_path / 'data'}", "data.split.fold=2", "data.stride_s=1.0", "train.batch_size=32"]
    run = api.train(CONFIG, overrides, out=tmp_path / "runs")
    found = run.metrics["test"]["fault"]
    assert 0.75 < found["macro_auroc"]["value"] < 0.95
    frame = polars.read_parquet(run.folder / "predictions" / "test.parquet")
    recall = {
        fault: frame.filter(polars.col("fault.truth") == fault)["fault.pred"].eq(fault).mean()
        for fault in ("ball", "inner", "outer")
    }
    assert recall["inner"] > 0.8
    assert recall["outer"] < 0.3
