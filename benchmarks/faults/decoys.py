"""Healthy runs that look sick: what a rule of thumb would take for a fault, and is none."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faults.recipe import Recipe
from faults.recipes import RECIPES, drawn
from faults.running import metrics_of, primary


@dataclass(frozen=True)
class Decoy:
    """`dress` makes a recipe look sick, `looks` says of the finished run's folder whether it does."""

    recipe: str
    dress: Callable[[Recipe], None]
    looks: Callable[[Path], bool]

    @property
    def name(self) -> str:
        """Names the decoy."""
        return self.dress.__name__.replace("_", "-")

    def made(self, seed: int) -> Recipe:
        """The recipe of this seed, dressed."""
        recipe = drawn(self.recipe, seed)
        self.dress(recipe)
        return recipe


def negative_likelihood(r: Recipe) -> None:
    """A likelihood of small noise: the loss is far below zero, and rightly so."""
    for task in r.numbers:
        r.config["tasks"][task]["loss_fn"] = {"name": "gaussian_nll", "beta": 0.0}
    r.put(balance={"method": "sum"}, train__epochs=24)


def negative_total(r: Recipe) -> None:
    """Learned log-variances make the weighted total negative; the checkpoint is chosen by skill."""
    r.put(balance={"method": "kendall", "lr": 0.1}, train__epochs=16)


def bad_first_epoch(r: Recipe) -> None:
    """The rate rises slowly from nothing: the first epoch is worse than the mean."""
    r.put(train__schedule={"name": "cosine", "warmup": 300}, train__epochs=24)
    r.config["train"].pop("ema", None)


def truly_accurate(r: Recipe) -> None:
    """Frames so clean that 97 % and more are right."""
    fresh = np.random.default_rng([int(r.config["seed"]), 77])
    quiet = RECIPES["iq"](fresh, size=1.5)
    loud = quiet.arrays["snr"] > 9
    quiet.keep(loud)
    r.arrays, r.clean = quiet.arrays, {name: quiet.arrays[name] for name in ("modulation", "drift")}
    r.config["tasks"].pop("snr")
    r.config["data"]["targets"].pop("snr")
    r.put(train__epochs=16)


def rare_and_found(r: Recipe) -> None:
    """One positive in fifty, and the network finds them."""
    seed = [int(r.config["seed"]), zlib.crc32(b"rare")]
    many = RECIPES["ph"](np.random.default_rng(seed), size=7, steps=(0.3, 0.5))
    rows = np.random.default_rng(seed).random(len(many.arrays["lag"]))
    many.keep((many.arrays["lag"] == 0) | (rows < 0.02))
    r.arrays, r.clean = many.arrays, {name: many.arrays[name] for name in ("rate", "reach", "lag")}
    r.put(tasks__lag__metrics=["average_precision", "auroc"], train__epochs=6)


def loud_and_light(r: Recipe) -> None:
    """One task holds most of the raw loss by its units, and its fair share of the gradient by its weight."""
    task = r.numbers[0]
    values = r.arrays[task]
    r.arrays[task] = r.clean[task] = 6 * (values - values.mean()) / values.std()
    r.put(**{f"tasks__{task}": {"kind": "regression", "scale": "none", "loss_fn": "mse"}}, balance={"method": "floor"})


def long_at_rest(r: Recipe) -> None:
    """Training goes on long after all is learned."""
    r.put(train__epochs=36, train__schedule="cosine")
    r.config["train"].pop("ema", None)


def _table(folder: Path, name: str) -> Any:
    import polars

    return polars.read_csv(folder / "run" / "trace" / f"{name}.csv")


def _negative_loss(folder: Path) -> bool:
    losses = _table(folder, "loss_components")
    tasks = [name for name in losses.columns if name.startswith("loss_")]
    return any(bool((losses[name].cast(float) < 0).any()) for name in tasks)


def _negative_steps(folder: Path) -> bool:
    import polars

    steps = polars.read_parquet(folder / "run" / "trace" / "steps" / "*.parquet")
    return bool((steps["total_loss"] < 0).any())


def _bad_start(folder: Path) -> bool:
    scores = _table(folder, "epoch_metrics")
    return any(float(scores[name][0]) < 0 for name in scores.columns if name.endswith("_r2"))


def _accurate(folder: Path) -> bool:
    return float(metrics_of(folder)["test"]["modulation"]["accuracy"]["value"]) >= 0.97


def _rare(folder: Path) -> bool:
    found = primary(metrics_of(folder), "test", "lag") or {}
    return float(found.get("skill") or 0) > 0.5


def _loud(folder: Path) -> bool:
    import polars

    steps = polars.read_parquet(folder / "run" / "trace" / "steps" / "*.parquet")
    late = steps.tail(len(steps) // 2)
    losses = {name: _median(late[name]) for name in late.columns if name.startswith("loss.")}
    return max(losses.values()) / sum(losses.values()) > 0.6


def _median(column: Any) -> float:
    values: NDArray[np.float64] = column.to_numpy().astype(float)
    return float(np.nanmedian(values))


def _at_rest(folder: Path) -> bool:
    losses = _table(folder, "epoch_metrics")["val_loss"].to_numpy().astype(float)
    return bool(abs(losses[-1] - losses[len(losses) * 2 // 3]) < 0.1 * losses[0])


DECOYS = (
    Decoy("heading", negative_likelihood, _negative_loss),
    Decoy("detector", negative_total, _negative_steps),
    Decoy("sarcos", bad_first_epoch, _bad_start),
    Decoy("iq", truly_accurate, _accurate),
    Decoy("ph", rare_and_found, _rare),
    Decoy("detector", loud_and_light, _loud),
    Decoy("drive", long_at_rest, _at_rest),
)
"""Beside them the loops with many silent ReLUs, faults.loops.SPARSE."""
