"""Where windows start: stretches of signal cut by stride, evenly, in sequence or at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyhead.config.data import WindowOptions
from polyhead.signals.windows import Index

_STARTS = 2  # keeps this stream of random numbers apart from others of the same seed


@dataclass(frozen=True)
class Stretches:
    """Stretches of signal that windows are cut from, each array (stretch,): `first` sample, `count` of samples, `row`
    of the inputs (0 in flat ones) and of the columns, and the `recording`."""

    first: Index
    count: Index
    row: Index
    recording: Index

    def take(self, index: Index) -> Stretches:
        """Some of the stretches."""
        return Stretches(self.first[index], self.count[index], self.row[index], self.recording[index])


@dataclass(frozen=True)
class Cut:
    """Windows, each array (window,): the `stretch` they lie in, their first sample `start`, and how many of their
    samples are `filled`, real ones; the others are missing at the front."""

    stretch: Index
    start: Index
    filled: Index


def cut(stretches: Stretches, options: WindowOptions, length: int, horizon: int, seed: int) -> Cut:
    """Windows of `length` samples that `horizon` samples follow. Stretches that are too short are left out, or give one
    window of all they have where `options.short` is mask; with `options.least`, windows end from that sample on."""
    least = length if options.least is None else options.least
    positions = np.maximum(stretches.count - least - horizon + 1, 0)
    stretch, end = _ends(positions, options, seed)
    end += least
    masked = np.flatnonzero((positions == 0) & (stretches.count > horizon) & (options.short == "mask"))
    if len(masked):
        stretch = np.concatenate([stretch, masked])
        end = np.concatenate([end, stretches.count[masked] - horizon])
        order = np.argsort(stretch, kind="stable")
        stretch, end = stretch[order], end[order]
    filled = np.minimum(end, length)
    return Cut(stretch, stretches.first[stretch] + end - filled, filled)


def _ends(positions: Index, options: WindowOptions, seed: int) -> tuple[Index, Index]:
    """(stretch, position of each window), for stretches that have so many `positions` to end at, counted from 0."""
    if options.strategy == "random":
        return _random(positions, options.count or 1, seed)
    if options.strategy == "even":
        number = np.minimum(positions, options.count or 1)
        stretch, rank = _ranked(number)
        last = (positions - 1)[stretch]
        steps = np.maximum(number[stretch] - 1, 1)
        offset = np.where(number[stretch] == 1, last // 2, np.round(rank * last / steps))
        return stretch, offset.astype(np.int64)
    number = -(-positions // options.step)
    if options.strategy == "sequential":
        number = np.minimum(number, options.count or 1)
    stretch, rank = _ranked(number)
    return stretch, rank * options.step


def _ranked(number: Index) -> tuple[Index, Index]:
    """(stretch, rank within it) of `number` windows in each stretch."""
    stretch = np.repeat(np.arange(len(number)), number)
    began = np.cumsum(number) - number
    return stretch, np.arange(len(stretch)) - began[stretch]


def _random(positions: Index, count: int, seed: int) -> tuple[Index, Index]:
    """Starts without repetition, in order; a stretch's draws depend on the seed and its number only."""
    drawn = [
        np.sort(np.random.default_rng([seed, _STARTS, one]).choice(size, min(size, count), replace=False))
        for one, size in enumerate(positions.tolist())
    ]
    stretch = np.repeat(np.arange(len(drawn)), [len(starts) for starts in drawn])
    return stretch, np.concatenate(drawn).astype(np.int64) if drawn else np.empty(0, np.int64)
