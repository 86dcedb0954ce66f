"""Random windows out of large HDF5 files: samples per second and resident memory, against h5py per sample.

    python benchmarks/reading.py [--gigabytes 2] [--stretches 5] [--folder /tmp]

Writes files of so many and of half as many GB (rows of 1,024 float32, in one piece, and chunked by rows and compressed
as people have them) into a temporary folder, reads batches of 32 random rows in alternating stretches of a second and
prints a markdown table of the medians. "here" is the reader hdf5 and WindowSet.fetch; "h5py" a data set that reads one
row per sample, in a torch DataLoader with 0 and 2 workers. Memory is the growth of anonymous resident memory, from
/proc/self/smaps_rollup: what the list of windows takes (some 100 bytes a window), and what reading adds to it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import h5py
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from polyhead.config.data import DataOptions
from polyhead.signals.assembly import assemble
from polyhead.signals.readers.hdf5 import read
from polyhead.signals.windows import WindowSet

LENGTH, BATCH, ROWS_PER_CHUNK = 1024, 32, 64


def write(path: Path, gigabytes: float, layout: str) -> Path:
    """Rows of random floats, written a block at a time."""
    rows = int(gigabytes * 2**30 / (4 * LENGTH))
    keywords = {"chunks": (ROWS_PER_CHUNK, 1, LENGTH), "compression": "lzf"} if layout == "chunked" else {}
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (rows, 1, LENGTH), np.float32, **keywords)
        file["y"] = np.arange(rows)
        for first in range(0, rows, 4096):
            x[first : first + 4096] = rng.standard_normal((min(4096, rows - first), 1, LENGTH), np.float32)
    return path


class PerSample(Dataset[torch.Tensor]):
    """What most people write: the file opened on first use, one row per sample."""

    def __init__(self, path: Path) -> None:
        self.path, self.x = path, None
        with h5py.File(path) as file:
            self.rows = len(file["x"])

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, index: int) -> torch.Tensor:
        if self.x is None:
            self.x = h5py.File(self.path)["x"]
        return torch.from_numpy(self.x[index])


def assembled(path: Path) -> WindowSet:
    """One window per row, as training would have them."""
    data = {"reader": "hdf5", "path": str(path), "inputs": {"x": "x"}, "targets": {"y": "y"}}
    options = DataOptions.model_validate(data | {"group": {"consecutive": ROWS_PER_CHUNK}})
    return assemble(options, read(options), 0)


def here(windows: WindowSet) -> Iterator[int]:
    """Batches of WindowSet.fetch, as tensors."""
    rng = np.random.default_rng(1)
    while True:
        yield len(torch.from_numpy(windows.fetch(rng.integers(0, len(windows), BATCH)).inputs["x"]))


def per_sample(path: Path, workers: int) -> Iterator[int]:
    """Batches of a DataLoader."""
    rows = PerSample(path)
    while True:
        for batch in DataLoader(rows, batch_size=BATCH, shuffle=True, num_workers=workers):
            yield len(batch)


def anonymous() -> float:
    """Anonymous resident memory of this process, MB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


class Stream:
    """Batches of one way to read, timed in stretches."""

    def __init__(self, batches: Iterator[int]) -> None:
        began = time.perf_counter()
        next(batches)
        self.first = time.perf_counter() - began
        self.batches, self.rates = batches, list[float]()

    def stretch(self, seconds: float) -> None:
        """Read for so many seconds."""
        count, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            count += next(self.batches)
        self.rates.append(count / passed)

    @property
    def rate(self) -> float:
        """Samples per second, the median over stretches."""
        return statistics.median(self.rates)


def main() -> None:
    """Write, read, print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--gigabytes", type=float, default=2.0)
    arguments.add_argument("--stretches", type=int, default=5)
    arguments.add_argument("--folder", default=None)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    headings = ("layout", "GB", "way", "samples/s", "here / way", "first batch s", "index MB", "reading MB")
    print(f"| {' | '.join(headings)} |\n{'|---' * len(headings)}|")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        os.environ["POLYHEAD_CACHE"] = str(Path(folder) / "cache")
        for layout in ("contiguous", "chunked"):
            for size in (given.gigabytes / 2, given.gigabytes):
                path = write(Path(folder) / f"{layout}-{size}.h5", size, layout)
                row = f"| {layout} | {size:g} |"
                before, began = anonymous(), time.perf_counter()
                windows = assembled(path)
                opening, index = time.perf_counter() - began, anonymous() - before
                streams = {"here": Stream(here(windows))}
                streams["here"].stretch(1.0)
                reading = anonymous() - before - index
                if size == given.gigabytes:
                    streams |= {f"h5py, {workers} workers": Stream(per_sample(path, workers)) for workers in (0, 2)}
                for _ in range(given.stretches):
                    for stream in streams.values():
                        stream.stretch(1.0)
                fast = streams["here"].rate
                for way, stream in streams.items():
                    gained = f"{index:.1f} | {reading:.1f}" if way == "here" else " | "
                    first = stream.first + (opening if way == "here" else 0)
                    cells = f"{stream.rate:,.0f} | {fast / stream.rate:.1f} | {first:.2f} | {gained}"
                    print(f"{row} {way} | {cells} |", flush=True)
                del streams, stream, windows
                path.unlink()


if __name__ == "__main__":
    main()
