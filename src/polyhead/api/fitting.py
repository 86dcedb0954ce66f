"""One fit of an estimator: its arrays as a file, the run that trains on them, and what a pickle holds of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from polyhead.api.arrays import Arrays
from polyhead.api.running import Run, train
from polyhead.errors import InputError
from polyhead.training.watcher import EpochReport, InterruptedRunError, Watcher

_KEPT = ("config.yaml", "data.json", "metadata.json", "environment.json", "state.json", "metrics.json")
_BEST = "checkpoints/best.ckpt"


def fitted(config: Mapping[str, Any], arrays: Arrays, out: str | Path | None, verbose: bool) -> Run:
    """Train on `arrays`, written as .npz: into `out` beside the runs, or, with None, into a temporary folder that goes
    when the Run does, where no page is written. Raises InputError, and KeyboardInterrupt where a temporary run is
    interrupted."""
    watcher = _Lines() if verbose else None
    if out is not None:
        path, new = _stored(arrays, Path(out) / config["name"])
        try:
            return train(_reading(config, path), out=out, watcher=watcher)
        except InputError:
            if new:
                path.unlink()
            raise
    folder = Path(tempfile.mkdtemp(prefix="polyhead-"))
    with ExitStack() as unfinished:
        unfinished.callback(shutil.rmtree, folder)
        np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]  # mypy takes the names for options
        try:
            run = train(_reading(config, folder / "data.npz"), out=folder, watcher=watcher, report=False)
        except InterruptedRunError:
            raise KeyboardInterrupt from None  # nothing is left to resume
        unfinished.pop_all()
    return _fleeting(run, folder)


def _stored(arrays: Arrays, folder: Path) -> tuple[Path, bool]:
    """The arrays in a file named by its content, so that fits on the same arrays share it; and whether it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".data.{os.getpid()}.npz"
    try:
        np.savez(draft, **arrays)  # type: ignore[arg-type]
        with draft.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
        path = folder / f"data-{digest}.npz"
        new = not path.exists()
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path, new


def _reading(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    return {**config, "data": {**config["data"], "path": str(path.resolve())}}


def files_of(run: Run) -> dict[str, bytes]:
    """What another machine needs to predict and to tell of the run: configuration, what was fitted, scores, weights."""
    return {name: (run.folder / name).read_bytes() for name in (*_KEPT, _BEST)}


def run_of(files: Mapping[str, bytes]) -> Run:
    """A run of these files, in a temporary folder that goes when the Run does."""
    folder = Path(tempfile.mkdtemp(prefix="polyhead-"))
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    metrics: dict[str, Any] = json.loads(files["metrics.json"])
    return _fleeting(Run(folder, metrics), folder)


def _fleeting(run: Run, folder: Path) -> Run:
    weakref.finalize(run, _remove, folder, os.getpid())
    return run


def _remove(folder: Path, maker: int) -> None:
    """Remove a folder, unless this process is a fork of the one that made it."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


class _Lines(Watcher):
    """Prints a line for each epoch."""

    def on_epoch(self, report: EpochReport) -> None:
        skill = "" if report.skill is None else f", mean skill on validation {report.skill:.3f}"
        best = " (best)" if report.best else ""
        print(f"epoch {report.epoch} of {report.epochs}: loss {report.train_loss:.4g}{skill}{best}")
