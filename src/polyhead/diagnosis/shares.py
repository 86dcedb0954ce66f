"""Shares of a count, and how sure they are."""

from __future__ import annotations


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of the share hits / n, of at least one (E. B. Wilson 1927)."""
    from scipy.stats import binomtest

    found = binomtest(hits, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
