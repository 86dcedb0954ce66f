"""`predict` on files larger than memory should hold: windows per second, and what it takes of memory.

    python benchmarks/predicting.py [--gigabytes 2] [--formats hdf5 csv parquet] [--folder /tmp]

Writes, for each format, a file of so many GB and one of a quarter of that into a temporary folder: in hdf5 rows of
1,024 float32, in csv and parquet tables of 8 columns with a recording every 100,000 rows. Trains a small network on a
few of them, predicts both files, each in a process of its own, and prints a markdown table. "Anonymous" is the largest
anonymous resident memory of that process beyond what it had before it read, sampled every 5 ms: what bounds the file;
pages that the kernel keeps of mapped files are not in it, "resident" counts them. A first pass over a csv or parquet
file converts it into the cache, a second finds it there; both are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import h5py
import numpy as np
import polars

LENGTH, COLUMNS, RECORDING, BLOCK = 1024, 8, 100_000, 500_000
TABLE = 128  # samples in a window of a table
GROUPED = "recording"


def write_rows(path: Path, size: float) -> None:
    """Rows of noise, hdf5."""
    rows = int(size / (4 * LENGTH))
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (rows, 1, LENGTH), np.float32)
        file["y"] = np.arange(rows) % 7
        for first in range(0, rows, 4096):
            x[first : first + 4096] = rng.standard_normal((min(4096, rows - first), 1, LENGTH), np.float32)


def write_csv(path: Path, size: float) -> None:
    """A table of noise, until the file is large enough."""
    with path.open("wb") as file:
        for number, frame in enumerate(_frames()):
            if number and file.tell() >= size:
                return
            frame.write_csv(file, include_header=not number, float_precision=6)


def write_parquet(path: Path, size: float) -> None:
    """The same, packed."""
    blocks = max(1, round(size / (BLOCK * COLUMNS * 4)))
    parts = [path.with_suffix(f".{number}") for number in range(blocks)]
    for part, frame in zip(parts, _frames(), strict=False):
        frame.write_parquet(part)
    polars.scan_parquet(parts).sink_parquet(path, maintain_order=True)
    for part in parts:
        part.unlink()


def _frames() -> Any:
    rng = np.random.default_rng(0)
    first = 0
    while True:
        names = [f"r{row // RECORDING:05d}" for row in range(first, first + BLOCK)]
        noise = rng.standard_normal((COLUMNS, BLOCK)).astype(np.float32)
        columns = {f"c{number}": noise[number] for number in range(COLUMNS)}
        yield polars.DataFrame({GROUPED: names, "y": np.arange(first, first + BLOCK) // TABLE % 7} | columns)
        first += BLOCK


WRITERS = {"hdf5": write_rows, "csv": write_csv, "parquet": write_parquet}


def experiment(reader: str, path: Path) -> dict[str, Any]:
    """A small tcn with two tasks."""
    if reader == "hdf5":
        data: dict[str, Any] = {"inputs": {"signal": "x"}, "group": {"consecutive": 64}}
    else:
        keys = {"keys": [f"c{number}" for number in range(COLUMNS)]}
        data = {"inputs": {"signal": keys}, "group": GROUPED, "window": {"length": TABLE, "stride": TABLE}}
    return {
        "name": "benchmark",
        "data": {"reader": reader, "path": str(path), "targets": {"y": "y"}} | data,
        "tasks": {"fault": {"kind": "classification", "target": "y"}, "level": {"kind": "regression", "target": "y"}},
        "model": {"backbone": {"name": "tcn", "channels": [8, 8], "stem_kernel": 9, "stem_stride": 8}},
        "train": {"epochs": 1, "batch_size": 64, "device": "cpu"},
    }


class Watch(threading.Thread):
    """The largest anonymous and whole resident memory of this process, bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = _memory()["RssAnon"]
        self.anonymous = self.resident = 0
        self._done = threading.Event()

    def run(self) -> None:
        """Look until stopped."""
        while not self._done.wait(0.005):
            now = _memory()
            self.anonymous, self.resident = max(self.anonymous, now["RssAnon"]), max(self.resident, now["VmRSS"])

    def stop(self) -> dict[str, int]:
        """What was found."""
        self._done.set()
        self.join()
        return {"anonymous": self.anonymous - self.before, "resident": self.resident}


def _memory() -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[-1:] == ["kB"]}


def measure(run: str, file: str, output: str) -> None:
    """Predict one file in this process and print what it took."""
    import polyhead
    import polyhead.training.predicting  # torch comes with it

    assert polyhead.training.predicting
    watch, began = Watch(), time.perf_counter()
    watch.start()
    windows = polyhead.predict(run, file, output)
    print(json.dumps({"windows": windows, "seconds": time.perf_counter() - began} | watch.stop()))


def main() -> None:
    """Write, train, predict, print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--gigabytes", type=float, default=2.0)
    arguments.add_argument("--formats", nargs="+", choices=list(WRITERS), default=list(WRITERS))
    arguments.add_argument("--folder", type=Path)
    chosen = arguments.parse_args()
    print("| format | file | pass | windows | windows/s | anonymous | resident | predictions |")
    print("|---|---|---|---|---|---|---|---|")
    for reader in chosen.formats:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
            _format(reader, Path(name), chosen.gigabytes * 2**30)


def _format(reader: str, folder: Path, size: float) -> None:
    import polyhead

    small, output = folder / f"small.{reader}", folder / "predictions.parquet"
    WRITERS[reader](small, 8 * 2**20)
    run = polyhead.train(experiment(reader, small), out=folder / "runs", report=False).folder
    own = os.environ | {"POLYHEAD_CACHE": str(folder / "cache")}
    for share in (0.25, 1.0):
        file = folder / f"large.{reader}"
        WRITERS[reader](file, share * size)
        for number in ("first", "again") if reader != "hdf5" else ("first",):
            command = [sys.executable, __file__, "--measure", str(run), str(file), str(output)]
            found = json.loads(subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout)
            cells = (
                reader,
                f"{file.stat().st_size / 1e9:.2f} GB",
                number,
                f"{found['windows']:,}",
                f"{found['windows'] / found['seconds']:,.0f}",
                f"{found['anonymous'] / 1e6:,.0f} MB",
                f"{found['resident'] / 1e6:,.0f} MB",
                f"{output.stat().st_size / 1e6:,.0f} MB",
            )
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:])
    else:
        main()
