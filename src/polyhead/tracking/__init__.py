"""Trackers: a run shown in MLflow, Weights & Biases or TensorBoard, beside its own folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from polyhead.config.experiment import Experiment
from polyhead.tracking.mlflow import open_mlflow
from polyhead.tracking.names import check_names
from polyhead.tracking.store import Store, require
from polyhead.tracking.tensorboard import open_tensorboard
from polyhead.tracking.tracker import Tracker
from polyhead.tracking.wandb import open_wandb
from polyhead.training.watcher import Watcher

STORES: dict[str, Callable[[Experiment, Path], Store]] = {
    "mlflow": open_mlflow,
    "wandb": open_wandb,
    "tensorboard": open_tensorboard,
}


def build_trackers(experiment: Experiment, names: Mapping[str, str], run: Path) -> list[Watcher]:
    """A watcher for each tracker that `track` asks for; `names` gives other names to metrics.

    `run` is the run's folder: a run goes on in the store where it began. Raises InputError where a package is missing
    or a store cannot be opened.
    """
    check_trackers(experiment, names)
    return [Tracker(STORES[name](experiment, run), experiment, names) for name in _wanted(experiment)]


def check_trackers(experiment: Experiment, names: Mapping[str, str]) -> None:
    """Refuse what `build_trackers` would refuse before it opens a store: packages that are missing, and names that
    would stand for two metrics. Raises InputError."""
    wanted = _wanted(experiment)
    for name in wanted:
        require(name)
    if wanted:
        check_names(names, experiment)


def _wanted(experiment: Experiment) -> list[str]:
    return [name for name in STORES if getattr(experiment.track, name)]
