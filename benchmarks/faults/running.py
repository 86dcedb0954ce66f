"""Training a recipe, keeping what diagnosis reads, and asking the checks."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

import polyhead
from faults.case import Looked, Said
from faults.recipe import Recipe
from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.errors import InputError

DONE = "done.json"
KEPT = ("*.json", "*.yaml", "trace", "predictions")
"""What stays of a run; checkpoints and pages go."""


def looked(diagnosis: Diagnosis, train_s: float = 0.0, diagnose_s: float = 0.0) -> Looked:
    """What a diagnosis says, in its order."""
    said = [
        Said(
            one.id,
            one.severity,
            one.scope.task,
            one.follows,
            one.scope.epochs[0] if one.scope.epochs else None,
            tuple(dict.fromkeys(key for fix in one.fixes for key in fix.patch)),
            one.what,
        )
        for one in diagnosis.findings
    ]
    skipped = {id: why for id, why in diagnosis.checks.items() if why != "ran"}
    return Looked(tuple(said), "", train_s, diagnose_s, skipped)


def checked(recipe: Recipe) -> Looked:
    """What is said before training."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, _quiet():
        config = recipe.write(Path(folder))
        began = time.process_time()
        try:
            found = polyhead.check(config)
        except InputError as error:
            return Looked((), str(error))
        return looked(found, 0.0, time.process_time() - began)


def trained(recipe: Recipe, folder: Path) -> Looked:
    """Train unless that has been done; then diagnose the run, also one that ended early, or what training refuses."""
    done, mark = folder / DONE, recipe.digest()
    told = json.loads(done.read_text()) if done.is_file() else {}
    if told.get("digest") != mark:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seconds, ended = _train(recipe, folder)
        told = {"digest": mark, "seconds": seconds, "ended": ended}
        np.savez(folder / "clean.npz", allow_pickle=False, **recipe.clean)
        done.write_text(json.dumps(told))
    if not (folder / "run").is_dir():
        return checked(recipe)
    began = time.process_time()
    with _quiet():
        found = polyhead.diagnose(folder / "run")
    return looked(found, told["seconds"], time.process_time() - began)


def _train(recipe: Recipe, folder: Path) -> tuple[float, str]:
    """Processor seconds, and why it ended early; the run stands in folder / run, where one began."""
    with tempfile.TemporaryDirectory(dir=_memory()) as scratch, _quiet():
        config = recipe.write(Path(scratch))
        began, ended = time.process_time(), ""
        try:
            polyhead.train(config, out=Path(scratch) / "runs", report=False, diagnosis=False)
        except (InputError, ArithmeticError) as error:  # a run that a fault ends is diagnosed as it is
            ended = str(error)
        seconds = time.process_time() - began
        runs = sorted(Path(scratch, "runs").rglob("state.json"))
        if runs:
            keep(runs[-1].parent, folder / "run")
    return seconds, ended


def keep(run: Path, place: Path) -> None:
    """Copy what diagnosis reads of a run."""
    place.mkdir(parents=True)
    for pattern in KEPT:
        for one in run.glob(pattern):
            (shutil.copytree if one.is_dir() else shutil.copy)(one, place / one.name)


def primary(metrics: dict[str, Any], split: str, task: str) -> dict[str, Any] | None:
    """A task's primary score on a split, as metrics.json holds it."""
    scores = metrics.get(split, {}).get(task, {})
    return next((one for one in scores.values() if isinstance(one, dict) and one.get("primary")), None)


def metrics_of(folder: Path) -> dict[str, Any]:
    """metrics.json of the run kept in `folder`; empty where there is none."""
    with suppress(FileNotFoundError):
        return dict(json.loads((folder / "run" / "metrics.json").read_text()))
    return {}


def _memory() -> str | None:
    """A folder in memory, where there is one: a run writes many small files and waits for each."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
