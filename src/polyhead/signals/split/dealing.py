"""Dealing: units are given to sides so that shares are kept, of all units or of each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.split.strata import Strata
from polyhead.signals.windows import Index

_MANY = 2  # alike units for the smallest side, from which on rounding down leaves no side empty


def cut(order: Index, fractions: NDArray[np.float64]) -> Index:
    """Sides of units taken in `order`: shares by cumulative rounding, none of those asked for left empty."""
    edges = np.round(np.cumsum(fractions) * len(order)).astype(int)
    wanted = fractions > 0
    for i in range(len(edges)):
        edges[i] = max(edges[i], np.count_nonzero(wanted[: i + 1]))
        edges[i] = min(edges[i], len(order) - np.count_nonzero(wanted[i + 1 :]))
    side = np.empty(len(order), np.int64)
    side[order] = np.searchsorted(edges, np.arange(len(order)), side="right")
    return side


def deal(strata: Strata, fractions: NDArray[np.float64], rng: np.random.Generator, train: bool) -> Index:
    """Sides of units: greedy, largest unit first, each goes where it leaves the classes' shares closest to `fractions`.

    The rule of scikit-learn's StratifiedGroupKFold, for sides of unequal size and several labels. Units that are alike
    are dealt out together, as many to each side as the same rule one by one would, up to rounding. Where side 0 is
    `train`, a class stands there before anywhere else, and it comes first among equals; else the emptiest side does.
    """
    table = _Table(strata, fractions, train)
    shuffled = rng.permutation(len(strata.group))
    groups = len(strata.edge) - 1
    narrow = strata.group.astype(np.min_scalar_type(groups))  # few bytes are sorted in linear time
    members = shuffled[np.argsort(narrow[shuffled], kind="stable")]
    last = np.cumsum(np.bincount(strata.group, minlength=groups))
    largest = np.maximum.reduceat(strata.count, strata.edge[:-1])
    order = rng.permutation(groups)
    side = np.empty(len(members), np.int64)
    for group in order[np.argsort(-largest[order], kind="stable")]:
        alike = members[last[group - 1] if group else 0 : last[group]]
        side[alike] = np.repeat(table.wanted, table.place(int(group), len(alike)))
    for empty in set(table.wanted.tolist()) - set(np.unique(side).tolist()):
        side[_spare(strata, side, train)] = empty
    return side


class _Table:
    """What each side holds of each class, `held` (side, class), and what it should hold, `goal`."""

    def __init__(self, strata: Strata, fractions: NDArray[np.float64], train: bool) -> None:
        self.wanted = np.flatnonzero(fractions)
        self._share = fractions[self.wanted]
        self._strata = strata
        self._train = train
        self._goal = self._share[:, None] * strata.total
        self._held = np.zeros_like(self._goal)
        self._filled = np.zeros(len(self.wanted))

    def place(self, group: int, units: int) -> Index:
        """How many of the `units` of a group each side gets; the table then holds them."""
        at = slice(self._strata.edge[group], self._strata.edge[group + 1])
        label, count = self._strata.label[at], self._strata.count[at]
        placed = np.zeros(len(self.wanted), np.int64)

        def give(number: NDArray[np.int64]) -> None:
            self._held[:, label] += number[:, None] * count
            self._filled[:] += number * count.sum() / self._share
            placed[:] += number

        if self._train and not self._held[0, label][self._strata.known[label]].all():
            give(np.arange(len(placed)) == 0)  # a class must be trained on before it can be judged
        if (units - placed.sum()) * self._share.min() >= _MANY:
            give(self._together(label, count, int(units - placed.sum())))
        while placed.sum() < units:
            give(np.arange(len(placed)) == self._best(label, count))
        return placed

    def _room(self, label: Index, count: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each side lacks of the classes of a unit, as shares of them (side,)."""
        lacks = (self._goal[:, label] - self._held[:, label]) / self._strata.total[label]
        return np.asarray((lacks * count).sum(axis=1))

    def _best(self, label: Index, count: NDArray[np.float64]) -> int:
        room = self._room(label, count) / self._share
        tied = np.flatnonzero(room > room.max() - 1e-9)
        return 0 if self._train and tied[0] == 0 else int(tied[np.argmin(self._filled[tied])])

    def _together(self, label: Index, count: NDArray[np.float64], units: int) -> NDArray[np.int64]:
        """How many of `units` alike each side gets until all have equal room for their share, rounded down."""
        room, step = self._room(label, count), (count**2 / self._strata.total[label]).sum()
        open_ = np.ones(len(room), bool)
        while True:
            level = (room[open_].sum() - units * step) / self._share[open_].sum()
            number = np.where(open_, (room - level * self._share) / step, 0.0)
            if (number >= 0).all():
                return np.floor(number + 1e-9).astype(np.int64)
            open_ &= number > 0


def _spare(strata: Strata, side: Index, train: bool) -> int:
    """The unit that the fullest side can best do without: not the last one of a class in training, and a small one."""
    donor = np.bincount(side).argmax()
    units = np.flatnonzero(side == donor)
    size = np.add.reduceat(strata.count, strata.edge[:-1])
    if train and donor == 0:
        groups, number = np.unique(strata.group[units], return_counts=True)
        held = np.zeros(len(strata.total))
        for group, many in zip(groups, number, strict=True):
            at = slice(strata.edge[group], strata.edge[group + 1])
            held[strata.label[at]] += strata.count[at] * many
        lost = (held[strata.label] <= strata.count) & strata.known[strata.label]
        size = size + np.add.reduceat(lost, strata.edge[:-1], dtype=np.float64) * size.sum()
    return int(units[np.argmin(size[strata.group[units]])])
