"""A run's record as the plain log that other tools read: a line for each step or epoch.

`losses` are those that went backward, one a step: a monitor's record knows only what it was told of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

_NAMES = {"total_loss": "loss", "total_grad_norm": "grad_norm", "lr": "lr", "seconds": "step_time"}


def has_steps(run: Path) -> bool:
    """Whether the run recorded any step."""
    return any((run / "trace" / "steps").glob("*.parquet"))


def epochs(run: Path, losses: Sequence[float]) -> list[dict[str, Any]]:
    """A record for each epoch that began: mean loss and gradient norm of its steps, rate and seconds; `eval_loss` is
    that of validation, None where the epoch was not closed."""
    own = [pl.col("step").last(), pl.col("loss", "grad_norm", "step_time").mean(), pl.col("lr").last()]
    table = _steps(run, losses).group_by("epoch").agg(own)
    judged = run / "trace" / "epoch_metrics.csv"
    if judged.is_file():
        losses = pl.read_csv(judged, columns=["epoch", "val_loss"], schema_overrides={"val_loss": pl.Float64})
        table = table.join(losses.rename({"val_loss": "eval_loss"}).cast({"epoch": pl.Int32}), on="epoch", how="left")
    else:
        table = table.with_columns(eval_loss=pl.lit(None, pl.Float64))
    return table.sort("epoch").drop("epoch").to_dicts()


def steps(run: Path, losses: Sequence[float]) -> list[dict[str, Any]]:
    """A record for each step of a run, with the validation loss after the last step of an epoch."""
    judged = {one["step"]: one["eval_loss"] for one in epochs(run, losses)}
    return [row | {"eval_loss": judged.get(row["step"])} for row in _steps(run, losses).drop("epoch").to_dicts()]


def is_broken(run: Path, losses: Sequence[float]) -> bool:
    """Whether any step's loss or gradient was not finite."""
    return not bool(_steps(run, losses).select(pl.col("loss", "grad_norm").is_finite().all()).to_numpy().all())


def _steps(run: Path, losses: Sequence[float]) -> pl.DataFrame:
    files = sorted((run / "trace" / "steps").glob("*.parquet"))
    table = pl.concat([pl.read_parquet(file, columns=["step", "epoch", *_NAMES]) for file in files])
    table = table.rename(_NAMES).cast({"epoch": pl.Int32}).sort("step")
    return table.with_columns(loss=pl.Series(losses[: len(table)], dtype=pl.Float64))
