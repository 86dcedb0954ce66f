"""What a run folder holds, read without the code that wrote it; what is absent is absent, not an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.errors import InputError
from polyhead.trace.folder import SPLITS, RunFolder
from polyhead.trace.steps import read_steps

if TYPE_CHECKING:
    import polars

SCORED = (*SPLITS, "data")  # what metrics.json may hold scores of; its other keys are about all of them

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """A run folder. A JSON file that is not there is an empty mapping, a table that is not there is None.

    A run of several `folds` has no data, network and environment of its own: what it says of them all folds share.
    """

    path: Path
    config_text: str
    environment: Record
    state: Record
    metadata: Record
    data: Record
    metrics: Record
    folds: tuple[Run, ...] = ()

    @cached_property
    def config(self) -> Record:
        """The configuration as a mapping; empty where the text is no YAML mapping."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            loaded = YAML(typ="safe", pure=True).load(self.config_text)
        except YAMLError:
            return {}
        return loaded if isinstance(loaded, dict) else {}

    @property
    def name(self) -> str:
        """The experiment's name, or the folder's where the configuration has none."""
        return str(self.config.get("name") or self.path.resolve().name)

    @property
    def stamp(self) -> str:
        """The folder's name; that of a fold begins with the run it belongs to."""
        path = self.path.resolve()
        return f"{path.parent.parent.name}, fold {path.name}" if self.is_fold else path.name

    @property
    def is_fold(self) -> bool:
        """Whether this is one fold of a larger run."""
        path = self.path.resolve()
        return path.parent.name == "folds" and (path.parent.parent / "config.yaml").is_file()

    @property
    def splits(self) -> list[str]:
        """Splits that have scores: train, val, test, and the windows of another file."""
        return [split for split in SCORED if split in self.metrics]

    @property
    def judged(self) -> str | None:
        """The split that the verdict is about: test, or val where there is no test; None before the evaluation."""
        return next((split for split in ("test", "val", *self.splits) if self.metrics.get(split)), None)

    @property
    def tasks(self) -> list[str]:
        """Tasks in the order of the configuration, from whichever file knows them."""
        scored = [task for split in self.splits for task in self.metrics[split]]
        return list(dict.fromkeys([*self.metadata.get("tasks", {}), *self.data.get("targets", {}), *scored]))

    def task(self, name: str) -> Record:
        """What metadata.json says of a task."""
        return _mapping(self.metadata.get("tasks", {}).get(name))

    def options(self, name: str) -> Record:
        """A task's options: in full where metadata.json has them, else as they were written."""
        full = _mapping(_mapping(self.metadata.get("configuration")).get("tasks")) or _mapping(self.config.get("tasks"))
        return _mapping(full.get(name))

    def target(self, name: str) -> Record:
        """What data.json says of a task's target."""
        return _mapping(self.data.get("targets", {}).get(name))

    @property
    def joint(self) -> Record:
        """{split: {name: score}} of the metrics across tasks."""
        return _mapping(self.metrics.get("joint"))

    @property
    def slices(self) -> Record:
        """{split: {task: {column: {"values": {value: {metric: score}}, "reason": why there are none}}}}."""
        return _mapping(self.metrics.get("slices"))

    @property
    def fold_names(self) -> list[str]:
        """The names of the folds, as the state has them, or their folders'."""
        named = [str(name) for name in self.state.get("folds") or []]
        return [named[i] if i < len(named) else fold.path.name for i, fold in enumerate(self.folds)]

    def primary(self, split: str | None, task: str) -> tuple[str, Record]:
        """Name and score of a task's primary metric on a split; an empty score where there is none."""
        scores = _mapping(self.metrics.get(split or "", {}).get(task))
        known = str(self.task(task).get("primary") or "")
        name = next((name for name, score in scores.items() if score.get("primary")), known)
        return name, _mapping(scores.get(name))

    def trace(self, name: str) -> polars.DataFrame | None:
        """A table of the trace, such as `epoch_metrics`, with every column but text as numbers."""
        import polars as pl

        path = RunFolder(self.path).trace / f"{name}.csv"
        if not path.is_file() or path.stat().st_size == 0:
            return None
        # A run in progress may be read in the middle of a line: short lines are filled, long ones cut.
        table = pl.read_csv(
            path, infer_schema_length=None, null_values=["", "nan", "NaN"], truncate_ragged_lines=True, glob=False
        )
        text = {"phase", "feature_name"}
        return table.with_columns(pl.exclude(*text).cast(pl.Float64, strict=False)) if table.height else None

    @cached_property
    def steps(self) -> polars.DataFrame | None:
        """The trace of steps, all files of it, in order of the step."""
        steps = read_steps(RunFolder(self.path).trace)
        return steps.sort("step") if steps.height else None

    def predictions(self, split: str | None) -> polars.DataFrame | None:
        """One row per window of a split."""
        import polars as pl

        path = RunFolder(self.path).predictions(split or "")
        return pl.read_parquet(path, glob=False) if path.is_file() else None


def read_run(path: Path) -> Run:
    """Read a run folder, finished or not; refuse a folder that is none and a schema that is not known."""
    if not any((path / name).is_file() for name in ("config.yaml", "state.json", "metrics.json")):
        raise InputError(
            "expected a run folder with config.yaml, state.json or metrics.json, found none of them",
            where=str(path),
            do="name the folder of one run, such as runs/NAME/STAMP",
        )
    config = path / "config.yaml"
    text = config.read_text(encoding="utf-8", errors="replace") if config.is_file() else ""
    parts = {part: _read(path, f"{part}.json") for part in ("environment", "state", "metadata", "data", "metrics")}
    inner = sorted((path / "folds").glob("*"), key=lambda each: (len(each.name), each.name))  # 100 comes after 99
    folds = tuple(read_run(each) for each in inner if (each / "config.yaml").is_file())
    return Run(path, text, **parts | _shared(folds), folds=folds)


def _shared(folds: Sequence[Run]) -> dict[str, Record]:
    """What all folds have alike, as files of the whole run would say it; nothing where there is no fold."""
    begun = [fold for fold in folds if fold.data]
    if not begun:
        return {}
    data, splits = begun[0].data, [_mapping(fold.data.get("split")) for fold in begun]
    counted = [split["shared_recordings"] for split in splits if split.get("shared_recordings") is not None]
    kept = {
        "targets": _stripped(data.get("targets"), "kind", "unit", "classes", "key"),
        "inputs": _stripped(data.get("inputs"), "channels", "unit"),
        "split": {key: splits[0].get(key) for key in ("by", "seed", "note")}
        | {"shared_recordings": max(counted, default=None)},
        "fingerprint": {key: value for key, value in _mapping(data.get("fingerprint")).items() if key == "data"},
        "reweighting": None,
    }
    return {"environment": begun[0].environment, "metadata": begun[0].metadata, "data": {**data, **kept}}


def _stripped(items: Any, *keys: str) -> dict[str, Record]:
    return {name: {key: one[key] for key in keys if key in one} for name, one in _mapping(items).items() if one}


def _read(path: Path, name: str) -> Record:
    return RunFolder(path).read(name) if (path / name).is_file() else {}


def _mapping(value: Any) -> Record:
    return value if isinstance(value, Mapping) else {}
