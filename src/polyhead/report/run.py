"""What a run folder holds, read without the code that wrote it; what is absent is absent, not an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.errors import InputError
from polyhead.trace.folder import SPLITS, RunFolder
from polyhead.trace.steps import read_steps

if TYPE_CHECKING:
    import polars

NOT_SPLITS = ("schema_version", "thresholds", "summary")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """A run folder. A JSON file that is not there is an empty mapping, a table that is not there is None."""

    path: Path
    config_text: str
    environment: Record
    state: Record
    metadata: Record
    data: Record
    metrics: Record

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
    def splits(self) -> list[str]:
        """Splits that have scores: train, val, test, then any other."""
        found = [key for key in self.metrics if key not in NOT_SPLITS]
        return [s for s in SPLITS if s in found] + [s for s in found if s not in SPLITS]

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

    def target(self, name: str) -> Record:
        """What data.json says of a task's target."""
        return _mapping(self.data.get("targets", {}).get(name))

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
    parts = ("environment", "state", "metadata", "data", "metrics")
    return Run(path, text, **{part: _read(path, f"{part}.json") for part in parts})


def _read(path: Path, name: str) -> Record:
    return RunFolder(path).read(name) if (path / name).is_file() else {}


def _mapping(value: Any) -> Record:
    return value if isinstance(value, Mapping) else {}
