"""Air showers seen by the FACT telescope, as arrays and a config: five tasks of two kinds, three of them masked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars

IMAGE = (
    "arrival_time_shower_",
    "cog_",
    "concentration_",
    "delta",
    "kurtosis_",
    "leakage",
    "length",
    "m3_",
    "m4_",
    "max_slopes_shower_",
    "num_",
    "photoncharge_mean",
    "photoncharge_shower_",
    "saturated_",
    "size",
    "skewness_",
    "slope_",
    "time_gradient_",
    "timespread",
    "width",
)
"""Beginnings of the columns that describe the image of a shower; all else in the file is truth or bookkeeping."""


def showers(table: Path, folder: Path) -> dict[str, Any]:
    """Their config, and its arrays as showers.npz in `folder`.

    Energy is known for gammas only, disp and its sign for diffuse gammas only: elsewhere they have no use. Each event
    of the simulation is a recording, since some showers were used twice.
    """
    frame = polars.read_csv(table, infer_schema_length=None)
    gamma, diffuse = frame["sample"] != "proton", frame["sample"] == "gamma_diffuse"
    names = [name for name in frame.columns if name.startswith(IMAGE) and not name.startswith("num_pixel_in_ped")]
    run, event = frame["corsika_run_header_run_number"], frame["corsika_event_header_event_number"]
    energy = np.log10(frame["corsika_event_header_total_energy"].to_numpy())
    np.savez(
        folder / "showers.npz",
        x=np.arcsinh(frame.select(names).to_numpy()).astype(np.float32),
        shower=(frame["sample"].str.head(1) + run.cast(str) + "-" + event.cast(str)).to_numpy().astype(str),
        gamma=gamma.cast(int).to_numpy(),
        energy=np.where(gamma, energy, np.nan),
        disp=np.where(diffuse, frame["true_disp_mm"].to_numpy(), np.nan),
        sign=np.where(diffuse, frame["true_sign"].to_numpy() > 0, np.nan),
        impact=np.log10(frame["ceres_event_basic_impact"].to_numpy()),
    )
    return {
        "name": "showers",
        "data": {
            "reader": "npz",
            "path": str(folder / "showers.npz"),
            "inputs": {"image": "x"},
            "targets": {name: name for name in ("gamma", "energy", "disp", "sign", "impact")},
            "group": "shower",
            "split": {"by": "group", "stratify": "gamma", "fractions": [0.5, 0.15, 0.35]},
        },
        "tasks": {
            "gamma": {"kind": "binary"},
            "energy": {"kind": "regression"},
            "disp": {"kind": "regression"},
            "sign": {"kind": "binary"},
            "impact": {"kind": "regression"},
        },
        "model": {"backbone": {"name": "mlp", "hidden": [128, 128], "dropout": 0.2, "norm": "batch"}},
        "train": {"epochs": 20, "batch_size": 32, "lr": 2e-3, "schedule": "onecycle", "ema": 0.99},
    }
