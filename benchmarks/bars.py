"""Price bars a second that the twelve features of the expansions study are computed for, on one core.

    OMP_NUM_THREADS=1 python benchmarks/bars.py [--bars 1000000] [--repeats 7]

Processor time and time on the clock, the median of several, of a series in memory; the first call of a process, which
compiles, stands by itself.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from polyhead.studies.expansions.features import atr, features
from polyhead.studies.expansions.zigzag import zigzag

Array = NDArray[np.float64]
LIMIT = 1_000_000


def walk(count: int) -> tuple[Array, Array, Array, Array]:
    """Bars of a random walk: open, high, low, close (bar,)."""
    rng = np.random.default_rng(0)
    close = 4000 + np.cumsum(rng.standard_normal(count))
    open_ = close + rng.standard_normal(count)
    above, below = rng.random((2, count))
    return open_, np.maximum(open_, close) + above, np.minimum(open_, close) - below, close


def timed(compute: Callable[[], object]) -> tuple[float, float]:
    """Processor time and time on the clock, in seconds."""
    clock, processor = time.perf_counter(), time.process_time()
    compute()
    return time.process_time() - processor, time.perf_counter() - clock


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    series = walk(arguments.bars)
    first = timed(lambda: features(*(one[:2] for one in series)))
    true_range = atr(*series[1:])
    parts: dict[str, Callable[[], object]] = {
        "all twelve": lambda: features(*series),
        "of which the zigzag": lambda: zigzag(*series[1:], true_range),
        "of which the average true range": lambda: atr(*series[1:]),
    }
    print(f"first call: {first[0]:.1f} s of the processor, {first[1]:.1f} s on the clock\n")
    print("| features | bars | processor, s | clock, s | million bars a second of the processor | aim |")
    print("|---|---|---|---|---|---|")
    for name, compute in parts.items():
        taken = [timed(compute) for _ in range(arguments.repeats)]
        processor, clock = (statistics.median(column) for column in zip(*taken, strict=True))
        rate = arguments.bars / processor / 1e6
        print(f"| {name} | {arguments.bars:,} | {processor:.3f} | {clock:.3f} | {rate:.1f} | {LIMIT / 1e6:.0f} |")


if __name__ == "__main__":
    main()
