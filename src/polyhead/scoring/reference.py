"""What the trivial predictors of a task learned from the training labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Reference:
    """Constants of the training labels; everything a floor needs besides the split it is scored on.

    `prior` holds the share of each class: (class,) for classification and ordinal, (negative, positive) for binary,
    the share of positives of each label (label,) for multilabel, empty otherwise. `mean`, `median` and the standard
    deviation `sd` are in target units, one per output (regression) or per channel over all windows and steps
    (forecast, reconstruction, masked); `median` is also the median class of ordinal; empty otherwise. `common` is the
    most frequent set of labels of multilabel, (label,) of 0 and 1. `n` counts the training labels behind them.

    Of marked bars: `prior` is (unmarked, marked) share over all bars of span; `bar_mean` and `bar_median` (bar,) are
    those of each bar's place in the window (span, there the share of windows; countdown, with `bar_sd`); `spans` are
    constant spans, first and last bar of one after another, in the order of the kind's SPANS (span, pointers). `median`
    of pointers is that of the first and of the last bar.
    """

    kind: str
    n: int
    prior: tuple[float, ...] = ()
    mean: tuple[float, ...] = ()
    median: tuple[float, ...] = ()
    sd: tuple[float, ...] = ()
    common: tuple[int, ...] = ()
    bar_mean: tuple[float, ...] = ()
    bar_median: tuple[float, ...] = ()
    bar_sd: tuple[float, ...] = ()
    spans: tuple[int, ...] = ()

    @property
    def positive_share(self) -> float:
        """Share of positives among the training labels of a binary task, of marked bars of a span task."""
        return self.prior[1]

    def other_length(self, bars: int) -> str | None:
        """Why windows of `bars` bars cannot be told by each bar's place what training knew of it, or None."""
        learned = len(self.bar_mean)
        if learned == bars:
            return None
        return f"floor without what training knew of each bar's place: windows of {learned} bars there, {bars} here"

    @property
    def majority(self) -> int:
        """Index of the most frequent training class; the lowest index among equals."""
        return max(range(len(self.prior)), key=lambda index: self.prior[index])

    def as_dict(self) -> dict[str, Any]:
        """The reference as plain values that JSON can hold."""
        plain = asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Reference:
        """The reference that `as_dict` wrote, after a way through JSON or not."""
        constants = {one.name: tuple(plain.get(one.name, ())) for one in fields(cls) if one.name not in ("kind", "n")}
        return cls(kind=plain["kind"], n=plain["n"], **constants)
