"""Cross-validation: each fold is a run of its own; their test predictions are pooled and judged as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.scoring.success import judge_success
from polyhead.signals.assembly import assemble
from polyhead.signals.source import Source
from polyhead.signals.split import fold_names, make_split
from polyhead.trace.folder import RunFolder
from polyhead.trace.predictions import write_frame
from polyhead.training.evaluation import Pooled, decided, pool
from polyhead.training.finish import prediction_frame
from polyhead.training.judgement import Judged, add_split, decisions, unit_of
from polyhead.training.preparation import Prepared, check_classes, prepare
from polyhead.training.restored import restore


@dataclass(frozen=True)
class Fold:
    """One fold: its name, its run, and the experiment with its number."""

    name: str
    run: RunFolder
    experiment: Experiment

    @property
    def finished(self) -> bool:
        """Whether its run has come to its end."""
        state = self.run.path / "state.json"
        return state.exists() and self.run.read("state.json")["status"] == "finished"


def names_of_folds(experiment: Experiment, source: Source) -> tuple[str, ...]:
    """The names of all folds, in order. Raises InputError where the data cannot be cut so."""
    windows = assemble(experiment.data, source, experiment.horizon, experiment.seed)
    return fold_names(windows, experiment.data.split, experiment.seed)


def check_folds(experiment: Experiment, source: Source) -> None:
    """Refuse, before any is trained, data of which one fold could not be trained on. Raises InputError naming it."""
    split = experiment.data.split
    if split.folds is None or split.fold is not None:
        return
    windows = assemble(experiment.data, source, experiment.horizon, experiment.seed)
    for number, name in enumerate(fold_names(windows, split, experiment.seed), 1):
        one = split.model_copy(update={"fold": number})
        try:
            check_classes(experiment, windows, make_split(windows, one, experiment.seed))
        except InputError as error:
            raise InputError(f"fold {name}: {error.what}", where=error.where, do=error.do, check=error.check) from error


def pool_folds(run: RunFolder, folds: Sequence[Fold], source: Source) -> dict[str, Any]:
    """Judge the test predictions of all folds together, each beside what its own training set taught the trivial
    predictors; write metrics.json, criteria included, and the pooled predictions."""
    import polars

    judged: list[Judged] = []
    frames: list[polars.DataFrame] = []
    for fold in folds:
        prepared = prepare(fold.experiment, source)
        pooled = _tested(fold, prepared)
        index = prepared.split["test"]
        judged.append(Judged(prepared.tasks, prepared.windows, index, pooled, unit_of(fold.experiment)))
        frame = prediction_frame(prepared.tasks, prepared.windows, index, pooled, truth=True)
        frames.append(frame.insert_column(0, polars.lit(fold.name).alias("fold")))
    metrics: dict[str, Any] = {"thresholds": {}, "interval_factors": {}, "summary": {}, "joint": {}, "slices": {}}
    add_split(metrics, "test", judged, folds[0].experiment)
    experiment = folds[0].experiment
    metrics["success"] = judge_success(experiment.success, experiment.joint, metrics)
    write_frame(run.predictions("test"), polars.concat(frames))
    run.write("metrics.json", metrics)
    return run.read("metrics.json")


def _tested(fold: Fold, prepared: Prepared) -> Pooled:
    """The test predictions of a fold's best checkpoint, decided as its own validation did."""
    network, feed = restore(fold.run, fold.experiment, prepared.windows, prepared.tasks, "best")
    pooled = pool(network, feed, prepared.split["test"], fold.experiment.train.batch_size)
    return decided(prepared.tasks, pooled, decisions(fold.run.read("metrics.json")))


def write_folds(run: RunFolder, folds: Sequence[Fold], status: str, reason: str | None = None) -> None:
    """Write state.json of the whole: which folds there are, and how each did on its own test set."""
    done = [fold for fold in folds if fold.finished]
    each = {fold.name: fold.run.read("metrics.json")["summary"].get("test") for fold in done}
    run.write("state.json", {"status": status, "reason": reason, "folds": [fold.name for fold in folds], "test": each})
