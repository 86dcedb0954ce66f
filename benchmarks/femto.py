"""Remaining life of the 17 PRONOSTIA bearings from features of each snapshot: is anything better than a constant?

    python benchmarks/femto.py features_all17.csv.gz

Six bearings train, eleven are judged, as the challenge of 2012 divided them. The table has columns bearing, split
(learning, test_full), snapshot, rul_s and the features of both axes; life is rul_s as a share of the bearing's whole.
Beside the network stand a forest, boosting, and what age alone tells: the time since the bearing began, no vibration.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.metrics import r2_score

from polyhead import api

FEATURES = [f"{name}_{axis}" for axis in "hv" for name in ("rms", "peak", "skew", "kurt", "std")]
FIRST = 30  # snapshots of a bearing that later ones are compared with


def prepared(path: Path) -> pl.DataFrame:
    """The table with life, the split in our words, and each feature's logarithm relative to the bearing's beginning.

    The baseline is the median of the snapshots so far, up to 30 of them: it never looks ahead.
    """
    table = pl.read_csv(path).sort("bearing", "snapshot")
    logs = [pl.col(name).abs().add(1e-3).log().alias(f"log_{name}") for name in FEATURES]
    table = table.with_columns(
        (pl.col("rul_s") / pl.col("rul_s").max().over("bearing")).alias("life"),
        pl.when(pl.col("split") == "learning").then(pl.lit("train")).otherwise(pl.lit("test")).alias("side"),
        *logs,
    )
    parts = []
    for part in table.partition_by("bearing", maintain_order=True):
        values = part.select(f"log_{name}" for name in FEATURES).to_numpy()
        ends = np.minimum(np.arange(1, len(values) + 1), FIRST)
        begun = np.stack([np.median(values[:end], axis=0) for end in range(1, FIRST + 1)])[ends - 1]
        relative = {f"rel_{name}": (values - begun)[:, i] for i, name in enumerate(FEATURES)}
        parts.append(part.with_columns(**{name: pl.Series(one) for name, one in relative.items()}))
    return pl.concat(parts)


def config(path: Path, seed: int) -> dict[str, Any]:
    """Windows of the last 50 snapshots, from the first on; one bearing of the six validates."""
    return {
        "name": "femto-features",
        "seed": seed,
        "data": {
            "reader": "parquet",
            "path": str(path),
            "inputs": {"features": {"keys": [f"{kind}_{name}" for kind in ("log", "rel") for name in FEATURES]}},
            "targets": {"life": "life"},
            "group": "bearing",
            "time": "snapshot",
            "window": {"length": 50, "stride": 2, "least": 1},
            "split": {"column": "side", "fractions": [0.8, 0.2, 0.0]},
        },
        "tasks": {"life": {"kind": "regression", "bounds": [0, 1], "loss_fn": "mse", "head": {"dropout": 0.2}}},
        "model": {"backbone": {"name": "resnet1d", "channels": [16, 16], "kernel": 5, "norm": "none"}},
        "train": {"epochs": 3, "batch_size": 128, "lr": 1e-3, "weight_decay": 0.1, "schedule": "onecycle"},
    }


def network(path: Path, seeds: list[int]) -> list[float]:
    """R2 on the eleven test bearings, one for each seed."""
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            found.append(api.train(config(path, seed), out=folder).metrics["test"]["life"]["r2"]["value"])
    return found


def references(table: pl.DataFrame, seeds: list[int]) -> dict[str, list[float]]:
    """R2 of what knows no windows, on the same bearings."""
    train, test = table.filter(pl.col("side") == "train"), table.filter(pl.col("side") == "test")
    truth = test["life"].to_numpy()

    def scored(columns: list[str], model: Any) -> float:
        fitted = model.fit(train.select(columns).to_numpy(), train["life"].to_numpy())
        return float(r2_score(truth, fitted.predict(test.select(columns).to_numpy())))

    def constant(value: float) -> NDArray[np.float64]:
        return np.full(len(truth), value)

    relative = [f"rel_{name}" for name in FEATURES]
    return {
        "constant: the mean of training": [float(r2_score(truth, constant(float(train["life"].to_numpy().mean()))))],
        "forest on the features": [scored(FEATURES, RandomForestRegressor(200, random_state=s)) for s in seeds],
        "boosting on the features": [scored(FEATURES, HistGradientBoostingRegressor(random_state=s)) for s in seeds],
        "forest, relative to the beginning": [
            scored(relative, RandomForestRegressor(200, random_state=s)) for s in seeds
        ],
        "forest on age alone": [scored(["snapshot"], RandomForestRegressor(200, random_state=s)) for s in seeds],
    }


def main() -> None:
    """Print a row per predictor: mean and each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    arguments = parser.parse_args()
    table = prepared(arguments.path)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "femto.parquet"
        table.write_parquet(path)
        rows = references(table, arguments.seeds) | {"network, without age": network(path, arguments.seeds)}
    print("| predictor | R2 of life, 11 unseen bearings | each seed |\n|---|---|---|")
    for name, values in rows.items():
        print(f"| {name} | {statistics.mean(values):.2f} | {', '.join(f'{value:.2f}' for value in values)} |")


if __name__ == "__main__":
    main()
