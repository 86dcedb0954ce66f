"""A real set: torques of a robot's arm from its positions, speeds and accelerations (SARCOS)."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faults.recipe import Recipe

FILE = "POLYHEAD_SARCOS"
"""Environment variable that names sarcos_inv_test.mat; without it the recipe is left out."""
JOINTS = (1, 2, 3, 7)
"""Torques of different scales that a small network learns from a thousand postures."""


def sarcos(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """900 postures drawn from 4,449; the rows come without order, so each stands alone in a block of ten."""
    rows = _rows()
    taken = rows[rng.permutation(len(rows))[: 10 * int(90 * size)]]
    names = [f"torque_{joint}" for joint in JOINTS]
    torques = {name: taken[:, 20 + joint] for name, joint in zip(names, JOINTS, strict=True)}
    return Recipe(
        {"x": taken[:, :21].astype("f4"), "block": np.arange(len(taken)) // 10, **torques},
        {
            "name": "sarcos",
            "data": {
                "inputs": {"state": "x"},
                "targets": {name: {"key": name, "unit": "Nm"} for name in names},
                "group": "block",
            },
            "tasks": {name: {"kind": "regression"} for name in names},
        },
        numbers=tuple(names),
    )


def is_there() -> bool:
    """Whether the file is named and exists."""
    return Path(os.environ.get(FILE, "")).is_file()


@cache
def _rows() -> NDArray[np.float64]:
    from scipy.io import loadmat

    return np.asarray(loadmat(os.environ[FILE])["sarcos_inv_test"], dtype=np.float64)
