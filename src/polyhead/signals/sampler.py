"""Samplers: how the windows of an epoch are put together in batches, a function of seed and epoch alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from polyhead.config.data import SamplerOptions
from polyhead.errors import InputError
from polyhead.signals.classes import is_quantity
from polyhead.signals.codes import coded
from polyhead.signals.order import batches, in_batches
from polyhead.signals.windows import Index, WindowSet

_SAMPLER = 4  # keeps this stream of random numbers apart from others of the same seed


class Sampler(Protocol):
    """Puts the training windows of an epoch together; every epoch has equally many batches."""

    def batches(self, size: int, seed: int, epoch: int) -> list[Index]:
        """Window numbers of each batch of about `size` windows. Equal seed and epoch give equal batches."""


def build_sampler(options: SamplerOptions, windows: WindowSet, index: Index) -> Sampler:
    """The sampler of the training windows at `index`. Raises InputError where the target has no such classes."""
    if options.name == "shuffle":
        return Shuffle(index)
    if options.name == "class_balanced":
        return ClassBalanced(*_pools(_classes(windows, options.target or "", index), index))
    system = coded(windows.columns[options.by or ""][index])[1]
    systems, where = _pools(system, index)[0], _pools(system, np.arange(len(index)))[0]
    if options.name == "same_system":
        return SameSystem(tuple((one,) for one in systems))
    label = _classes(windows, options.target or "", index)
    classes = int(label.max()) + 1
    if classes != 2:
        raise InputError(
            f"both_classes needs a target of two classes, {options.target!r} has {classes} in training",
            where="data.sampler.target",
        )
    return SameSystem(
        tuple(tuple(index[at[label[at] == code]] for code in (0, 1, -1)) for at in where),
    )


@dataclass(frozen=True)
class Shuffle:
    """All windows together, each once."""

    index: Index

    def batches(self, size: int, seed: int, epoch: int) -> list[Index]:
        """See `order.batches`."""
        return batches(self.index, size, seed, epoch)


@dataclass(frozen=True)
class SameSystem:
    """Each batch from one system: `systems` holds the windows of each, by class (two, then the unknown) where every
    batch is to hold both.

    Every window comes once, but for the classes of a system that have fewer windows than the system has batches: their
    windows come again, so that no batch lacks them, and batches hold up to two windows more than asked for.
    """

    systems: tuple[tuple[Index, ...], ...]

    def batches(self, size: int, seed: int, epoch: int) -> list[Index]:
        """Batches of about `size`, in random order. A system of one window is a batch of its own."""
        rng = np.random.default_rng([seed, _SAMPLER, epoch])
        parts: list[Index] = []
        for pools in self.systems:
            if len(pools) == 3 and len(pools[0]) and len(pools[1]):
                parts += _both(pools, size, rng)
            else:
                parts += in_batches(rng.permutation(np.concatenate(pools)), size)
        return [parts[number] for number in rng.permutation(len(parts))]


@dataclass(frozen=True)
class ClassBalanced:
    """As many windows as there are, equally many of each class in `classes`; unknown labels keep their share.

    Each class goes on through shuffled passes over its windows from epoch to epoch, so that of a frequent class all
    windows come before one comes again, and of a rare one all come equally often, up to one.
    """

    classes: tuple[Index, ...]
    unknown: Index

    def batches(self, size: int, seed: int, epoch: int) -> list[Index]:
        """Batches of `size`; a last window alone joins the batch before it."""
        total, classes = sum(map(len, self.classes)), len(self.classes)
        drawn = [self.unknown]
        for number, pool in enumerate(self.classes):
            first, last = (_quota(total, classes, number, one) for one in (epoch, epoch + 1))
            drawn.append(_passes(pool, first, last, [seed, _SAMPLER, number]))
        rng = np.random.default_rng([seed, _SAMPLER, epoch])
        return in_batches(rng.permutation(np.concatenate(drawn)), size)


def _quota(total: int, classes: int, number: int, epochs: int) -> int:
    """Windows of class `number` in the first `epochs`; what `total` leaves over `classes` goes round from epoch to
    epoch."""
    even, rest = divmod(total, classes)
    return even * epochs + max(0, -(-(epochs * rest - number) // classes))


def _passes(pool: Index, first: int, last: int, key: list[int]) -> Index:
    """Places `first` to `last` of an endless sequence of passes over `pool`, each shuffled on its own."""
    passes = range(first // len(pool), -(-last // len(pool)))
    parts = [np.random.default_rng([*key, one]).permutation(pool) for one in passes]
    return np.concatenate([pool[:0], *parts])[first - passes.start * len(pool) :][: last - first]


def _both(pools: tuple[Index, ...], size: int, rng: np.random.Generator) -> list[Index]:
    """Batches of one system that each hold both classes: the windows are dealt out in turn, class by class."""
    count = -(-sum(map(len, pools)) // size)
    full = [np.resize(rng.permutation(pool), max(len(pool), count)) for pool in pools[:2]]
    dealt = np.concatenate([*full, rng.permutation(pools[2])])
    return [dealt[number::count] for number in range(count)]


def _classes(windows: WindowSet, name: str, index: Index) -> Index:
    """The class of each window, -1 where it is unknown."""
    if name not in windows.targets:
        raise InputError(f"no target {name!r}; there are {', '.join(windows.targets)}", where="data.sampler.target")
    target = windows.targets[name].take(index)
    if target.values.ndim != 1:
        what = f"target {name!r} has {target.values.shape[1]} values per window, classes need one"
        raise InputError(what, where="data.sampler.target")
    distinct, codes = coded(target.values[target.mask])
    if not len(distinct) or is_quantity(distinct, codes, windows.recording[index][target.mask]):
        what = f"target {name!r} has {len(distinct):,} distinct values in training, which are no classes"
        raise InputError(what, where="data.sampler.target", do="name a target of classes")
    label = np.full(len(index), -1, np.int64)
    label[target.mask] = codes
    return label


def _pools(code: Index, index: Index) -> tuple[tuple[Index, ...], Index]:
    """(`index` by its `code`, those without: -1)."""
    order = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[order], np.arange(int(code.max()) + 1))
    first, *pools = np.split(index[order], edges)
    return tuple(pools), first
