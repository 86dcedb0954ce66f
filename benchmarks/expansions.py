"""The expansions study beside boosting on the same features: splits by base window, judged on unseen bases.

    python benchmarks/expansions.py
    python benchmarks/expansions.py 'tasks.countdown={kind: countdown, target: expansion, clip: 20, scale: none, \
        loss_fn: huber, loss_beta: 1}'                                          # the raw countdown beside the others
    python benchmarks/expansions.py data.expansions=false                       # a market whose labels mean nothing
    python benchmarks/expansions.py --reference 'data.strength=[4.0, 6.0]'      # the difficulty, without the network

For each seed the network (recommended.yaml) and boosting learn from the same training windows: boosting bar by bar on
the 12 features of the bar and of the 8 before it, its threshold chosen on the same validation windows.

Beneath the table stand 95 % intervals of the mean difference between the network and the floor of the same seed, by
Student's t over the seeds, which draw split and weights anew: how far the mean moves with other seeds, not with other
windows, as all seeds share those of one market.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from polyhead import api
from polyhead.signals.statistics import chunks
from polyhead.studies.expansions.reference import boosting
from polyhead.training.preparation import prepare

ROWS = (
    ("span F1 at tIoU .3", "span_f1_30"),
    ("span F1 at tIoU .5", "span_f1_50"),
    ("span F1 at tIoU .7", "span_f1_70"),
    ("bar F1", "f1"),
    ("separation", "separation"),
    ("boundary MAE of spans, bars", "boundary_mae"),
)
POINTERS = "boundary MAE of pointers, bars"
CONFIDENCE = 0.95


def network(seed: int, overrides: list[str]) -> tuple[dict[str, Any], float]:
    """Test metrics of one run, and its seconds from start to report."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = api.train(api.study_config("expansions"), [f"seed={seed}", *overrides], out=folder)
    return run.metrics["test"], time.perf_counter() - began


def reference(seed: int, overrides: list[str]) -> dict[str, float]:
    """The same metrics of boosting on the same split."""
    experiment = api.load(api.study_config("expansions"), [f"seed={seed}", *overrides]).experiment
    prepared = prepare(experiment, api.read(experiment.data))
    windows, split = prepared.windows, prepared.split
    parts = [windows.fetch(part) for part in chunks(np.arange(len(windows)))]
    signal = np.concatenate([part.inputs["signal"] for part in parts])
    return boosting(signal, windows.targets["expansion"].values.astype(np.int64), split.index, seed)


def main() -> None:
    """Print a row per metric: floor, reference and network, mean over the seeds, and each seed's network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44, 45, 46])
    parser.add_argument("--reference", action="store_true", help="boosting alone")
    parser.add_argument("overrides", nargs="*", help="such as train.epochs=4")
    arguments = parser.parse_args()
    beside = [reference(seed, arguments.overrides) for seed in arguments.seeds]
    if arguments.reference:
        print("| metric | boosting | each seed |\n|---|---|---|")
        for label, metric in ROWS:
            scores = [one[metric] for one in beside]
            print(f"| {label} | {statistics.mean(scores):.3f} | {', '.join(f'{score:.3f}' for score in scores)} |")
        return
    runs = [network(seed, arguments.overrides) for seed in arguments.seeds]
    print(f"network: {' '.join(f'{seconds:.0f}' for _, seconds in runs)} s", flush=True)
    print("| metric | floor | boosting | network | network, each seed |\n|---|---|---|---|---|")
    for label, metric in ROWS:
        row(
            label, [metrics["span"][metric] for metrics, _ in runs], f"{statistics.mean(b[metric] for b in beside):.3f}"
        )
    pointers = [metrics["ptr"]["boundary_mae"] for metrics, _ in runs]
    row(POINTERS, pointers, "")
    print()
    beneath("span F1 at tIoU .5", [metrics["span"]["span_f1_50"] for metrics, _ in runs])
    beneath(POINTERS, pointers)


def row(label: str, found: list[dict[str, Any]], boosted: str) -> None:
    """Print one metric's mean floor, boosting, mean over the networks, and each."""
    floor, mean = (statistics.mean(score[part] for score in found) for part in ("floor", "value"))
    each = ", ".join(f"{score['value']:.3f}" for score in found)
    print(f"| {label} | {floor:.3f} | {boosted} | {mean:.3f} | {each} |")


def beneath(label: str, found: list[dict[str, Any]]) -> None:
    """Print one metric's mean difference from the floor with its interval over the seeds."""
    differences = [score["value"] - score["floor"] for score in found]
    mean = statistics.mean(differences)
    if len(differences) < 2:
        print(f"{label}, value - floor: {mean:.3f}, no interval of one seed")
        return
    low, high = interval(differences)
    print(f"{label}, value - floor: {mean:.3f}, 95 % [{low:.3f}, {high:.3f}] over {len(differences)} seeds")


def interval(differences: list[float]) -> tuple[float, float]:
    """The ends of the 95 % interval of the mean of two or more paired differences, by Student's t."""
    half = float(student_t.ppf((1 + CONFIDENCE) / 2, len(differences) - 1))
    half *= statistics.stdev(differences) / math.sqrt(len(differences))
    mean = statistics.mean(differences)
    return mean - half, mean + half


if __name__ == "__main__":
    main()
