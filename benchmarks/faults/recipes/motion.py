"""Recipes for faults of time and angle: a drive in operation, an echo, and the heading of a signal."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe


def drive(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Drives of 16 windows in order: torque swings slowly and sets the amplitude, speed sets the frequency."""
    n, t = 16, np.arange(40)
    rows = []
    for number in range(int(44 * size)):
        smooth = np.stack([np.convolve(rng.normal(size=n + 6), np.hanning(9)[1:-1] / 2, "valid") for _ in range(2)])
        torque, speed = 5 + 1.5 * smooth[0], 0.5 + 0.12 * np.tanh(smooth[1])
        phase = rng.uniform(0, 2 * np.pi, n)[:, None]
        x = torque[:, None] / 5 * np.sin(speed[:, None] * t + phase) + 0.15 * rng.normal(size=(n, len(t)))
        rows.append((x, np.full(n, number), torque, speed))
    x, unit, torque, speed = (np.concatenate(one) for one in zip(*rows, strict=True))
    return Recipe(
        {"x": x[:, None].astype("f4"), "unit": unit, "torque": torque, "speed": speed},
        {
            "name": "drive",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"torque": {"key": "torque", "unit": "Nm"}, "speed": "speed"},
                "group": "unit",
            },
            "tasks": {"torque": {"kind": "regression"}, "speed": {"kind": "regression"}},
        },
        numbers=("torque", "speed"),
    )


def echo(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Soundings in runs of 10: the distance between a pulse and its echo, up to most of the window, and its depth."""
    n, t = 10 * int(60 * size), np.arange(64)
    delay = rng.uniform(8, 48, n)
    start, depth = rng.uniform(3, 58 - delay), rng.uniform(0.5, 1.5, n)
    first = np.exp(-((t - start[:, None]) ** 2) / 4)
    second = depth[:, None] * np.exp(-((t - (start + delay)[:, None]) ** 2) / 4)
    x = first - second + 0.05 * rng.normal(size=(n, len(t)))
    return Recipe(
        {"x": x[:, None].astype("f4"), "run": np.arange(n) // 10, "delay": delay, "depth": depth},
        {
            "name": "echo",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"delay": {"key": "delay", "unit": "us"}, "depth": "depth"},
                "group": "run",
            },
            "tasks": {"delay": {"kind": "regression"}, "depth": {"kind": "regression"}},
        },
        numbers=("depth", "delay"),
    )


def heading(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Passes of an antenna in runs of 10: the angle of arrival, clear of the seam at pi, and the level."""
    n, t = 10 * int(60 * size), np.arange(32)
    angle, level = rng.uniform(-2.2, 2.2, n), rng.uniform(0.5, 1.5, n)
    carrier = level[:, None] * np.exp(1j * angle[:, None]) * (1 + 0.2 * np.sin(0.4 * t))
    x = carrier + 0.2 * (rng.normal(size=carrier.shape) + 1j * rng.normal(size=carrier.shape))
    return Recipe(
        {
            **{"x": np.stack([x.real, x.imag], axis=1).astype("f4"), "run": np.arange(n) // 10},
            **{"angle": angle, "level": level},
        },
        {
            "name": "heading",
            "data": {
                "inputs": {"iq": SIGNAL},
                "targets": {"angle": {"key": "angle", "unit": "rad"}, "level": "level"},
                "group": "run",
            },
            "tasks": {"angle": {"kind": "regression", "loss_fn": "l1"}, "level": {"kind": "regression"}},
        },
        numbers=("level", "angle"),
    )
