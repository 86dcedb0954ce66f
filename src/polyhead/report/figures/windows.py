"""A few windows of a batch under each other, as the network saw them, with what follows them and what it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.canvas import INK, Panel, colour, draw_rows, short, whole_numbers
from polyhead.report.figures.span import span_bands
from polyhead.report.run import Run
from polyhead.scoring.spans import runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHANNELS = 3  # lines that can be told apart in a row of this height
NAMED = 12  # numbers whose names fit under them
ROW = 0.52  # inches
STRIP = 0.35  # of the height of a row, added for the scores of marks
STRETCHES = 240  # of a long window, each drawn by its least and largest sample: a row is no wider in pixels

Arrays = Mapping[str, NDArray[Any]]


def window_panel(run: Run, arrays: Arrays) -> Panel | None:
    """The sampled windows of one epoch, one row each; None where the network gets no signal and no numbers."""
    part = next((name for name in ("signal", "known") if name in arrays), None)
    if part is None:
        return None
    values, epoch = arrays[part], int(arrays["epoch"])
    names = _channels(arrays) if part == "known" else []
    named, turned = 0 < len(names) <= NAMED, 4 < len(names) <= NAMED

    def paint(rows: list[Axes]) -> None:
        for number, axes in enumerate(rows):
            if part == "signal":
                _signal(axes, arrays, number)
                _tasks(axes, run, arrays, number)
                _marks(axes, run, arrays, number)
            else:
                axes.plot(
                    np.arange(values.shape[1]), values[number], "o", color=colour(0), ms=3, label="numbers, scaled"
                )
            axes.set_ylabel(str(number + 1), rotation=0, ha="right", va="center")
            axes.yaxis.set_label_coords(-0.13, 0.5)
            axes.locator_params(axis="y", nbins=2)
            axes.xaxis.set_visible(number == len(rows) - 1)  # one scale for all, and an axis less to lay out for each
        if named:
            turn: dict[str, Any] = {"rotation": 35, "ha": "right"} if turned else {}
            rows[-1].set_xticks(range(len(names)), names, **turn)
        else:
            whole_numbers(rows[-1])
            rows[-1].set_xlabel("sample" if part == "signal" else "number")

    left_out = values.shape[1] - CHANNELS if part == "signal" else 0
    some = f" The first {CHANNELS} of {values.shape[1]} channels." if left_out > 0 else ""
    caption = (
        f"The first {len(values)} windows of the first training batch of epoch {epoch} as the network saw them, after"
        f" augmentation, masks and scaling.{some}"
    )
    return draw_rows(
        f"batch-{epoch:04d}", caption, len(values), paint, height=(0.9 if turned else 0.5) + ROW * len(values)
    )


def _channels(arrays: Arrays) -> list[str]:
    """Short names of the numbers that a network gets, without their input where there is one alone."""
    names = [str(name) for name in arrays.get("known.names", ())]
    alone = len({_input(name) for name in names}) == 1
    return [short(name.partition(".")[2] if alone else name, 12) for name in names]


def _signal(axes: Axes, arrays: Arrays, number: int) -> None:
    signal, names = arrays["signal"][number].astype(float), arrays["signal.names"]
    if "present" in arrays:
        signal = np.where(arrays["present"][number], signal, np.nan)
    for channel, line in enumerate(signal[:CHANNELS]):
        at, drawn = envelope(line)
        axes.plot(at, drawn, color=colour((0, 2, 5)[channel]), lw=0.7, label=short(str(names[channel]), 22))


def envelope(line: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions and values of a line (time,): all of a short one, of a long one the least and the largest sample of
    each stretch, so that no peak is lost."""
    stretch = -(-len(line) // STRETCHES)
    if stretch < 3:
        return np.arange(len(line), dtype=float), line
    whole = np.full(stretch * -(-len(line) // stretch), np.nan)
    whole[: len(line)] = line
    parts = whole.reshape(-1, stretch)
    known = np.isfinite(parts).any(axis=1)
    low = np.where(known, np.where(np.isfinite(parts), parts, np.inf).min(axis=1), np.nan)
    high = np.where(known, np.where(np.isfinite(parts), parts, -np.inf).max(axis=1), np.nan)
    at = np.repeat(np.arange(len(parts)) * stretch + (stretch - 1) / 2, 2)
    return at, np.stack([low, high], axis=1).ravel()


def _tasks(axes: Axes, run: Run, arrays: Arrays, number: int) -> None:
    """Samples that are forecast, reconstructed or hidden, in the scaling of the signal they belong to."""
    for task, channel, place in _predicted(run, arrays):
        offset, scale = (arrays[f"signal.{key}"][number, channel] for key in ("offset", "scale"))
        said = (arrays[f"{task}.pred"][number, place] - offset) / scale
        true = (arrays[f"{task}.truth"][number, place] - offset) / scale
        kind = run.task(task).get("kind")
        if kind == "masked":
            hidden = np.flatnonzero(np.isfinite(true))
            axes.plot(hidden, true[hidden], "o", color=INK, ms=1.6, label=f"{short(task, 12)}: truth")
            axes.plot(hidden, said[hidden], "o", color=colour(1), ms=2.2, label=f"{short(task, 12)}: predicted")
            continue
        start = arrays["signal"].shape[2] if kind == "forecast" else 0
        if kind == "forecast" and arrays[f"{task}.mask"][number]:
            at, drawn = envelope(true)
            axes.plot(start + at, drawn, color=INK, lw=0.7, label=f"{short(task, 12)}: truth")
        at, drawn = envelope(said)
        axes.plot(start + at, drawn, color=colour(1), lw=1.1, label=f"{short(task, 12)}: predicted")


def _marks(axes: Axes, run: Run, arrays: Arrays, number: int) -> None:
    """True spans of the first task on them behind the signal, and its scores, from 0 to 1, in a strip under it."""
    task = next((task for task in run.tasks if run.task(task).get("kind") == "span" and f"{task}.score" in arrays), "")
    if not task:
        return
    low, high = axes.get_ylim()
    edge = low - STRIP * (high - low)
    if arrays[f"{task}.mask"][number]:
        span_bands(axes, runs(arrays[f"{task}.truth"][number]), (edge, high), INK, 0.22, f"{short(task, 12)}: truth")
    at, drawn = envelope(arrays[f"{task}.score"][number].astype(float))
    axes.plot(at, edge + (low - edge) * drawn, color=colour(1), lw=0.9, label=f"{short(task, 12)}: score")
    axes.set_ylim(edge, high)


def _predicted(run: Run, arrays: Arrays) -> Iterator[tuple[str, int, int]]:
    """Of each task on samples: its name, the first of its channels that is drawn, and the place of that among its
    own."""
    names = [str(name) for name in arrays["signal.names"]]
    for task in run.tasks:
        options, pred = run.options(task), arrays.get(f"{task}.pred")
        if pred is None or pred.ndim != 3:
            continue
        asked = options.get("channels") or [
            name.partition(".")[2] for name in names if _input(name) == options.get("input")
        ]
        own = [f"{options.get('input')}.{channel}" for channel in asked]
        drawn = [(names.index(name), place) for place, name in enumerate(own) if name in names[:CHANNELS]]
        if drawn:
            yield task, *drawn[0]


def _input(name: str) -> str:
    return name.partition(".")[0]
