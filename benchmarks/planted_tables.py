"""Tables of metrics computed from simulated predictions: pooled as they should be, or with a fault, and rounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

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
from planted_case import Diagnosed, PlantedCase
from polyhead.diagnosis.diagnose import Diagnosis

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


BATCHED = frozenset(("impossible-metrics", "inverted-score", "below-floor", "below-majority", "degenerate-r2"))
TABLES: tuple[tuple[str, Callable[[Answers, float], Rows], tuple[float, float, float], frozenset[str]], ...] = (
    ("batch-averaged-metric", by_batch, (0.25, 0.6, 0.96), BATCHED),
    ("impossible-metrics", mixed, (0.05, 0.15, 0.3), frozenset(("batch-averaged-metric",))),
    ("redundant-metrics", micro, (0.0, 0.0, 0.0), frozenset()),
    ("metric-scale", scaled, (0.8, 0.5, 0.2), frozenset()),
    (
        "degenerate-r2",
        nearly_constant,
        (0.1, 0.03, 0.01),
        frozenset(("batch-averaged-metric", "below-floor", "impossible-metrics")),
    ),
    ("inverted-score", turned, (0.7, 0.85, 1.0), frozenset(("below-floor", "below-majority", "batch-averaged-metric"))),
    ("below-floor", mean_said, (0.3, 1.0, 3.0), frozenset(("constant-output", "degenerate-r2"))),
    ("below-majority", mostly_no, (0.6, 0.8, 1.0), frozenset(("below-floor", "probability-collapse"))),
)
"""Id, plant, doses, and what rightly follows. A mean of R2 over recordings is both a degenerate R2 and a metric that is
averaged where it should be pooled."""


def tables(seeds: int = 3) -> Iterator[PlantedCase]:
    """Each fault and dose with `seeds` seeds, each with another number of decimals; ten sound tables for each seed."""
    for number_, (id, plant, doses, follows) in enumerate(TABLES):
        for dose, value in zip(("mild", "medium", "severe"), doses, strict=True):
            for seed in range(seeds):
                rows = plant(Answers(100 * number_ + seed), value)
                name = f"table-{plant.__name__}-{dose}-{seed}"
                yield PlantedCase(name, id, dose, follows, _diagnosed(rows, 3 + seed % 3))
    for seed in range(10 * seeds):
        rows = Answers(5000 + seed).pooled()
        yield PlantedCase(f"healthy-table-{seed}", None, "none", frozenset(), _diagnosed(rows, 2 + seed % 4))


def _diagnosed(rows: Mapping[str, Mapping[str, float]], decimals: int) -> Diagnosed:
    def diagnose(folder: Path) -> Diagnosis:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "metrics.csv"
        lines = [f"{task},{name},{value:.{decimals}f}" for task, own in rows.items() for name, value in own.items()]
        path.write_text("\n".join(["task,metric,value", *lines]) + "\n")
        return polyhead.diagnose(path)

    return diagnose
