"""The example on the recordings it was written for, where they lie beside the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from polyhead import api

ROOT = Path(__file__).parent.parent
RIG = ROOT.parent / "shared" / "data" / "hydraulic" / "hydraulic_1hz.npz"

pytestmark = pytest.mark.skipif(
    not RIG.exists(), reason="the hydraulic recordings (shared/data/hydraulic) are not here"
)


@pytest.mark.parametrize(("by", "straddling"), [("window", 49), ("group", 0)])
def test_the_rig_trains_through_its_yaml_alone(tmp_path: Path, by: str, straddling: int) -> None:
    overrides = [
        f"data.path={RIG}",
        f"data.split.by={by}",
        "train.epochs=5",
        "train.ema=null",
    ]  # an average needs longer
    run = api.train(ROOT / "examples" / "hydraulic.yaml", overrides, out=tmp_path)
    assert set(run.metrics["test"]) == {"cooler", "valve", "pump", "accumulator", "stable"}
    # A forest reaches .999 at random and .845 in blocks; a few passes come half of the way from the majority's third.
    assert run.metrics["test"]["cooler"]["accuracy"]["skill"] > 0.5
    split = json.loads((run.folder / "data.json").read_text())["split"]
    assert split["shared_recordings"] == straddling
    assert (split["note"] is not None) == (by == "window")
