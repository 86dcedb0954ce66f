"""The bearings study beside boosting on classical features: three splits by bearing, judged on unseen bearings.

    python benchmarks/bearings.py

For each seed the network (recommended.yaml) and the references learn from the same training bearings: gradient boosting
on 130 classical features, among them the squared envelope at the exact fault orders, from the same bearings sampled in
time; and for the forecast a ridge regression on the last samples, whose order is chosen on held-out training bearings.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead import api
from polyhead.signals.statistics import chunks
from polyhead.studies.bearings.features import features
from polyhead.studies.bearings.reference import boosting, forecast
from polyhead.training.preparation import Prepared, prepare

ROWS = (
    ("fault", "accuracy", "fault", "accuracy"),
    ("fault", "macro F1", "fault", "macro_f1"),
    ("anomaly", "AUROC", "anomaly", "auroc"),
    ("life", "R2", "life", "r2"),
    ("next", "R2", "next", "r2"),
)


def network(seed: int, overrides: list[str]) -> tuple[dict[str, Any], float]:
    """Test metrics of one run, and its seconds from start to report."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = api.train(api.study_config("bearings"), [f"seed={seed}", *overrides], out=folder)
    return run.metrics["test"], time.perf_counter() - began


def signals(seed: int, overrides: list[str]) -> tuple[Prepared, NDArray[np.float32], NDArray[np.float32]]:
    """The study's windows, each with what follows it (window, time), and load and speed (window, 2)."""
    experiment = api.load(api.study_config("bearings"), [f"seed={seed}", *overrides]).experiment
    prepared = prepare(experiment, api.read(experiment.data))
    parts = [prepared.windows.fetch(part) for part in chunks(np.arange(len(prepared.windows)))]
    whole = [np.concatenate([part.inputs["signal"], part.futures["signal"]], axis=2)[:, 0] for part in parts]
    return prepared, np.concatenate(whole), np.concatenate([part.inputs["known"] for part in parts])


def references(seed: int, overrides: list[str]) -> dict[tuple[str, str], float]:
    """The same metrics of boosting and ridge on the same split."""
    prepared, whole, _ = signals(seed, overrides)
    windows, split = prepared.windows, prepared.split
    linear = forecast(whole, windows.recording, split["train"], split["test"], windows.length, windows.horizon)
    prepared, whole, known = signals(seed, [*overrides, "data.per_revolution=null"])
    windows, split = prepared.windows, prepared.split
    assert windows.sampling_hz is not None
    table = features(whole[:, : windows.length], known, windows.sampling_hz)
    boosted = boosting(table, windows.columns, split["train"], split["test"], seed=seed)
    return {
        ("fault", "accuracy"): boosted["fault"]["accuracy"],
        ("fault", "macro F1"): boosted["fault"]["macro_f1"],
        ("anomaly", "AUROC"): boosted["is_faulty"]["auroc"],
        ("life", "R2"): boosted["life"]["r2"],
        ("next", "R2"): linear["ridge"],
    }


def main() -> None:
    """Print a row per task: floor, reference and network, mean over the seeds, and each seed's network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("overrides", nargs="*", help="such as train.epochs=4")
    arguments = parser.parse_args()
    runs = [network(seed, arguments.overrides) for seed in arguments.seeds]
    print(f"network: {' '.join(f'{seconds:.0f}' for _, seconds in runs)} s", flush=True)
    beside = [references(seed, arguments.overrides) for seed in arguments.seeds]
    print("| task | metric | floor | reference | network | network, each seed |\n|---|---|---|---|---|---|")
    for task, label, name, metric in ROWS:
        scores = [metrics[name][metric] for metrics, _ in runs]
        floor = statistics.mean(score["floor"] for score in scores)
        reference = statistics.mean(each[task, label] for each in beside)
        mean = statistics.mean(score["value"] for score in scores)
        each = ", ".join(f"{score['value']:.3f}" for score in scores)
        print(f"| {task} | {label} | {floor:.3f} | {reference:.3f} | {mean:.3f} | {each} |")


if __name__ == "__main__":
    main()
