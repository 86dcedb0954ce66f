"""Weights of training windows that even out how often each region of a target occurs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.experiment import ReweightingOptions
from polyhead.errors import InputError
from polyhead.signals.codes import coded, dense
from polyhead.signals.target import Target
from polyhead.signals.windows import Index

_CHUNK = 2**18  # labels at a time
_LARGEST = 2**62  # a number of bins that still can be counted through


@dataclass(frozen=True)
class TargetWeights:
    """The weights of one target: `values` (train,) of mean 1, the `bins` of each output and how many are `empty`, and
    how many windows are `known`."""

    values: NDArray[np.float64]
    bins: tuple[int, ...]
    empty: int
    known: int


@dataclass(frozen=True)
class Weights:
    """`values` (train,) is the product of all targets' weights, brought back to mean 1."""

    values: NDArray[np.float64]
    targets: dict[str, TargetWeights]

    @property
    def effective(self) -> float:
        """Effective sample size: so many windows of equal weight would average as well."""
        return effective_size(self.values)

    def as_dict(self) -> dict[str, Any]:
        """{windows, effective, share, largest, targets: {name: {known, effective, share, largest, bins, empty}}}."""
        return {
            "windows": len(self.values),
            **_spread(self.values),
            "targets": {
                name: {"known": one.known, **_spread(one.values), "bins": list(one.bins), "empty": one.empty}
                for name, one in self.targets.items()
            },
        }


def effective_size(weights: NDArray[np.float64]) -> float:
    """(sum w)^2 / sum w^2 (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _spread(weights: NDArray[np.float64]) -> dict[str, float]:
    size = effective_size(weights)
    return {"effective": size, "share": size / len(weights), "largest": float(weights.max())}


def fit_weights(targets: Mapping[str, tuple[Target, ReweightingOptions]], train: Index) -> Weights:
    """Weights of the windows at `train`, by histograms of each target over them.

    A window's weight is the mean count of the bins that are not empty over the count of its own, so that the mean
    weight is 1; it is 1 where the label is unknown. The product over targets is divided by its mean, so that the step
    stays as large as without weights; `cap` holds for each target on its own. Raises InputError where the bins do not
    fit the target.
    """
    fitted = {name: _fit(name, target, options, train) for name, (target, options) in targets.items()}
    product = np.ones(len(train))
    for one in fitted.values():
        product *= one.values
    return Weights(product / product.mean(), fitted)


def _fit(name: str, target: Target, options: ReweightingOptions, train: Index) -> TargetWeights:
    known = train[target.mask[train]]
    bins = _bins(name, target, options)
    values = np.ones(len(train))
    if not len(known):
        return TargetWeights(values, bins, prod(bins), 0)
    if target.values.dtype.kind == "U":
        distinct, bin_ = coded(target.values[known])
        bins, filled = (len(distinct),), len(distinct)
    else:
        bin_, filled = dense(_binned(target.values, known, bins))
    weights = len(known) / filled / np.bincount(bin_)[bin_]
    values[target.mask[train]] = weights if options.cap is None else _capped(weights, options.cap)
    return TargetWeights(values, bins, prod(bins) - filled, len(known))


def _bins(name: str, target: Target, options: ReweightingOptions) -> tuple[int, ...]:
    outputs = target.values.shape[1] if target.values.ndim == 2 else 1
    if options.nbins_2d is None:
        return (options.nbins,) * outputs
    if outputs not in (2, 3):
        raise InputError(
            f"nbins_2d is for targets of two or three outputs, this one has {outputs}",
            where=f"reweighting.{name}",
            do=f"write `nbins: {options.nbins_2d[0]}`",
        )
    return (*options.nbins_2d, options.nbins_2d[1])[:outputs]


def _binned(values: NDArray[Any], known: Index, bins: tuple[int, ...]) -> Index:
    """The bin of each label at `known`, over all outputs, by two passes: the range, then the bins within it."""
    low, high = np.full(len(bins), np.inf), np.full(len(bins), -np.inf)
    for _, chunk in _chunks(values, known):
        low, high = np.minimum(low, chunk.min(axis=0)), np.maximum(high, chunk.max(axis=0))
    edges = [np.linspace(a, b, n + 1) for a, b, n in zip(low, high, bins, strict=True)]
    bin_ = np.zeros(len(known), np.int64)
    size = 1
    for output, count in enumerate(bins):
        if size * count > _LARGEST:
            bin_, size = dense(bin_)
        size *= count
        for at, chunk in _chunks(values, known):
            # the bins of numpy.histogram: closed below, the last one above too
            found = np.searchsorted(edges[output], chunk[:, output], side="right") - 1
            bin_[at] = bin_[at] * count + np.clip(found, 0, count - 1)
    return bin_


def _chunks(values: NDArray[Any], known: Index) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """(place, labels (label, output)) of `known`, some at a time."""
    for first in range(0, len(known), _CHUNK):
        at = slice(first, first + _CHUNK)
        chunk = values[known[at]].astype(np.float64)
        yield at, chunk.reshape(len(chunk), -1)


def _capped(weights: NDArray[np.float64], cap: float) -> NDArray[np.float64]:
    """min(s w, cap) with the one s that brings the mean back to 1; there is one, as cap is more than the mean."""
    high = np.zeros(len(weights), bool)
    while True:
        scale = (len(weights) - cap * np.count_nonzero(high)) / weights[~high].sum()
        above = ~high & (weights * scale > cap)
        if not above.any():
            return np.where(high, cap, weights * scale)
        high |= above
