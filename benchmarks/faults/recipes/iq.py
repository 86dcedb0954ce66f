"""Frames of I/Q: which modulation, how strong beside the noise, and whether the carrier drifts."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe


def iq(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Frames of 64 samples in sessions of 10; 2 to 18 dB."""
    n, length = 10 * int(58 * size), 64
    kind, snr_db, drift = rng.integers(4, size=n), rng.uniform(2, 18, n), rng.integers(2, size=n)
    points = [np.exp(2j * np.pi * np.arange(k) / k) for k in (1, 2, 4)] + [np.array([1, 2, 3, 4]) / 2.74 + 0j]
    symbols = np.stack([rng.choice(points[k], length // 4).repeat(4) for k in kind])
    turn = rng.uniform(0, 0.3, n)[:, None] + 0.04 * drift[:, None] * np.arange(length)
    noise = rng.normal(size=(n, length)) + 1j * rng.normal(size=(n, length))
    x = symbols * np.exp(1j * turn) + np.sqrt(0.5 / 10 ** (snr_db / 10))[:, None] * noise
    arrays = {"x": np.stack([x.real, x.imag], axis=1).astype("f4"), "session": np.arange(n) // 10}
    return Recipe(
        arrays | {"modulation": np.array(["cw", "bpsk", "qpsk", "pam"])[kind], "snr": snr_db, "drift": drift},
        {
            "name": "iq",
            "data": {
                "inputs": {"iq": SIGNAL},
                "targets": {"modulation": "modulation", "snr": {"key": "snr", "unit": "dB"}, "drift": "drift"},
                "group": "session",
            },
            "tasks": {
                "modulation": {"kind": "classification"},
                "snr": {"kind": "regression"},
                "drift": {"kind": "binary"},
            },
        },
        numbers=("snr",),
        yes="drift",
        classes="modulation",
    )
