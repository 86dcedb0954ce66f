"""Particle showers seen by a few sensors: their angle, energy and time of arrival."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe


def detector(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Showers in runs of 10, seen by 6 sensors: angle (2), energy and time of arrival from pulses."""
    n, t = 10 * int(56 * size), np.arange(40)
    angle, energy, time = rng.uniform(-0.6, 0.6, (n, 2)), rng.uniform(20, 55, n), rng.uniform(8, 20, n)
    at = np.stack([np.linspace(-1, 1, 6), np.cos(np.arange(6))], axis=1)
    light = energy[:, None] * np.exp(-((angle[:, None, :] - at) ** 2).sum(axis=2))
    after = np.maximum(t[None, :] - time[:, None], 0)
    x = light[:, :, None] * (after * np.exp(-after / 4))[:, None, :] / 20 + 0.25 * rng.normal(size=(n, 6, len(t)))
    return Recipe(
        {"x": x.astype("f4"), "run": np.arange(n) // 10, "angle": angle, "energy": energy, "arrival": time},
        {
            "name": "detector",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {
                    "angle": {"key": "angle", "unit": "rad"},
                    "energy": {"key": "energy", "unit": "MeV"},
                    "arrival": "arrival",
                },
                "group": "run",
            },
            "tasks": {
                "angle": {"kind": "regression"},
                "energy": {"kind": "regression", "loss_fn": "mse"},
                "arrival": {"kind": "regression", "loss_fn": "l1"},
            },
        },
        numbers=("energy", "arrival"),
    )
