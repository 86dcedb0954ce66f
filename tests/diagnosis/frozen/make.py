"""Makes the frozen run folders beside it: four small healthy runs, of which checks are tested.

    python tests/diagnosis/frozen/make.py

Their data are simulated here, so that nobody's recordings are needed. Checkpoints and pages are left out.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import polyhead

HERE = Path(__file__).parent
KEPT = (
    "config.yaml",
    "data.json",
    "metadata.json",
    "state.json",
    "metrics.json",
    "profile.json",
    "trace",
    "predictions",
)
Arrays = dict[str, NDArray[Any]]


def machines(rng: np.random.Generator) -> Arrays:
    """64 machines, 12 windows each: a tone whose harmonic tells the fault, impulses that grow as life ends."""
    unit = np.repeat(np.arange(64), 12)
    life = np.tile(np.linspace(1, 0.02, 12), 64) + rng.uniform(-0.02, 0.02, len(unit))
    fault = np.repeat(np.arange(64) % 3, 12)
    speed = np.repeat(rng.uniform(0.9, 1.1, 64), 12)
    t = np.arange(144)
    phase = rng.uniform(0, 2 * np.pi, len(unit))[:, None]
    worn = (1 - life)[:, None]
    tone = np.sin(0.2 * speed[:, None] * t + phase)
    harmonic = np.sin((2 + fault)[:, None] * 0.2 * speed[:, None] * t + (2 + fault)[:, None] * phase)
    signal = tone + (0.3 + 1.6 * worn) * harmonic + 0.35 * rng.normal(size=tone.shape)
    faulty = (life + 0.08 * rng.normal(size=len(life)) < 0.45).astype(int)
    names = np.array(["ball", "inner", "outer"])[fault]
    known = np.stack([speed, np.repeat(rng.uniform(1, 3, 64), 12)], axis=1)
    return {"x": signal[:, None].astype("f4"), "k": known, "unit": unit, "fault": names, "life": life, "faulty": faulty}


def detector(rng: np.random.Generator) -> Arrays:
    """900 showers seen by 6 sensors: angle (2), energy and time of arrival from pulses."""
    n, t = 900, np.arange(40)
    angle = rng.uniform(-0.6, 0.6, (n, 2))
    energy = rng.uniform(20, 55, n)
    time = rng.uniform(8, 20, n)
    at = np.stack([np.linspace(-1, 1, 6), np.cos(np.arange(6))], axis=1)
    light = energy[:, None] * np.exp(-((angle[:, None, :] - at) ** 2).sum(axis=2))
    after = np.maximum(t[None, :] - time[:, None], 0)
    pulse = after * np.exp(-after / 4)
    signal = light[:, :, None] * pulse[:, None, :] / 20 + 0.25 * rng.normal(size=(n, 6, 40))
    run = np.arange(n) // 15
    return {"x": signal.astype("f4"), "run": run, "angle": angle, "energy": energy, "arrival": time}


def radio(rng: np.random.Generator) -> Arrays:
    """960 frames of I/Q in 64 sessions: modulation, level of noise, and which impairments they have."""
    n, length = 960, 64
    session, kind, level = np.arange(n) // 15, rng.integers(4, size=n), rng.integers(4, size=n)
    points = [np.exp(2j * np.pi * np.arange(k) / k) for k in (1, 2, 4)] + [np.array([1, 2, 3, 4]) / 2.5 + 0j]
    symbols = np.stack([rng.choice(points[k], length // 4).repeat(4) for k in kind])
    drift, offset = rng.integers(2, size=n), rng.integers(2, size=n)
    turned = symbols * np.exp(1j * (rng.uniform(0, 0.3, n)[:, None] + 0.04 * drift[:, None] * np.arange(length)))
    noisy = (
        turned
        + 0.5 * offset[:, None]
        + (0.1 + 0.15 * level)[:, None] * (rng.normal(size=(n, length)) + 1j * rng.normal(size=(n, length)))
    )
    marks = np.stack([drift, offset], axis=1)
    names = np.array(["cw", "bpsk", "qpsk", "pam"])[kind]
    x = np.stack([noisy.real, noisy.imag], axis=1).astype("f4")
    return {"x": x, "session": session, "modulation": names, "noise": level, "marks": marks}


def kinetics(rng: np.random.Generator) -> Arrays:
    """80 assays, 10 curves each, sampled every .3, 1 or 3 s: how fast a reaction runs, how far it goes, whether it has
    a lag."""
    assay = np.repeat(np.arange(80), 10)
    n = len(assay)
    step = np.repeat(np.array([0.3, 1.0, 3.0])[np.arange(80) % 3], 10)
    rate, reach, lag = rng.uniform(0.05, 0.4, n), rng.uniform(0.5, 2.0, n), rng.integers(2, size=n)
    time = step[:, None] * np.arange(48)
    since = np.maximum(time - 6.0 * lag[:, None], 0)
    curve = 6.5 + reach[:, None] * (1 - np.exp(-rate[:, None] * since)) + 0.03 * rng.normal(size=time.shape)
    return {
        **{"x": curve[:, None].astype("f4"), "t": time[:, None].astype("f4"), "assay": assay},
        **{"rate": rate, "reach": reach, "lag": lag},
    }


CONFIGS: dict[str, dict[str, Any]] = {
    "machines": {
        "data": {
            "inputs": {
                "signal": {"key": "x", "axes": ["window", "channel", "time"]},
                "known": {"key": "k", "axes": ["window", "feature"]},
            },
            "targets": {"fault": "fault", "life": {"key": "life", "unit": "fraction"}, "anomaly": "faulty"},
            "group": "unit",
            "window": {"length": 128, "stride": 128},
        },
        "tasks": {
            "fault": {"kind": "classification"},
            "anomaly": {"kind": "binary", "pos_weight": "auto"},
            "life": {"kind": "regression", "bounds": [0, 1.05]},
            "next": {"kind": "forecast", "input": "signal", "horizon": 8},
        },
    },
    "detector": {
        "data": {
            "inputs": {"signal": {"key": "x", "axes": ["window", "channel", "time"]}},
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
        "balance": {"method": "kendall", "lr": 0.05},
    },
    "radio": {
        "data": {
            "inputs": {"iq": {"key": "x", "axes": ["window", "channel", "time"]}},
            "targets": {"modulation": "modulation", "noise": "noise", "marks": "marks"},
            "group": "session",
        },
        "tasks": {
            "modulation": {"kind": "classification"},
            "noise": {"kind": "ordinal"},
            "marks": {"kind": "multilabel", "labels": ["drift", "offset"]},
        },
        "balance": {"method": "softmax", "temperature": 2.0},
    },
    "kinetics": {
        "data": {
            "inputs": {
                "signal": {"key": "x", "axes": ["window", "channel", "time"]},
                "time": {"key": "t", "axes": ["window", "channel", "time"]},
            },
            "scaling": {"time": {"seconds": 10}},
            "targets": {"rate": {"key": "rate", "unit": "1/s"}, "reach": "reach", "lag": "lag"},
            "group": "assay",
        },
        "tasks": {
            "rate": {"kind": "regression", "loss_fn": "gaussian_nll"},
            "reach": {"kind": "regression"},
            "lag": {"kind": "binary"},
        },
    },
}
SOURCES = {"machines": machines, "detector": detector, "radio": radio, "kinetics": kinetics}


def make(name: str) -> None:
    """Simulate, train 12 epochs, keep what diagnosis reads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.npz"
        np.savez(path, **SOURCES[name](np.random.default_rng(7)))
        config = CONFIGS[name]
        shared = {
            "name": name,
            "data": {"reader": "npz", "path": str(path), **config.pop("data")},
            "model": {"backbone": {"name": "tcn", "channels": [24, 24, 24], "stem_kernel": 5, "norm": "group"}},
            "train": {"epochs": 12, "batch_size": 32, "lr": 3e-3, "device": "cpu"},
            "trace": {"every": 1},
        }
        run = polyhead.train(shared | config, out=Path(folder) / "runs", report=False).folder
        shutil.rmtree(HERE / name, ignore_errors=True)
        (HERE / name).mkdir()
        for part in KEPT:
            if (run / part).is_dir():
                shutil.copytree(run / part, HERE / name / part)
            elif (run / part).exists():
                text = (run / part).read_text().replace(folder, "data")
                (HERE / name / part).write_text(text)
    print(
        name, {t: round(s["skill"] or 0, 2) for t, m in _metrics(run, name).items() for s in m.values() if s["primary"]}
    )


def _metrics(run: Path, name: str) -> dict[str, Any]:
    import json

    return dict(json.loads((HERE / name / "metrics.json").read_text())["test"])


if __name__ == "__main__":
    for each in CONFIGS:
        make(each)
