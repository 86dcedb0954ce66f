"""Remaining life of C-MAPSS engines: five runs of the study's config, each engine judged at its last known cycle.

    python benchmarks/cmapss.py FOLDER      # with train_FD001.txt, test_FD001.txt and RUL_FD001.txt, plain or .gz

Beside the network stands histogram boosting on means over the last 30 cycles, trained on all training engines: it needs
none for validation.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from polyhead import api
from polyhead.scoring.interval import bootstrap
from polyhead.signals.statistics import chunks
from polyhead.signals.windows import WindowSet
from polyhead.training.preparation import prepare

METRICS = ("rmse", "mae", "bias", "nasa_score", "coverage_90")


def network(folder: Path, seed: int, overrides: list[str]) -> tuple[dict[str, Any], tuple[float, float], float]:
    """Test metrics of one run, the interval of its RMSE over engines, and its seconds from start to report."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as runs:
        given = [f"data.path={folder.resolve()}", f"seed={seed}", *overrides]
        run = api.train(api.study_config("bearings", "cmapss"), given, out=runs)
        seconds = time.perf_counter() - began
        table = pl.read_parquet(run.folder / "predictions" / "test.parquet")
    square = (table["rul.pred"] - table["rul.truth"]).to_numpy() ** 2
    engine = table["recording"].rank("dense").to_numpy().astype(np.int64)
    interval, _ = bootstrap(lambda weight: float(np.sqrt(weight @ square / weight.sum())), engine, seed=seed)
    assert interval is not None
    return run.metrics["test"]["rul"], interval, seconds


def boosting(folder: Path, seed: int) -> float:
    """RMSE of boosting on the same test engines: mean of the last 30 cycles and last value of each channel."""
    experiment = api.load(api.study_config("bearings", "cmapss"), [f"data.path={folder.resolve()}", f"seed={seed}"])
    ready = prepare(experiment.experiment, api.read(experiment.experiment.data))
    life = ready.windows.targets["rul"].values.astype(float)
    train, test = np.concatenate([ready.split["train"], ready.split["val"]]), ready.split["test"]
    fitted = HistGradientBoostingRegressor(random_state=seed).fit(_features(ready.windows, train), life[train])
    residual = fitted.predict(_features(ready.windows, test)) - life[test]
    return float(np.sqrt(np.mean(residual**2)))


def _features(windows: WindowSet, index: NDArray[np.int64]) -> NDArray[np.float64]:
    parts = []
    for chunk in chunks(index):
        batch = windows.fetch(chunk)
        signal = batch.inputs["signal"][..., -30:].astype(float)
        real = np.ones(signal.shape[::2], bool) if batch.present is None else batch.present[:, -30:]
        mean = (signal * real[:, None]).sum(axis=2) / real.sum(axis=1, keepdims=True)
        parts.append(np.concatenate([mean, signal[..., -1]], axis=1))
    return np.concatenate(parts)


def main() -> None:
    """Print a row per seed and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44, 45, 46])
    parser.add_argument("overrides", nargs="*", help="such as train.epochs=4")
    arguments = parser.parse_args()
    print("| seed | RMSE | 95 % | MAE | bias | NASA score | 90 % interval covers | boosting RMSE | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    rows = []
    for seed in arguments.seeds:
        metrics, (low, high), seconds = network(arguments.folder, seed, arguments.overrides)
        rows.append([*(metrics[name]["value"] for name in METRICS), boosting(arguments.folder, seed), seconds])
        print(_row(str(seed), f"{low:.1f} to {high:.1f}", rows[-1]), flush=True)
    print(_row("mean", "", [statistics.mean(column) for column in zip(*rows, strict=True)]))


def _row(name: str, interval: str, values: list[float]) -> str:
    rmse, mae, bias, nasa, coverage, beside, seconds = values
    return (
        f"| {name} | {rmse:.2f} | {interval} | {mae:.2f} | {bias:+.2f} | {nasa:.0f} | {coverage:.2f} | {beside:.2f}"
        f" | {seconds:.0f} |"
    )


if __name__ == "__main__":
    main()
