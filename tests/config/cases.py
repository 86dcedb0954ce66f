"""Configurations that the tests change in one place."""

from __future__ import annotations

import copy
from typing import Any

BEARINGS = """\
# Bearings: the example of the design, with arrays in a file.
name: bearings
data:
  reader: npz             # or csv, parquet, a study's generator, package.module:function
  path: data/cwru.npz
  inputs: {signal: {key: x, axes: [window, channel, time], channels: [drive_end]}}
  targets: {fault: fault, is_faulty: is_faulty, rul: {key: rul, missing: [1000.0]}}
  window: {length: 2048, stride: 1024}
  split: {by: bearing, stratify: fault, fractions: [0.7, 0.15, 0.15], seed: 42}
tasks:
  fault:   {kind: classification, target: fault}
  anomaly: {kind: binary, target: is_faulty, pos_weight: auto}
  rul:     {kind: regression, loss_fn: smooth_l1, loss_beta: 1.0, bounds: [0, 1]}
  next:    {kind: forecast, input: signal, channels: [drive_end], horizon: 96, enabled: true, weight: 1.0}
model:   {backbone: tcn, branches: none}
balance: {method: floor}       # sum, kendall, ...
train:   {epochs: 50, batch_size: 64, lr: 1.0e-3, clip_norm: 1.0, monitor: val/skill, early_stopping: 10}
track:   {mlflow: null, wandb: null, tensorboard: false}
"""

MINIMAL: dict[str, Any] = {
    "name": "x",
    "data": {"reader": "npz", "path": "x.npz", "inputs": {"signal": "x"}, "targets": {"rul": "rul"}},
    "tasks": {"rul": {"kind": "regression"}},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """MINIMAL with one value in it changed or added."""
    values = copy.deepcopy(MINIMAL)
    *parents, key = path.split(".")
    block = values
    for parent in parents:
        block = block.setdefault(parent, {})
    block[key] = value
    return values
