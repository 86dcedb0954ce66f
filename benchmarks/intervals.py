"""Seconds that scoring with its interval takes at 100,000 windows of 1,000 recordings, for each kind of task.

OMP_NUM_THREADS=1 python benchmarks/intervals.py
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from polyhead.scoring.board import fit_reference, score_task
from polyhead.scoring.prediction import Prediction

ROWS, RECORDINGS, CLASSES, LABELS, CHANNELS, STEPS = 100_000, 1000, 24, 20, 2, 24


def predictions(rng: np.random.Generator) -> dict[str, Prediction]:
    """Predictions that are right more often than not, one of each kind."""
    mask, recording = np.ones(ROWS, bool), np.arange(ROWS) * RECORDINGS // ROWS
    code, flag = rng.integers(0, CLASSES, ROWS), rng.integers(0, 2, ROWS)
    tags = rng.integers(0, 2, (ROWS, LABELS))
    number, signal = rng.normal(size=(ROWS, 2)), rng.normal(size=(ROWS, CHANNELS, STEPS))
    shares = rng.random((ROWS, CLASSES)) + 2 * np.eye(CLASSES)[code]
    shares /= shares.sum(axis=1, keepdims=True)
    yes, marks = (flag + rng.random(ROWS)) / 2, (tags + rng.random(tags.shape)) / 2
    near, ahead = number + rng.normal(size=number.shape), signal + rng.normal(size=signal.shape)
    each = {
        "classification": Prediction(code, shares.argmax(axis=1), mask, recording, shares),
        "ordinal": Prediction(code, shares.argmax(axis=1), mask, recording, shares),
        "binary": Prediction(flag, (yes > 0.5).astype(int), mask, recording, yes),
        "multilabel": Prediction(tags, (marks > 0.5).astype(int), mask, recording, marks),
        "regression": Prediction(number, near, mask, recording),
        "reconstruction": Prediction(signal, ahead, mask, recording),
    }
    return each | {"forecast": Prediction(signal, ahead, mask, recording, last=signal[:, :, 0])}


def main() -> None:
    """Print a row per kind: the median of three."""
    print(f"| kind, {ROWS:,} windows | s |\n|---|---|")
    for kind, one in predictions(np.random.default_rng(0)).items():
        reference = fit_reference(kind, one.truth[: ROWS // 2], classes=CLASSES if kind in _CLASSES else None)
        times = []
        for seed in range(3):
            began = time.perf_counter()
            score_task(kind, one, reference, interval=True, seed=seed)
            times.append(time.perf_counter() - began)
        print(f"| {kind} | {statistics.median(times):.1f} |", flush=True)


_CLASSES = ("classification", "ordinal")

if __name__ == "__main__":
    main()
