"""pH curves of an enzyme: how fast it works, how far it gets, and whether it is held up at first."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe


def ph(rng: np.random.Generator, size: float = 1.0, steps: tuple[float, ...] = (0.5, 1.0, 2.0)) -> Recipe:
    """Assays of 10 curves, each assay sampled every .5, 1 or 2 s: pH rises from 6.5 as ammonia is set free."""
    assays, samples = int(56 * size), 40
    assay = np.repeat(np.arange(assays), 10)
    n = len(assay)
    step = np.repeat(rng.permutation(np.resize(steps, assays)), 10)
    rate, reach, lag = rng.uniform(0.05, 0.4, n), rng.uniform(0.5, 2.0, n), rng.integers(2, size=n)
    time = step[:, None] * np.arange(samples)
    since = np.maximum(time - 6.0 * lag[:, None], 0)
    x = 6.5 + reach[:, None] * (1 - np.exp(-rate[:, None] * since)) + 0.02 * rng.normal(size=time.shape)
    arrays = {"x": x[:, None].astype("f4"), "t": time[:, None].astype("f4"), "assay": assay, "hz": 1 / step}
    return Recipe(
        arrays | {"rate": rate, "reach": reach, "lag": lag},
        {
            "name": "ph",
            "data": {
                "inputs": {"signal": SIGNAL, "time": {**SIGNAL, "key": "t"}},
                "scaling": {"time": {"seconds": 10}},
                "targets": {"rate": {"key": "rate", "unit": "1/s"}, "reach": "reach", "lag": "lag"},
                "group": "assay",
            },
            "tasks": {
                "rate": {"kind": "regression"},
                "reach": {"kind": "regression"},
                "lag": {"kind": "binary"},
            },
        },
        numbers=("reach", "rate"),
        yes="lag",
    )
