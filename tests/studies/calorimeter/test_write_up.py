"""The blocks that a calorimeter's write-up prints are pasted in as they stand, and train."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from polyhead import api

TASKS = """\
tasks:
  angle:
    enabled: true
    loss_fn: "smooth_l1"    # See loss functions below
    loss_beta: 1.0
    weight: 1.0
  energy:
    enabled: false
    loss_fn: "relative_l1"  # Scale-invariant for energy
    weight: 1.0
    log_transform: false    # Train on log(energy) if true
  timing:
    enabled: false
    loss_fn: "l1"
    weight: 1.0
  uvwFI:
    enabled: false
    loss_fn: "mse"
    weight: 1.0
"""
REWEIGHTING = """\
reweighting:
  angle:
    enabled: true
    nbins_2d: [20, 20]    # (theta_bins, phi_bins)
  energy:
    enabled: false
    nbins: 30
  timing:
    enabled: false
    nbins: 30
  uvwFI:
    enabled: false
    nbins_2d: [10, 10]    # (u_bins, v_bins) - uses same for w
"""
HEAD = """\
name: pasted
data:
  reader: npz
  path: events.npz
  inputs: {sensors: {key: x, axes: [window, feature]}}
  targets: {angle: angle, energy: energy, timing: timing, uvwFI: uvw}
model: {backbone: {name: mlp, hidden: [16]}}
train: {epochs: 1, device: cpu}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file of events whose sensors tell the angle, and the write-up's blocks under a head of our own."""
    rng = np.random.default_rng(0)
    angle = np.stack([rng.uniform(60, 120, 200), rng.uniform(-60, 60, 200)], axis=1)
    sensors = np.concatenate([angle / 60, rng.normal(size=(200, 3))], axis=1)
    np.savez(
        tmp_path / "events.npz",
        x=sensors.astype(np.float32),
        angle=angle,
        energy=rng.uniform(0.015, 0.06, 200),
        timing=rng.normal(0, 1e-9, 200),
        uvw=rng.uniform(-20, 20, (200, 3)),
    )
    path = tmp_path / "pasted.yaml"
    path.write_text(HEAD + TASKS + REWEIGHTING)
    return path


def test_the_blocks_train_as_they_stand(config: Path, tmp_path: Path):
    run = api.train(config, out=tmp_path / "runs")
    assert set(run.metrics["test"]) == {"angle"}
    assert run.metrics["test"]["angle"]["r2"]["value"] is not None


def test_every_task_of_the_blocks_can_be_switched_on(config: Path, tmp_path: Path):
    config.write_text(re.sub(r"enabled: false", "enabled: true", config.read_text()))
    run = api.train(config, out=tmp_path / "runs")
    assert set(run.metrics["test"]) == {"angle", "energy", "timing", "uvwFI"}
    kinds = {task.kind for task in api.load(config).experiment.tasks.values()}
    assert kinds == {"regression"}


@pytest.mark.parametrize(
    "loss", ["smooth_l1", "huber", "l1", "mse", "l2", "relative_l1", "relative_smooth_l1", "relative_mse"]
)
def test_every_loss_of_its_table_is_known_by_name(config: Path, loss: str):
    options = api.load(config, [f"tasks.energy.loss_fn={loss}", "tasks.energy.enabled=true"]).experiment
    assert options.tasks["energy"].loss_fn.name == ("mse" if loss == "l2" else loss)
