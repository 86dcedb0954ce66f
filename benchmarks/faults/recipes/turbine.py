"""Engines in flight: what is worn, how many flights are left, how much heat is in hand, and whether a start ran hot."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe

COMPRESSOR = np.array([0.7, -0.9, 0.4, 0.5, -0.2, 0.3])
TURBINE = np.array([-0.3, -0.2, 0.9, 0.7, -0.8, 0.5])
"""What full wear of a part adds to each sensor: two temperatures on either side of a pressure, fuel, speed, shake."""
OLD = np.array([0.3, -0.3, 0.4, 0.3, -0.1, 0.6])
"""What age alone adds."""


def turbine(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Engines of 10 to 18 flights each, all along their life, in order; a flight is 32 slow samples of 6 sensors.

    Sensors follow throttle and altitude and drift with age and, from some flight on, with the wear of one part. Sensors
    of no two engines stand alike. The heat in hand is measured on five flights in six.
    """
    engines, t = int(42 * size), np.arange(32)
    flown = rng.integers(10, 19, engines)
    engine = np.repeat(np.arange(engines), flown)
    n = len(engine)
    lived = np.concatenate([np.sort(rng.uniform(0.02, 0.99, many)) for many in flown])
    span, onset = rng.uniform(80, 160, engines)[engine], rng.uniform(0.25, 0.45, engines)[engine]
    part = rng.permutation(np.arange(engines) % 2)[engine]
    wear = np.maximum(lived - onset, 0) / (1 - onset)
    altitude, outside = rng.uniform(8, 12, n), rng.normal(0, 1, n)
    climb, thrust = rng.uniform(5, 9, n)[:, None], rng.uniform(0.7, 1.0, n)[:, None]
    throttle = 0.3 + thrust / (1 + np.exp(climb - t)) - 0.3 * thrust / (1 + np.exp((climb + 12 - t) / 2))
    hot = (rng.random(n) < 0.2 + 0.3 * wear).astype(int)
    rest = 1 + 0.3 * np.cos(np.arange(6)) + 0.1 * rng.normal(size=(engines, 6))[engine]
    rest = rest + 0.05 * (altitude - 10)[:, None] * np.sin(np.arange(6)) + 0.05 * outside[:, None]
    drift = 0.5 * lived[:, None] * OLD + wear[:, None] * np.where(part[:, None] == 1, TURBINE, COMPRESSOR)
    gain = 0.8 + 0.4 * np.sin(1 + np.arange(6))
    x = (rest + drift)[:, :, None] + gain[:, None] * throttle[:, None]
    since = np.maximum(t - climb, 0)
    x[:, 2] += (hot * rng.uniform(0.5, 1.5, n))[:, None] * since * np.exp(1 - since / 2) / 2
    slow = np.cumsum(rng.normal(size=x.shape), axis=2) / np.sqrt(len(t))
    x = x + 0.08 * rng.normal(size=x.shape) + 0.08 * slow
    margin = 55 - 14 * lived - 22 * wear - 8 * wear * part + 4 * rng.normal(size=n)
    margin[rng.random(n) < 1 / 6] = np.nan
    mode = np.where(wear < 0.1, "sound", np.where(part == 1, "turbine", "compressor"))
    return Recipe(
        {
            **{"x": x.astype("f4"), "throttle": throttle[:, None].astype("f4"), "engine": engine},
            **{"altitude": altitude, "outside": outside},
            **{"life": np.round(span * (1 - lived)), "margin": margin, "mode": mode, "hot": hot},
        },
        {
            "name": "turbine",
            "data": {
                "inputs": {
                    "signal": SIGNAL,
                    "throttle": {**SIGNAL, "key": "throttle"},
                    "known": {"keys": ["altitude", "outside"]},
                },
                "targets": {
                    "life": {"key": "life", "unit": "flights"},
                    "margin": {"key": "margin", "unit": "K"},
                    **{"mode": "mode", "hot": "hot"},
                },
                "group": "engine",
            },
            "tasks": {
                "mode": {"kind": "classification"},
                "life": {"kind": "regression", "loss_fn": "huber"},
                "hot": {"kind": "binary"},
                "margin": {"kind": "regression"},
            },
        },
        numbers=("life", "margin"),
        yes="hot",
        classes="mode",
    )
