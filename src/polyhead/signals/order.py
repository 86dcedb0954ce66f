"""The order of windows: a function of seed and epoch alone, so that a resumed run draws the same batches."""

from __future__ import annotations

import numpy as np

from polyhead.signals.windows import Index

_ORDER = 1  # keeps this stream of random numbers apart from others of the same seed


def batches(index: Index, size: int, seed: int, epoch: int) -> list[Index]:
    """The windows at `index`, shuffled and cut into batches; see `in_batches`."""
    return in_batches(index[np.random.default_rng([seed, _ORDER, epoch]).permutation(len(index))], size)


def in_batches(order: Index, size: int) -> list[Index]:
    """`order` cut into batches of `size`; a last window alone joins the batch before it.

    (A batch of one has no statistics for batch normalisation.)
    """
    edges = list(range(size, len(order), size))
    if edges and len(order) - edges[-1] == 1:
        edges.pop()
    return np.split(order, edges)
