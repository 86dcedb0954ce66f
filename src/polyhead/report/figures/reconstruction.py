"""Errors of reconstructed windows: their distribution per channel, and the recordings that stand out.

The samples themselves are not among the predictions, where they would be the input over again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polyhead.report.figures.canvas import COLOURS, INK, Panel, colour, dash, draw, short
from polyhead.report.figures.values import columns_of
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

DRAWN = 8  # channels whose curves can still be told apart
NAMED = 10  # recordings that are shown by name


def reconstruction_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """How the error of a window is distributed in each channel, and which recordings have the largest."""
    error = rows.select(columns_of(rows, f"{task}.rmse")).to_numpy()
    if not error.size or not np.isfinite(error).all():
        return []
    channels = _channels(run, task, error.shape[1])
    panels = [_distribution(task, channels, error, _spreads(run, task, channels))]
    names = rows["recording"].cast(str).to_list()
    return [*panels, _recordings(task, names, relative(error))] if len(set(names)) > 1 else panels


def relative(error: np.ndarray) -> np.ndarray:
    """Error of each window (window,) as the mean over channels of its multiple of the channel's median error: channels
    of different units weigh alike."""
    median = np.median(error, axis=0)
    return np.asarray(
        (error[:, median > 0] / median[median > 0]).mean(axis=1) if (median > 0).any() else error.mean(axis=1)
    )


def _channels(run: Run, task: str, count: int) -> list[str]:
    options, inputs = run.options(task), run.data.get("inputs") or {}
    named = options.get("channels") or (inputs.get(options.get("input")) or {}).get("channels") or []
    return [str(name) for name in named] if len(named) == count else [f"channel {index}" for index in range(count)]


def _spreads(run: Run, task: str, channels: list[str]) -> np.ndarray | None:
    """Standard deviation of each channel in training, None where data.json does not hold it."""
    of = run.data.get("inputs", {}).get(run.options(task).get("input")) or {}
    found = [(of.get("profile", {}).get(channel) or {}).get("sd") for channel in channels]
    return np.array(found, dtype=float) if found and all(found) else None


def _distribution(task: str, channels: list[str], error: np.ndarray, spread: np.ndarray | None) -> Panel:
    share = np.arange(1, len(error) + 1) / len(error)
    # Channels may differ in unit, so each is measured by what it has of its own.
    own = np.median(error, axis=0) if spread is None else spread
    error = error / np.where(own > 0, own, 1)

    def paint(axes: Axes) -> None:
        for index, name in enumerate(channels[:DRAWN]):
            style: Any = {"color": colour(index), "ls": dash(index), "label": short(name)}
            axes.step(np.sort(error[:, index]), share, where="post", **style)
        if spread is not None:
            axes.axvline(1, color=INK, lw=1, ls="--", label="mean of the channel")
        top = float(np.percentile(error[:, :DRAWN], 99)) * 1.15
        axes.set(xlim=(0, max(top, 1.1)), ylim=(0, 1.02), title="share of windows with at most this error")
        axes.set_xlabel(f"RMSE of a window / {'its median' if spread is None else 'sd of the channel in training'}")

    some = f", the first {DRAWN} of {len(channels)} channels" if len(channels) > DRAWN else ""
    beyond = "; dashed: about what the channel's mean would score" if spread is not None else ""
    return draw(f"errors-{task}", f"Distribution of the error of a window of {task}{some}{beyond}.", paint)


def _recordings(task: str, names: list[str], error: np.ndarray) -> Panel:
    import polars as pl

    each = pl.DataFrame({"name": names, "error": error}).group_by("name").agg(pl.col("error").median())
    worst = each.sort("error", "name", descending=[True, False]).head(NAMED)

    def paint(axes: Axes) -> None:
        at = np.arange(worst.height)
        axes.barh(at, worst["error"].to_numpy(), color=COLOURS[0], alpha=0.75, height=0.7)
        axes.set_yticks(at, [short(name, 16) for name in worst["name"]])
        axes.invert_yaxis()
        axes.axvline(1, color=COLOURS[1], lw=1, ls="--", label="the usual error")
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="multiple of the median error", title="recordings with the largest error")

    some = f", the {worst.height} largest of {each.height}" if worst.height < each.height else ""
    caption = f"Median error of {task} in each recording{some}."
    return draw(f"recordings-{task}", caption, paint, height=max(1.6, 0.8 + 0.2 * worst.height))
