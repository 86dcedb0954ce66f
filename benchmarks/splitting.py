"""Time to split 1.8 million windows, each a recording of its own, evenly over two labels, without loading a sample.

    OMP_NUM_THREADS=1 python benchmarks/splitting.py

Processor time, the least of three: what the machine does beside it counts little. Also the largest departure of any
class's share from what was asked for.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from polyhead.config.data import SplitOptions
from polyhead.signals.split import NAMES, Split, make_split
from polyhead.signals.target import Target
from polyhead.signals.windows import WindowSet

WINDOWS, MODULATIONS, RATIOS, LIMIT_S = 1_800_000, 24, 26, 2.0
FRACTIONS = (0.7, 0.15, 0.15)


def windows() -> WindowSet:
    """Labels of a table of radio signals, and no signal."""
    rng = np.random.default_rng(0)
    row, zero, known = np.arange(WINDOWS), np.zeros(WINDOWS, np.int64), np.ones(WINDOWS, bool)
    words = np.array([f"modulation {number}" for number in range(MODULATIONS)])
    return WindowSet(
        inputs={},
        targets={
            "modulation": Target(words[rng.integers(0, MODULATIONS, WINDOWS)], known),
            "snr": Target(rng.integers(-10, RATIOS - 10, WINDOWS) * 2.0, known, "dB"),
        },
        columns={},
        recordings=tuple(map(str, range(WINDOWS))),
        recording=row,
        row=row,
        start=zero,
        at=row,
        length=0,
        horizon=0,
        stride=0,
        sampled=False,
        sampling_hz=None,
    )


def unevenness(table: WindowSet, split: Split) -> float:
    """Largest difference between the share of a class that a split holds and its fraction."""
    worst = 0.0
    for target in table.targets.values():
        code = np.unique(target.values, return_inverse=True)[1]
        total = np.bincount(code)
        for name, fraction in zip(NAMES, FRACTIONS, strict=True):
            worst = max(worst, float(np.abs(np.bincount(code[split[name]]) / total - fraction).max()))
    return worst


def main() -> None:
    """Print the time beside its limit, and how uneven the split is."""
    table = windows()
    options = SplitOptions(stratify=["modulation", "snr"], fractions=FRACTIONS)
    times = []
    for seed in range(3):
        began = time.perf_counter()
        split = make_split(table, options, seed)
        times.append(time.perf_counter() - began)
    print("| windows | labels | s | limit | largest departure of a class's share |\n|---|---|---|---|---|")
    median, uneven = statistics.median(times), unevenness(table, split)
    print(f"| {WINDOWS:,} | {len(table.targets)} | {median:.2f} | {LIMIT_S} | {uneven:.1e} |")


if __name__ == "__main__":
    main()
