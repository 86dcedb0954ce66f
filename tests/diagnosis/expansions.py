"""The published run on price bars as its write-up tells it: heads at their floors beside a loud countdown."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.scoring.board import fit_reference, metrics_of, score_task
from polyhead.scoring.prediction import Prediction

from .profiles import SPLIT, profile

KINDS = {"type": "classification", "ptr": "pointers", "span": "span", "countdown": "countdown"}
BARS, TRAIN, VAL, EPOCHS = 105, 168, 42, 100
FIRST = {"type": 1.08, "ptr": 0.025, "span": 0.60, "countdown": 16.12}
LAST = {"type": 0.68, "ptr": 0.009, "span": 0.28, "countdown": 10.08}
SIGMA = {"type": 0.83, "ptr": 0.41, "span": 0.60, "countdown": 1.47}
STEP = {"type": 0.15, "ptr": 0.05, "span": 0.10, "countdown": 0.70}
"""Shares of the gradient at the shared layer."""
Labels = dict[str, NDArray[np.generic]]


def labels(windows: int, rng: np.random.Generator) -> Labels:
    """Of each window one span of about 7 of the 105 bars."""
    start = rng.integers(0, BARS, windows)
    end = np.minimum(start + rng.geometric(1 / 7, windows) - 1, BARS - 1)
    bar = np.arange(BARS)
    return {
        "type": rng.integers(0, 2, windows),
        "ptr": np.stack([start, end], axis=1).astype(float),
        "span": ((start[:, None] <= bar) & (bar <= end[:, None])).astype(np.int64),
        "countdown": np.clip(start[:, None] - bar, -20, 20).astype(float),
    }


def at_floors(train: Labels, truth: Labels, rng: np.random.Generator) -> dict[str, Prediction]:
    """Predictions that know the base rate, the medians and the bar's place, and nothing of the input."""
    shape = truth["span"].shape
    said: dict[str, tuple[NDArray[np.generic], NDArray[np.float64] | None]] = {
        "type": (np.zeros(VAL, np.int64), 0.5 + 0.01 * np.array([1, -1]) + np.zeros((VAL, 2))),
        "ptr": (np.median(train["ptr"], axis=0) + rng.normal(size=(VAL, 2)), None),
        "span": (np.zeros(shape, np.int64), np.clip(train["span"].mean() + 0.01 * rng.normal(size=shape), 0, 1)),
        "countdown": (np.median(train["countdown"], axis=0) + 0.5 * rng.normal(size=shape), None),
    }
    mask, recording = np.ones(VAL, bool), np.arange(VAL)
    return {task: Prediction(truth[task], pred, mask, recording, score) for task, (pred, score) in said.items()}


@cache
def reported() -> Case:
    """The case: validation over 100 epochs and predictions of the epoch that was kept, 42 windows."""
    rng = np.random.default_rng(0)
    train, truth = labels(TRAIN, rng), labels(VAL, rng)
    found = at_floors(train, truth, rng)
    epoch = np.arange(1.0, EPOCHS + 1)
    loss = {task: np.interp(epoch, [1, 50, 100], [FIRST[task], LAST[task], 0.9999 * LAST[task]]) for task in KINDS}
    table = {"epoch": epoch} | loss | {"total": np.sum([*loss.values()], axis=0)}
    sigma = {task: np.interp(epoch, [1, 50, 100], [1, last, last]) for task, last in SIGMA.items()}
    steps = {"step": epoch, "epoch": epoch}
    for task in KINDS:
        weight = 1 / (2 * sigma[task] ** 2)
        steps |= {f"weight.{task}": weight, f"grad_norm.{task}": STEP[task] / weight}
    split = replace(SPLIT, by="window", straddling=11, overlapping=11, windows={"train": TRAIN, "val": VAL})
    return Case(
        origin="the write-up",
        tasks={
            task: TaskFacts(task, kind=kind, primary=metrics_of(kind)[0].name, classes=("0", "1") * (task == "type"))
            for task, kind in KINDS.items()
        },
        profile=profile(split=split),
        losses={"train": table, "val": table},
        weights={"epoch": epoch} | {f"sigma_{task}": one for task, one in sigma.items()},
        steps=steps,
        predictions={
            "val": {
                task: Predicted(np.arange(VAL).astype(str), _named(task, one.truth), _named(task, one.pred), one.mask,
                                one.score)
                for task, one in found.items()
            }
        },
        metrics={
            "val": {
                task: score_task(kind, found[task], fit_reference(kind, train[task], classes=2), interval=True)
                for task, kind in KINDS.items()
            }
        },
        state={"status": "finished", "best": {"monitor": None, "epoch": EPOCHS, "kept": True}},
    )  # fmt: skip


def _named(task: str, values: NDArray[np.generic]) -> NDArray[np.generic]:
    return values.astype(str) if task == "type" else values
