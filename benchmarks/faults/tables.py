"""Tables of metrics computed from simulated predictions: pooled as they should be, or with a fault, and rounded."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
)

import polyhead
from faults.case import BenchCase, Looked, Made
from faults.fault import Fault, nothing
from faults.running import looked

Array = NDArray[np.float64]
Rows = dict[str, dict[str, float]]
WINDOWS = 1600


class Answers:
    """What a fair network says of three tasks: faulty (yes or no), life (a number) and kind (four classes)."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 5])
        self.rng = rng
        self.yes = (rng.random(WINDOWS) < rng.uniform(0.05, 0.5)).astype(int)
        self.score = 1 / (1 + np.exp(-(rng.uniform(1, 3) * (self.yes - 0.5) * 2 + rng.normal(size=WINDOWS))))
        self.unit = rng.uniform(5, 500)
        self.life = self.unit * (1 + 0.3 * rng.normal(size=WINDOWS))
        self.said = self.life + self.unit * rng.uniform(0.05, 0.25) * rng.normal(size=WINDOWS)
        self.kind = rng.choice(4, size=WINDOWS, p=[0.55, 0.25, 0.15, 0.05])
        self.named = np.where(rng.random(WINDOWS) < rng.uniform(0.6, 0.95), self.kind, rng.integers(4, size=WINDOWS))

    def pooled(self) -> Rows:
        """All windows together."""
        return {"faulty": yes_or_no(self.yes, self.score), "life": number(self.life, self.said), "kind": self.kinds()}

    def kinds(self, average: str = "macro") -> dict[str, float]:
        """The metrics of the four classes."""
        told = {"accuracy": accuracy_score(self.kind, self.named)}
        names = ("precision", "recall", "f1")
        for name, score in zip(names, (precision_score, recall_score, f1_score), strict=True):
            key = f"{average}_{name}" if average == "macro" else name
            told[key] = score(self.kind, self.named, average=average, zero_division=0)
        return told


def yes_or_no(yes: NDArray[np.int_], score: Array) -> dict[str, float]:
    """The metrics of one set of windows; AUROC is 0 where only one class is there, as some libraries say."""
    said = (score >= 0.5).astype(int)
    return {
        "accuracy": accuracy_score(yes, said),
        "precision": precision_score(yes, said, zero_division=0),
        "recall": recall_score(yes, said, zero_division=0),
        "f1": f1_score(yes, said, zero_division=0),
        "auroc": roc_auc_score(yes, score) if 0 < yes.sum() < len(yes) else 0.0,
    }


def number(true: Array, said: Array) -> dict[str, float]:
    """The metrics of one set of windows."""
    mse = mean_squared_error(true, said)
    return {"mae": mean_absolute_error(true, said), "mse": mse, "rmse": mse**0.5, "r2": r2_score(true, said)}


def _averaged(parts: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([one[name] for one in parts])) for name in parts[0]}


def by_batch(answers: Answers, share: float, size: int = 32) -> Rows:
    """Means over batches, of which a `share` holds one class only."""
    batches = WINDOWS // size
    alone = answers.rng.random(batches) < share
    order = {label: list(np.flatnonzero(answers.yes == label)) for label in (0, 1)}
    parts = []
    for one in alone:
        label = int(len(order[1]) > size and answers.rng.random() < len(order[1]) / (len(order[0]) + len(order[1]) + 1))
        left = order[label] if one and len(order[label]) >= size else None
        rows = [left.pop() for _ in range(size)] if left else []
        while not left and len(rows) < size and (order[0] or order[1]):
            total = len(order[0]) + len(order[1])
            rows.append(order[int(answers.rng.random() < len(order[1]) / total)].pop())
        if len(rows) == size:
            parts.append(yes_or_no(answers.yes[rows], answers.score[rows]))
    return answers.pooled() | {"faulty": _averaged(parts)}


def mixed(answers: Answers, shift: float) -> Rows:
    """Precision and recall of one threshold beside accuracy and F1 of another."""
    other = yes_or_no(answers.yes, np.clip(answers.score + shift, 0, 1))
    told = answers.pooled()
    return told | {"faulty": told["faulty"] | {"accuracy": other["accuracy"], "f1": other["f1"]}}


def micro(answers: Answers, _: float) -> Rows:
    """Precision, recall and F1 over classes by micro averaging."""
    return answers.pooled() | {"kind": answers.kinds("micro")}


def scaled(answers: Answers, share: float) -> Rows:
    """Errors in units of the target's spread, the target's own beside it; `share` is the error's."""
    life = (answers.life - answers.life.mean()) / answers.life.std()
    said = life + share * answers.rng.normal(size=WINDOWS)
    return answers.pooled() | {"life": number(life, said) | {"target_sd": float(answers.life.std())}}


def nearly_constant(answers: Answers, spread: float) -> Rows:
    """R2 as a mean over recordings within which the target varies by `spread` of its whole."""
    level = answers.rng.normal(size=40)
    parts = []
    for one in level:
        true = one + spread * answers.rng.normal(size=WINDOWS // 40)
        parts.append(number(true, true + 0.2 * answers.rng.normal(size=len(true))))
    return answers.pooled() | {"life": _averaged(parts)}


def turned(answers: Answers, share: float) -> Rows:
    """A `share` of the scores turned round, all of them pooled."""
    hit = answers.rng.random(WINDOWS) < share
    return answers.pooled() | {"faulty": yes_or_no(answers.yes, np.where(hit, 1 - answers.score, answers.score))}


def mean_said(answers: Answers, noise: float) -> Rows:
    """The mean of another set is said of every window, give or take."""
    said = answers.life.mean() + noise * answers.life.std() * (0.3 + answers.rng.normal(size=WINDOWS))
    return answers.pooled() | {"life": number(answers.life, said)}


def mostly_no(answers: Answers, slack: float) -> Rows:
    """A score of chance at a threshold that makes many false alarms, the share of positives beside it."""
    score = answers.rng.random(WINDOWS) * slack
    told = yes_or_no(answers.yes, score) | {"prevalence": float(answers.yes.mean()), "n": WINDOWS}
    return answers.pooled() | {"faulty": told}


BATCHED = frozenset(("inverted-score", "below-floor", "below-majority", "degenerate-r2"))
FLOOR = frozenset(("below-floor", "below-majority", "batch-averaged-metric"))


def _fault(row: str, causes: tuple[str, ...], plant: Any, doses: tuple[float, float, float], *follows: str) -> Fault:
    name = f"table-{plant.__name__.replace('_', '-')}"
    harmless: dict[str, tuple[str, ...]] = {"table": ()}
    return Fault(row, causes, doses, nothing, harmless, ("code",), frozenset(follows), "static", called=name)


TABLES = (
    (by_batch, _fault("15", ("batch-averaged-metric", "impossible-metrics"), by_batch, (0.25, 0.6, 0.96), *BATCHED)),
    (mixed, _fault("16", ("impossible-metrics",), mixed, (0.05, 0.15, 0.3), "batch-averaged-metric")),
    (micro, _fault("17", ("redundant-metrics",), micro, (0.0, 0.0, 0.0))),
    (scaled, _fault("18", ("metric-scale", "impossible-metrics"), scaled, (0.8, 0.5, 0.2))),
    (
        nearly_constant,
        _fault(
            "19",
            ("degenerate-r2", "batch-averaged-metric"),
            nearly_constant,
            (0.1, 0.03, 0.01),
            "below-floor",
            "impossible-metrics",
        ),
    ),
    (turned, _fault("14", ("inverted-score",), turned, (0.7, 0.85, 1.0), *FLOOR)),
    (mean_said, _fault("12", ("below-floor",), mean_said, (0.3, 1.0, 3.0), "constant-output", "degenerate-r2")),
    (mostly_no, _fault("13", ("below-majority", "below-floor"), mostly_no, (0.6, 0.8, 1.0), "probability-collapse")),
)
"""What is planted in a table, and what may be said of it. A mean of R2 over recordings is both a degenerate R2 and a
metric that is averaged where it should be pooled."""


def tables(seeds: int, healthy: int) -> Iterator[BenchCase]:
    """Each fault and dose with `seeds` seeds, each with another number of decimals; so many `healthy` ones."""
    for number_, (plant, fault) in enumerate(TABLES):
        for dose, value in fault.dosed():
            for seed in range(seeds):
                rows = partial(_planted, plant, 100 * number_ + seed, value)
                name = f"{fault.name}-{dose}-{seed}"
                yield BenchCase(name, "fault", "table", seed, _made(rows, 3 + seed % 3), fault, dose, "table")
    for seed in range(healthy):
        rows = partial(_planted, Answers.pooled, 5000 + seed)
        yield BenchCase(f"table-healthy-{seed}", "healthy", "table", seed, _made(rows, 2 + seed % 4), kind="table")


def _planted(plant: Callable[..., Rows], seed: int, *dose: float) -> Rows:
    return plant(Answers(seed), *dose)


def _made(rows: Callable[[], Rows], decimals: int) -> Made:
    def make(_: Path) -> Looked:
        lines = [f"{task},{name},{value:.{decimals}f}" for task, own in rows().items() for name, value in own.items()]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "metrics.csv"
            path.write_text("\n".join(["task,metric,value", *lines]) + "\n")
            began = time.process_time()
            return looked(polyhead.diagnose(path), 0.0, time.process_time() - began)

    return make
