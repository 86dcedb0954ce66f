"""Bearings in small: which part is damaged, whether it is, how much life is left, and the signal's next samples."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe


def bearings(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Machines of 10 windows each: a tone whose harmonic tells the damage and grows as life ends."""
    machines = int(48 * size)
    unit = np.repeat(np.arange(machines), 10)
    life = np.tile(np.linspace(1, 0.02, 10), machines) + rng.uniform(-0.02, 0.02, len(unit))
    fault, speed = unit % 3, np.repeat(rng.uniform(0.9, 1.1, machines), 10)
    t, phase = np.arange(104), rng.uniform(0, 2 * np.pi, len(unit))[:, None]
    order = (2 + fault)[:, None]
    x = np.sin(0.25 * speed[:, None] * t + phase) + 0.35 * rng.normal(size=(len(unit), len(t)))
    x = x + (0.3 + 1.6 * (1 - life)[:, None]) * np.sin(order * 0.25 * speed[:, None] * t + order * phase)
    faulty = (life + 0.08 * rng.normal(size=len(life)) < 0.45).astype(int)
    arrays = {"x": x[:, None].astype("f4"), "unit": unit, "fault": np.array(["ball", "inner", "outer"])[fault]}
    return Recipe(
        arrays | {"life": life, "faulty": faulty},
        {
            "name": "bearings",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"fault": "fault", "life": {"key": "life", "unit": "fraction"}, "faulty": "faulty"},
                "group": "unit",
                "split": {"stratify": ["fault"]},
                "window": {"length": 96, "stride": 96},
            },
            "tasks": {
                "fault": {"kind": "classification"},
                "faulty": {"kind": "binary", "pos_weight": "auto"},
                "life": {"kind": "regression", "bounds": [0, 1.05]},
                "next": {"kind": "forecast", "input": "signal", "horizon": 8, "head": {"rank": 6}},
            },
        },
        numbers=("life",),
        yes="faulty",
        classes="fault",
    )
