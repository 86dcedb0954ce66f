"""Recordings in the layout in which they are published, out of the compact files that shared/data keeps.

    python benchmarks/recordings.py cwru SOURCE DEST     cwru_12k_de_int16.npz to DEST/.../105_0.mat
    python benchmarks/recordings.py femto SOURCE DEST    Bearing1_2.npz to DEST/Learning_set/Bearing1_2/acc_00001.csv

Signals are those of the originals to the last digit. What SOURCE does not keep is not invented, but for two things: a
variable of a .mat file has the number of its file (some originals have others), and the clock of FEMTO starts at 0:00.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

import numpy as np
import polars
from numpy.typing import NDArray
from scipy.io import savemat

LEARNING = ("Bearing1_1", "Bearing1_2", "Bearing2_1", "Bearing2_2", "Bearing3_1", "Bearing3_2")
"""The bearings of FEMTO's Learning_set; the others are tested on."""
STEP_S = 10
"""From one snapshot of FEMTO to the next."""


def cwru(source: Path, dest: Path) -> list[Path]:
    """A .mat file for each record, under the folders of the original. Returns them."""
    signals = np.load(source / "cwru_12k_de_int16.npz")
    written = []
    for record in json.loads((source / "meta.json").read_text()):
        path = dest / record["file"]
        number = int(re.match(r"\d+", path.name)[0])  # type: ignore[index]  # each name starts with its number
        variables = {
            f"X{number:03d}_{sensor}_time": signals[f"{record['key']}_{sensor}"][:, None] * scale
            for sensor in ("DE", "FE", "BA")
            if (scale := record.get(f"{sensor}_scale_g_per_count")) is not None
        }
        variables |= {f"X{number:03d}RPM": np.array([[float(rpm)]]) for rpm in record["rpm_in_file"]}
        path.parent.mkdir(parents=True, exist_ok=True)
        savemat(path, variables)
        written.append(path)
    return written


def femto(source: Path, dest: Path) -> list[Path]:
    """A folder of csv files for each whole bearing. Returns the folders."""
    written = []
    for archive in sorted(source.glob("Bearing*.npz")):
        if not re.fullmatch(r"Bearing\d_\d", archive.stem):
            print(f"{archive.name}: only some of its snapshots are kept, left out", file=sys.stderr)
            continue
        arrays = np.load(archive)
        folder = dest / ("Learning_set" if archive.stem in LEARNING else "Full_Test_Set") / archive.stem
        folder.mkdir(parents=True, exist_ok=True)
        rate_hz = int(arrays["fs_hz"])
        for number, milli_g in zip(arrays["snapshot"].tolist(), arrays["acc_milli_g"], strict=True):
            snapshot(number, milli_g, rate_hz).write_csv(
                folder / f"acc_{number:05d}.csv", include_header=False, float_precision=3
            )
        written.append(folder)
    return written


def snapshot(number: int, milli_g: NDArray[np.integer], rate_hz: int) -> polars.DataFrame:
    """Hour, minute, second, microsecond and both accelerations in g, a line per sample."""
    second = STEP_S * (number - 1)
    clock = {"hour": second // 3600, "minute": second // 60 % 60, "second": second % 60}
    return polars.DataFrame(
        {
            **{name: np.full(len(milli_g), value) for name, value in clock.items()},
            "microsecond": np.arange(len(milli_g)) * 1_000_000 // rate_hz,
            "horizontal": milli_g[:, 0] / 1000,
            "vertical": milli_g[:, 1] / 1000,
        }
    )


def main() -> None:
    """Expand what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=["cwru", "femto"])
    parser.add_argument("source", type=Path)
    parser.add_argument("dest", type=Path)
    chosen = parser.parse_args()
    written = {"cwru": cwru, "femto": femto}[chosen.dataset](chosen.source, chosen.dest)
    print(f"{len(written)} of {chosen.dataset} under {chosen.dest}")


if __name__ == "__main__":
    main()
