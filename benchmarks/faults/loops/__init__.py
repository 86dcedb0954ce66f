"""Loops of one's own as cases."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polyhead
from faults.case import BenchCase, Looked, Made
from faults.loops.faults import FAULTS, SOUND, SPARSE
from faults.running import DONE, looked

LEAST = 0.2
"""What each task of a sound loop must reach, where 0 is a constant and 1 is perfect."""


def loops(seeds: int, healthy: int) -> Iterator[BenchCase]:
    """So many `healthy` ones, twins of faults first; each fault and dose with so many `seeds`, or two where no harm is
    to be tested; and the decoy."""
    for seed in range(healthy):
        changed = {} if seed < seeds else SOUND[seed % len(SOUND)]  # the first are twins of the faults
        yield BenchCase(f"loop-healthy-{seed}", "healthy", "loop", seed, _made(seed, changed), kind="loop")
    for fault in FAULTS:
        for dose, changed in fault.dosed():
            for seed in range(seeds if fault.reach == "run" else 2):
                name = f"loop-{fault.name}-{dose}-{seed}"
                yield BenchCase(name, "fault", "loop", seed, _made(seed, changed), fault, dose, "loop")
    for seed in range(seeds):
        yield BenchCase(f"decoy-silent-units-{seed}", "decoy", "loop", seed, _made(seed, SPARSE), kind="loop")


def _made(seed: int, changed: dict[str, Any]) -> Made:
    def make(folder: Path) -> Looked:
        from faults.loops.loop import Loop, run

        options = Loop(seed=seed, **changed)
        done = folder / DONE
        told = json.loads(done.read_text()) if done.is_file() else {}
        if told.get("digest") != repr(options):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            began = time.process_time()
            reached = run(options, folder)
            told = {"digest": repr(options), "seconds": time.process_time() - began, "reached": reached}
            done.write_text(json.dumps(told))
        began = time.process_time()
        found = polyhead.diagnose(next(folder.rglob("state.json")).parent)
        return looked(found, told["seconds"], time.process_time() - began)

    return make


def score(folder: Path, tasks: tuple[str, ...]) -> float:
    """Mean of what the tasks reached."""
    reached = json.loads((folder / DONE).read_text())["reached"]
    return float(sum(reached[task] for task in tasks) / len(tasks))


def unsound(folder: Path) -> str:
    """Which task of a sound loop did not clearly beat a constant; empty where all did."""
    reached = json.loads((folder / DONE).read_text())["reached"]
    return ", ".join(f"{task}: reached {value:.2f}" for task, value in reached.items() if value < LEAST)
