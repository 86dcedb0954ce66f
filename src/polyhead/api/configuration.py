"""From a file to an experiment: readers, metrics and studies by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyhead.config.experiment_file import Loaded, load_experiment
from polyhead.errors import InputError
from polyhead.scoring.board import KINDS, kind_of, metrics_of
from polyhead.signals.readers import READERS, Reader
from polyhead.studies import STUDIES

Config = str | Path | Mapping[str, Any]
"""A config's file, or its content."""


def load(config: Config, overrides: Sequence[str] = ()) -> Loaded:
    """Read and validate an experiment; a relative `data.path` or `model.init` becomes absolute, from the file's folder.

    Raises InputError naming file, line and key.
    """
    source = config if isinstance(config, Mapping) else Path(config)
    loaded = load_experiment(
        source,
        overrides,
        lambda name: readers()[name].options if name in readers() else None,
        metrics_of=lambda kind: [metric.name for metric in metrics_of(kind)] if kind in KINDS else [],
        readers=list(readers()),
        declared={name: task for study in STUDIES.values() for name, task in study.tasks.items()},
    )
    _check_monitor(loaded)
    for block, key in _PATHS:
        path = getattr(getattr(loaded.experiment, block), key)
        if path is not None and not Path(path).is_absolute():
            here = isinstance(source, Mapping) or _overridden(overrides, f"{block}.{key}")
            home = Path.cwd() if isinstance(source, Mapping) or here else source.resolve().parent
            loaded = _with_path(loaded, block, key, str(home / path))
    return loaded


def _check_monitor(loaded: Loaded) -> None:
    """Refuse to choose by a metric of which neither more nor less is better, or that is not computed unasked."""
    monitor = loaded.experiment.train.monitor
    _, _, rest = monitor.partition("/")
    name, _, metric = rest.partition("/")
    task = loaded.experiment.enabled.get(name)
    measure = next((one for one in kind_of(task.kind).measures if one.metric.name == metric), None) if task else None
    if task is None or measure is None:
        return
    where = loaded.document.where(("train", "monitor"))
    if measure.metric.direction is None:
        raise InputError(
            f"train.monitor {monitor}: neither more nor less {metric} is better, so it cannot choose a checkpoint",
            where=where,
            do=f"monitor val/skill or val/{name}/{metrics_of(task.kind)[0].name}",
        )
    given = _GIVEN.get(task.loss_fn.name, ())
    if not set(measure.needs) <= set(given):
        raise InputError(
            f"train.monitor {monitor}: {task.loss_fn.name} gives no {measure.needs[0]}, which {metric} needs",
            where=where,
            do=f"write tasks.{name}.loss_fn: gaussian_nll",
        )
    if (measure.on_request or measure.needs) and metric not in (task.metrics or ()):
        raise InputError(
            f"train.monitor {monitor}: {metric} is only computed on request",
            where=where,
            do=f"add it to tasks.{name}.metrics",
        )


_GIVEN = {"gaussian_nll": ("sd", "low", "high"), "quantile": ("low", "high")}
"""What predictions of a loss carry beside the value."""


_PATHS = (("data", "path"), ("model", "init"))
"""Keys that name files."""


def _overridden(overrides: Sequence[str], name: str) -> bool:
    return any(override.partition("=")[0].strip() == name for override in overrides)


def _with_path(loaded: Loaded, block: str, key: str, path: str) -> Loaded:
    loaded.document.set(f"{block}.{key}", path)
    changed = getattr(loaded.experiment, block).model_copy(update={key: path})
    return Loaded(loaded.experiment.model_copy(update={block: changed}), loaded.document)


def readers() -> dict[str, Reader]:
    """Every reader by name: files of arrays and tables, and what the studies bring."""
    return READERS | {name: reader for study in STUDIES.values() for name, reader in study.readers().items()}


def study_config(name: str, which: str = "recommended") -> Path:
    """The file of a study's config. Raises InputError where there is no such study or config."""
    from polyhead.signals.readers.path import nearest

    if name not in STUDIES:
        raise InputError(
            f"no study {name!r}{nearest(name, STUDIES)}", where="polyhead study", do="see `polyhead study list`"
        )
    return STUDIES[name].config(which)


def tracked_names(names: str | Mapping[str, str]) -> Mapping[str, str]:
    """The names that metrics have in trackers, by ours: as given, or those of a study. Raises InputError."""
    if not isinstance(names, str):
        return names
    known = [name for name, study in STUDIES.items() if study.tracked]
    if names not in known:
        raise InputError(
            f"no study {names!r} brings names; those that do: {', '.join(known)}",
            where="track.names",
            do="write a mapping {our name: their name}",
        )
    return STUDIES[names].tracked


def published_columns(reader: str) -> Mapping[str, Mapping[str, str]]:
    """The names that columns of the tables over epochs have in the publication of the study that brings a reader, by
    table and by ours; none for others."""
    return next((study.columns for study in STUDIES.values() if study.columns and reader in study.readers()), {})


def needs_path(config: Path) -> bool:
    """Whether a config reads recordings and does not say where they are."""
    from polyhead.config.document import Document

    data = Document.read(config).values["data"]
    reader = readers().get(data["reader"])  # None for package.module:function, which knows itself
    return reader is not None and not reader.generator and "path" not in data
