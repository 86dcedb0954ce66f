"""CWRU's three fault classes split three ways, a network beside random forests on the same windows of 1 s.

    python benchmarks/cwru.py FOLDER

FOLDER holds the .mat files (`python benchmarks/recordings.py cwru SOURCE FOLDER` expands the compact ones). The network
is the study's config cwru. The forests have 300 trees: one on the network's own rows, one on the envelope's lines at
the bearing's exact fault orders, one on the plain spectrum, 64 bands of its logarithm. They train on the network's
training and validation windows, as they choose no checkpoint.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import polars
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix, roc_auc_score

from polyhead import api
from polyhead.config.data import DataOptions, WindowOptions
from polyhead.signals.assembly import assemble
from polyhead.signals.split import make_split
from polyhead.signals.windows import WindowSet
from polyhead.studies.bearings.features import feature_names, features

CONFIG = api.study_config("bearings", "cwru")
FOLDS = {7: 1, 14: 2, 21: 3}
LOADS = (0, 1, 2, 3)
CLASSES = ["ball", "inner", "outer"]
ENVELOPE = np.array([n.startswith("env") and not n.endswith(("rms", "kurtosis")) for n in feature_names()])
BANDS = 64
RATE_HZ = 12000.0


@dataclass
class Scores:
    """Macro AUROC and accuracy of each seed, and the windows (true, called) of them all."""

    auroc: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    confusion: NDArray[np.int64] = field(default_factory=lambda: np.zeros((3, 3), np.int64))
    seconds: list[float] = field(default_factory=list)


def splits() -> dict[tuple[str, str], list[str]]:
    """Overrides of each split. Random windows share no sample: what they claim is not owed to overlap."""
    chosen = {("random windows", "any"): ["data.stride_s=1.0", "data.split={by: window, stratify: [fault]}"]}
    for load in LOADS:
        hold_out = f"{{val: {{load_hp: [{(load - 1) % 4}]}}, test: {{load_hp: [{load}]}}}}"
        chosen["new load", f"{load} hp"] = [f"data.split={{hold_out: {hold_out}}}"]
    for diameter, fold in FOLDS.items():
        chosen["new diameter", f"{diameter} mil"] = [f"data.split.fold={fold}"]
    return chosen


def network(overrides: Sequence[str], seeds: Sequence[int]) -> Scores:
    """A run for each seed, judged on its test windows."""
    scores = Scores()
    for seed in seeds:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            run = api.train(CONFIG, [f"seed={seed}", *overrides], out=folder)
            frame = polars.read_parquet(run.folder / "predictions" / "test.parquet")
        scores.seconds.append(time.perf_counter() - began)
        found = run.metrics["test"]["fault"]
        scores.auroc.append(found["macro_auroc"]["value"])
        scores.accuracy.append(found["accuracy"]["value"])
        scores.confusion += confusion_matrix(frame["fault.truth"], frame["fault.pred"], labels=CLASSES)
    return scores


def forest(table: NDArray[np.floating], overrides: Sequence[str], seeds: Sequence[int]) -> Scores:
    """The same for a forest on the rows of `table`, a row for each window."""
    scores = Scores()
    experiment = api.load(CONFIG, overrides).experiment
    windows = assemble(experiment.data, api.read(experiment.data), 0)
    truth = windows.columns["fault"]
    for seed in seeds:
        began = time.perf_counter()
        split = make_split(windows, experiment.data.split, seed)
        fitted = np.concatenate([split["train"], split["val"]])
        model = RandomForestClassifier(300, random_state=seed, n_jobs=-1).fit(table[fitted], truth[fitted])
        share = model.predict_proba(table[split["test"]])
        called = model.classes_[share.argmax(axis=1)]
        held = truth[split["test"]]
        scores.auroc.append(roc_auc_score(held, share, multi_class="ovr", labels=model.classes_))
        scores.accuracy.append(float(np.mean(called == held)))
        scores.confusion += confusion_matrix(held, called, labels=CLASSES)
        scores.seconds.append(time.perf_counter() - began)
    return scores


@cache
def tables(path: str, stride_s: float) -> tuple[NDArray[np.floating], ...]:
    """The network's rows, the envelope's lines and the plain spectrum (window, feature) of every window."""
    rows, windows = _orders(path, stride_s), _waveforms(path, stride_s)
    assert np.array_equal(rows.columns["recording"], windows.columns["recording"])
    parts = []
    for first in range(0, len(windows), 256):
        batch = windows.fetch(np.arange(first, min(first + 256, len(windows)))).inputs
        signal, (rpm, load) = batch["signal"][:, 0], batch["known"].T
        lines = features(signal, np.stack([load, rpm / 60], axis=1), RATE_HZ)[:, ENVELOPE]
        power = np.abs(np.fft.rfft(signal * np.hanning(signal.shape[1]), axis=1)) ** 2
        edges = np.linspace(0, power.shape[1], BANDS + 1).astype(int)[:-1]
        parts.append((np.nan_to_num(lines), np.log(np.add.reduceat(power, edges, axis=1))))
    lines, plain = (np.concatenate(part) for part in zip(*parts, strict=True))
    return rows.fetch(np.arange(len(rows))).inputs["orders"].reshape(len(rows), -1), lines, plain


def _orders(path: str, stride_s: float) -> WindowSet:
    """The windows as the network reads them."""
    data = api.load(CONFIG, [f"data.path={path}", f"data.stride_s={stride_s}"]).experiment.data
    return assemble(data, api.read(data), 0)


def _waveforms(path: str, stride_s: float, length: int = int(RATE_HZ), **options: object) -> WindowSet:
    """The same windows as samples; `options` are those of the reader."""
    select = api.load(CONFIG, [f"data.path={path}"]).experiment.data.select
    cut = WindowOptions(length=length, stride=round(RATE_HZ * stride_s))
    data = DataOptions(reader="cwru", path=path, options=dict(options), group="recording", window=cut)
    data = data.model_copy(update={"select": {} if options else select})
    return assemble(data, api.read(data), 0)


def trap(path: str) -> list[str]:
    """How far one number, the share of the power above a quarter of the sampling rate, tells healthy from faulty."""
    lines = ["| read at | healthy | faulty | AUROC of this one number |", "|---|---|---|---|"]
    for name, rate_hz in (("each its own rate", None), ("12 kHz", RATE_HZ)):
        windows = _waveforms(path, 4096 / RATE_HZ, 4096, rate_hz=rate_hz)
        signal = windows.fetch(np.arange(len(windows))).inputs["signal"][:, 0]
        centred = (signal - signal.mean(axis=1, keepdims=True)) * np.hanning(4096)
        power = np.abs(np.fft.rfft(centred, axis=1)) ** 2
        share = power[:, power.shape[1] // 2 :].sum(axis=1) / power.sum(axis=1)
        faulty = windows.columns["is_faulty"] == 1
        ranges = [f"{share[side].min():.3f} to {share[side].max():.3f}" for side in (~faulty, faulty)]
        lines.append(f"| {name} | {' | '.join(ranges)} | {roc_auc_score(faulty, share):.3f} |")
    return lines


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over the seeds."""
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values) if len(values) > 1 else 0:.3f}"


def row(split: str, held: str, each: Sequence[Scores]) -> str:
    """One line of the table of splits."""
    cells = [cell for scores in each for cell in (spread(scores.auroc), f"{statistics.mean(scores.accuracy):.3f}")]
    return f"| {split} | {held} | " + " | ".join(cells) + " |"


def mean_of(several: Sequence[Scores]) -> Scores:
    """Each seed's mean over the held-out values."""
    auroc = [statistics.mean(values) for values in zip(*(one.auroc for one in several), strict=True)]
    accuracy = [statistics.mean(values) for values in zip(*(one.accuracy for one in several), strict=True)]
    return Scores(auroc, accuracy)


def main() -> None:
    """Print the table of splits, what becomes of each class of 14 mil, and the trap of the sampling rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44, 45, 46])
    arguments = parser.parse_args()
    path, seeds = str(arguments.folder.resolve()), arguments.seeds
    began = time.perf_counter()
    for stride_s in (0.25, 1.0):
        tables(path, stride_s)
    print(f"reading and features: {time.perf_counter() - began:.0f} s", flush=True)
    models = ("network", "forest, same rows", "forest, envelope lines", "forest, plain spectrum")
    print("| split | held out | " + " | ".join(f"{model} | accuracy" for model in models) + " |")
    print("|---|---|" + "---|---|" * len(models), flush=True)
    found: dict[tuple[str, str], list[Scores]] = {}
    for (split, held), overrides in splits().items():
        overrides = [f"data.path={path}", *overrides]
        beside = tables(path, 1.0 if split == "random windows" else 0.25)
        found[split, held] = [network(overrides, seeds), *(forest(table, overrides, seeds) for table in beside)]
        print(row(split, held, found[split, held]), flush=True)
    for split in ("new load", "new diameter"):
        of = [each for (name, _), each in found.items() if name == split]
        print(row(split, "mean", [mean_of(several) for several in zip(*of, strict=True)]))
    every = [each for scores in found.values() for each in scores[0].seconds]
    forests = sum(sum(one.seconds) for scores in found.values() for one in scores[1:])
    print(f"network: {statistics.mean(every):.1f} s a run, {max(every):.1f} at most; all forests: {forests:.0f} s\n")
    print("| 14 mil | truth | " + " | ".join(f"called {name}" for name in CLASSES) + " |\n|---|---|---|---|---|")
    for model, scores in zip(models, found["new diameter", "14 mil"], strict=True):
        for name, counts in zip(CLASSES, scores.confusion, strict=True):
            print(f"| {model} | {name} | " + " | ".join(f"{share:.3f}" for share in counts / counts.sum()) + " |")
    print("\n" + "\n".join(trap(path)))


if __name__ == "__main__":
    main()
