"""The layouts that benchmarks/recordings.py writes are the originals', read by the readers."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import numpy as np
import pytest
from scipy.io import loadmat

from .cases import ROOT, SHARED, needs, read


@pytest.fixture(scope="module")
def recordings() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recordings", ROOT / "benchmarks" / "recordings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_compact_record_becomes_the_file_it_was(recordings, tmp_path):
    record = {"key": "IR007_1", "file": "IR/106_1.mat", "rpm_in_file": [1772], "DE_scale_g_per_count": 0.5}
    (tmp_path / "meta.json").write_text(json.dumps([record]))
    np.savez(tmp_path / "cwru_12k_de_int16.npz", IR007_1_DE=np.array([2, -3], np.int16))
    recordings.cwru(tmp_path, tmp_path / "out")
    source = read("cwru", tmp_path / "out")
    assert source.inputs["signal"].values.ravel().tolist() == [1, -1.5]
    assert (source.columns["rpm"].tolist(), source.columns["load_hp"].tolist()) == ([1772], [1])


def test_compact_snapshots_become_the_files_they_were(recordings, tmp_path, capsys):
    arrays = {"snapshot": np.array([1, 2]), "fs_hz": np.array(25600)}
    milli_g = np.array([[[50, -253], [165, -140]], [[1, -48148], [0, 7]]])
    np.savez(tmp_path / "Bearing3_3.npz", acc_milli_g=milli_g, **arrays)
    np.savez(tmp_path / "Bearing1_1_every8.npz", acc_milli_g=milli_g, **arrays)
    (folder,) = recordings.femto(tmp_path, tmp_path / "out")
    assert folder == tmp_path / "out" / "Full_Test_Set" / "Bearing3_3"
    assert (folder / "acc_00002.csv").read_text() == "0,0,10,0,0.001,-48.148\n0,0,10,39,0.000,0.007\n"
    values = read("femto", tmp_path / "out").inputs["signal"].values
    np.testing.assert_array_equal(values, (milli_g / 1000).astype(np.float32).transpose(0, 2, 1))
    assert "Bearing1_1_every8.npz: only some" in capsys.readouterr().err


@needs("cwru_bearing")
def test_the_expanded_cwru_is_the_original(recordings, tmp_path):
    cwru = SHARED / "cwru_bearing"
    written = {path.name: path for path in recordings.cwru(cwru, tmp_path)}
    for original in (cwru / "original_mat").iterdir():
        first, second = loadmat(original), loadmat(written[original.name])
        for sensor in ("DE_time", "FE_time", "RPM"):
            (before,), (after,) = (
                [v for k, v in m.items() if k.endswith(sensor)] or [np.empty(0)] for m in (first, second)
            )
            assert before.shape == after.shape, (original.name, sensor)
            np.testing.assert_allclose(after, before, rtol=0, atol=2e-15)
    source = read("cwru", tmp_path)
    assert source.rows == 61
    assert len(np.unique(source.columns["bearing"])) == 12  # 3 faults at 7, 14, 21; two at 28; normal
