"""Simulated data sets and honest configurations of them: what faults are planted in, and what healthy runs are of.

Each recipe is {arrays of an npz file} and a configuration. Seeds, sizes, networks and balances differ from run to run,
so that no check is judged on one configuration alone.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Config = dict[str, Any]
SIGNAL = {"key": "x", "axes": ["window", "channel", "time"]}


@dataclass
class Recipe:
    """Arrays and configuration of one experiment; faults are planted by editing both. `rng` is for the fault."""

    arrays: Arrays
    config: Config
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def put(self, **values: Any) -> None:
        """Set keys of the configuration; two underscores stand for a dot."""
        for name, value in values.items():
            place = self.config
            *blocks, last = name.split("__")
            for block in blocks:
                place = place.setdefault(block, {})
            place[last] = value

    def keep(self, rows: NDArray[Any]) -> None:
        """Keep these rows, by number or by a mask."""
        self.arrays = {name: values[rows] for name, values in self.arrays.items()}

    def parts(self) -> NDArray[Any]:
        """Name the split of each recording in the data, 60 % train, 20 % val and 20 % test, and return it by row."""
        group = self.arrays[self.config["data"]["group"]]
        names, row = np.unique(group, return_inverse=True)
        share = self.rng.permutation(len(names)) / len(names)
        part = np.where(share < 0.6, "train", np.where(share < 0.8, "val", "test"))[row]
        self.arrays["part"] = part
        self.put(data__split={"column": "part"})
        return part

    def digest(self) -> str:
        """Names arrays and configuration by their content."""
        told = hashlib.sha256(json.dumps(self.config, sort_keys=True, default=str).encode())
        for name in sorted(self.arrays):
            told.update(name.encode() + np.ascontiguousarray(self.arrays[name]).tobytes())
        return told.hexdigest()

    def write(self, folder: Path) -> Config:
        """Write the arrays and return the configuration that reads them."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "data.npz"
        np.savez(path, **self.arrays)
        config = copy.deepcopy(self.config)
        config["data"] |= {"reader": "npz", "path": str(path)}
        (folder / "config.json").write_text(json.dumps(config, indent=1, default=str))
        return config


def machines(rng: np.random.Generator) -> Recipe:
    """40 machines, 12 windows each: a tone whose harmonic tells the fault and grows as life ends."""
    unit = np.repeat(np.arange(40), 12)
    life = np.tile(np.linspace(1, 0.02, 12), 40) + rng.uniform(-0.02, 0.02, len(unit))
    fault, speed = np.repeat(np.arange(40) % 3, 12), np.repeat(rng.uniform(0.9, 1.1, 40), 12)
    t, phase = np.arange(144), rng.uniform(0, 2 * np.pi, len(unit))[:, None]
    order = (2 + fault)[:, None]
    x = np.sin(0.2 * speed[:, None] * t + phase) + 0.35 * rng.normal(size=(len(unit), 144))
    x = x + (0.3 + 1.6 * (1 - life)[:, None]) * np.sin(order * 0.2 * speed[:, None] * t + order * phase)
    faulty = (life + 0.08 * rng.normal(size=len(life)) < 0.45).astype(int)
    arrays = {"x": x[:, None].astype("f4"), "unit": unit, "fault": np.array(["ball", "inner", "outer"])[fault]}
    return Recipe(
        arrays | {"life": life, "faulty": faulty},
        {
            "name": "machines",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"fault": "fault", "life": {"key": "life", "unit": "fraction"}, "faulty": "faulty"},
                "group": "unit",
                "split": {"stratify": ["fault"]},
                "window": {"length": 128, "stride": 128},
            },
            "tasks": {
                "fault": {"kind": "classification"},
                "faulty": {"kind": "binary", "pos_weight": "auto"},
                "life": {"kind": "regression", "bounds": [0, 1.05]},
                "next": {"kind": "forecast", "input": "signal", "horizon": 8},
            },
        },
    )


def detector(rng: np.random.Generator) -> Recipe:
    """750 showers in 50 runs, seen by 6 sensors: angle (2), energy and time of arrival from pulses."""
    n, t = 750, np.arange(40)
    angle, energy, time = rng.uniform(-0.6, 0.6, (n, 2)), rng.uniform(20, 55, n), rng.uniform(8, 20, n)
    at = np.stack([np.linspace(-1, 1, 6), np.cos(np.arange(6))], axis=1)
    light = energy[:, None] * np.exp(-((angle[:, None, :] - at) ** 2).sum(axis=2))
    after = np.maximum(t[None, :] - time[:, None], 0)
    x = light[:, :, None] * (after * np.exp(-after / 4))[:, None, :] / 20 + 0.25 * rng.normal(size=(n, 6, 40))
    return Recipe(
        {"x": x.astype("f4"), "run": np.arange(n) // 15, "angle": angle, "energy": energy, "arrival": time},
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
    )


def radio(rng: np.random.Generator) -> Recipe:
    """900 frames of I/Q in 60 sessions: modulation, level of noise, and which impairments they have."""
    n, length = 900, 64
    kind, level = rng.integers(4, size=n), rng.integers(4, size=n)
    points = [np.exp(2j * np.pi * np.arange(k) / k) for k in (1, 2, 4)] + [np.array([1, 2, 3, 4]) / 2.5 + 0j]
    symbols = np.stack([rng.choice(points[k], length // 4).repeat(4) for k in kind])
    drift, offset = rng.integers(2, size=n), rng.integers(2, size=n)
    turn = rng.uniform(0, 0.3, n)[:, None] + 0.04 * drift[:, None] * np.arange(length)
    noise = (0.1 + 0.15 * level)[:, None] * (rng.normal(size=(n, length)) + 1j * rng.normal(size=(n, length)))
    x = symbols * np.exp(1j * turn) + 0.5 * offset[:, None] + noise
    arrays = {"x": np.stack([x.real, x.imag], axis=1).astype("f4"), "session": np.arange(n) // 15, "noise": level}
    return Recipe(
        arrays
        | {"modulation": np.array(["cw", "bpsk", "qpsk", "pam"])[kind], "marks": np.stack([drift, offset], axis=1)},
        {
            "name": "radio",
            "data": {
                "inputs": {"iq": SIGNAL},
                "targets": {"modulation": "modulation", "noise": "noise", "marks": "marks"},
                "group": "session",
            },
            "tasks": {
                "modulation": {"kind": "classification"},
                "noise": {"kind": "ordinal"},
                "marks": {"kind": "multilabel", "labels": ["drift", "offset"]},
            },
        },
    )


def kinetics(rng: np.random.Generator, steps: tuple[float, ...] = (0.3, 1.0, 3.0), samples: int = 48) -> Recipe:
    """70 assays of 10 curves at different rates of sampling: how fast a reaction runs, how far it goes, if it lags."""
    assay = np.repeat(np.arange(70), 10)
    n = len(assay)
    step = np.repeat(rng.permutation(np.resize(steps, 70)), 10)
    rate, reach, lag = rng.uniform(0.05, 0.4, n), rng.uniform(0.5, 2.0, n), rng.integers(2, size=n)
    time = step[:, None] * np.arange(samples)
    since = np.maximum(time - 6.0 * lag[:, None], 0)
    x = 6.5 + reach[:, None] * (1 - np.exp(-rate[:, None] * since)) + 0.03 * rng.normal(size=time.shape)
    arrays = {"x": x[:, None].astype("f4"), "t": time[:, None].astype("f4"), "assay": assay, "hz": 1 / step}
    return Recipe(
        arrays | {"rate": rate, "reach": reach, "lag": lag},
        {
            "name": "kinetics",
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
    )


def drive(rng: np.random.Generator) -> Recipe:
    """16 drives, 60 windows each in order: torque swings slowly and sets the amplitude, speed sets the frequency."""
    n, t = 60, np.arange(48)
    rows = []
    for number in range(16):
        smooth = np.stack([np.convolve(rng.normal(size=n + 6), np.hanning(9)[1:-1] / 2, "valid") for _ in range(2)])
        torque, speed = 5 + 1.5 * smooth[0], 0.5 + 0.12 * np.tanh(smooth[1])
        phase = rng.uniform(0, 2 * np.pi, n)[:, None]
        x = torque[:, None] / 5 * np.sin(speed[:, None] * t + phase) + 0.15 * rng.normal(size=(n, len(t)))
        rows.append((x, np.full(n, number), torque, speed, speed > 0.5))
    x, unit, torque, speed, fast = (np.concatenate(one) for one in zip(*rows, strict=True))
    return Recipe(
        {"x": x[:, None].astype("f4"), "unit": unit, "torque": torque, "speed": speed, "fast": fast.astype(int)},
        {
            "name": "drive",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"torque": {"key": "torque", "unit": "Nm"}, "speed": "speed"},
                "group": "unit",
            },
            "tasks": {"torque": {"kind": "regression"}, "speed": {"kind": "regression"}},
        },
    )


def heading(rng: np.random.Generator, seam: float = 0.0) -> Recipe:
    """750 passes of an antenna in 50 runs: the angle of arrival, and its level. A share `seam` lies within .3 of pi."""
    n, t = 750, np.arange(32)
    wide, near = rng.uniform(-2.2, 2.2, n), np.pi + rng.uniform(-0.3, 0.3, n)
    angle = np.where(rng.random(n) < seam, near, wide)
    level = rng.uniform(0.5, 1.5, n)
    carrier = level[:, None] * np.exp(1j * angle[:, None]) * (1 + 0.2 * np.sin(0.4 * t))
    x = carrier + 0.2 * (rng.normal(size=carrier.shape) + 1j * rng.normal(size=carrier.shape))
    wrapped = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    return Recipe(
        {
            **{"x": np.stack([x.real, x.imag], axis=1).astype("f4"), "run": np.arange(n) // 15},
            **{"angle": wrapped, "level": level},
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
    )


def echo(rng: np.random.Generator) -> Recipe:
    """750 soundings in 50 runs: the distance between a pulse and its echo, up to most of the window, and its depth."""
    n, t = 750, np.arange(64)
    delay = rng.uniform(8, 48, n)
    start, depth = rng.uniform(3, 58 - delay), rng.uniform(0.5, 1.5, n)
    first = np.exp(-((t - start[:, None]) ** 2) / 4)
    second = depth[:, None] * np.exp(-((t - (start + delay)[:, None]) ** 2) / 4)
    x = first - second + 0.05 * rng.normal(size=(n, len(t)))
    return Recipe(
        {"x": x[:, None].astype("f4"), "run": np.arange(n) // 15, "delay": delay, "depth": depth},
        {
            "name": "echo",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"delay": {"key": "delay", "unit": "us"}, "depth": "depth"},
                "group": "run",
            },
            "tasks": {"delay": {"kind": "regression"}, "depth": {"kind": "regression"}},
        },
    )


RECIPES: dict[str, Callable[..., Recipe]] = {
    one.__name__: one for one in (machines, detector, radio, kinetics, drive, heading, echo)
}
BACKBONES: tuple[Config, ...] = (
    {"name": "tcn", "channels": [24, 24, 24], "stem_kernel": 5, "norm": "group"},
    {"name": "tcn", "channels": [24, 24, 24], "stem_kernel": 5, "norm": "batch", "dropout": 0.05},
    {"name": "resnet1d", "channels": [16, 32], "blocks": 1, "stem_kernel": 5},
)
BALANCES: tuple[Config, ...] = (
    {"method": "floor"},
    {"method": "kendall", "lr": 0.05},
    {"method": "softmax", "temperature": 2.0},
    {"method": "dwa"},
    {"method": "famo"},
)
LOOPS: tuple[Config, ...] = (
    {"lr": 3e-3},
    {"lr": 5e-3, "schedule": "onecycle"},
    {"lr": 3e-3, "schedule": "cosine", "ema": 0.98},
    {"lr": 2e-3, "batch_size": 16},
)


def made(name: str, seed: int, variant: int = 0, **options: Any) -> Recipe:
    """A recipe with the network, balance and loop of this `variant`; 0 is the plain one."""
    recipe = RECIPES[name](np.random.default_rng([seed, 2026]), **options)
    recipe.rng = np.random.default_rng([seed, 7])
    recipe.config |= {
        "model": {"backbone": copy.deepcopy(BACKBONES[variant % len(BACKBONES)])},
        "balance": dict(BALANCES[variant % len(BALANCES)]),
        "train": {"epochs": 12, "batch_size": 32, "device": "cpu"} | LOOPS[variant % len(LOOPS)],
        "trace": {"every": 2},
        "seed": seed,
    }
    return recipe
