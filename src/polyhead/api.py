"""Composition: resolves readers, runs the loop, judges what came out, writes the report."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.config.data import DataOptions, SplitOptions
from polyhead.config.experiment import Experiment
from polyhead.config.experiment_file import Loaded, load_experiment
from polyhead.errors import InputError
from polyhead.scoring.board import KINDS, kind_of, metrics_of
from polyhead.signals.readers import READERS, Reader
from polyhead.signals.source import Source
from polyhead.studies import STUDIES
from polyhead.trace.folder import RunFolder

if TYPE_CHECKING:
    from polyhead.signals.cache import Entry
    from polyhead.training.watcher import Watcher

Config = str | Path | Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, and its metrics as metrics.json holds them."""

    folder: Path
    metrics: dict[str, Any]


def load(config: Config, overrides: Sequence[str] = ()) -> Loaded:
    """Read and validate an experiment; a relative `data.path` becomes absolute, from the file's folder.

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
    path = loaded.experiment.data.path
    if path is not None and not Path(path).is_absolute():
        home = Path.cwd() if isinstance(source, Mapping) or _overridden(overrides) else source.resolve().parent
        return _with_path(loaded, str(home / path))
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
    if (measure.on_request or measure.needs) and metric not in (task.metrics or ()):
        raise InputError(
            f"train.monitor {monitor}: {metric} is only computed on request",
            where=where,
            do=f"add it to tasks.{name}.metrics",
        )


def _overridden(overrides: Sequence[str]) -> bool:
    return any(override.partition("=")[0].strip() == "data.path" for override in overrides)


def _with_path(loaded: Loaded, path: str) -> Loaded:
    loaded.document.set("data.path", path)
    data = loaded.experiment.data.model_copy(update={"path": path})
    return Loaded(loaded.experiment.model_copy(update={"data": data}), loaded.document)


def readers() -> dict[str, Reader]:
    """Every reader by name: files of arrays and tables, and what the studies bring."""
    return READERS | {name: reader for study in STUDIES.values() for name, reader in study.readers().items()}


def read(data: DataOptions) -> Source:
    """Bring in the recordings. Raises InputError where they cannot be read."""
    if ":" in data.reader:
        return _read_own(data)
    reader = readers()[data.reader]
    if reader.embedded and data.inputs:
        raise InputError(f"the reader {data.reader!r} brings its own inputs", where="data.inputs", do="leave it out")
    if reader.generator and data.path is not None:
        raise InputError(
            f"the generator {data.reader!r} reads no file, found {data.path}",
            where="data.path",
            do=f"leave it out, or name a reader of files: {', '.join(READERS)}",
        )
    return reader.read(data)


def _read_own(data: DataOptions) -> Source:
    reader = _own_reader(data.reader)
    try:
        return reader(data)
    except InputError:
        raise
    except Exception as error:  # whatever a user's code raises, the line names it
        raise InputError(f"the reader raised {type(error).__name__}: {error}", where=data.reader) from error


def _own_reader(name: str) -> Callable[[DataOptions], Source]:
    """The user's reader `package.module:function`, called with the `data` block, returning a Source."""
    module, _, function = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # as `python -m` does: a module beside the config is found
    try:
        found: Callable[[DataOptions], Source] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"no reader {name!r} ({error})", where="data.reader", do="write `package.module:function`"
        ) from error
    return found


def train(
    config: Config,
    overrides: Sequence[str] = (),
    *,
    out: str | Path = "runs",
    tasks: Sequence[str] = (),
    watcher: Watcher | None = None,
) -> Run:
    """Train an experiment and judge it on every split.

    `overrides` are `train.epochs=5` and the like, `out` is the folder of runs, `tasks` trains only these. Raises
    InputError where something cannot be used, and InterruptedRunError where a signal asked it to stop.
    """
    loaded = load(config, [*overrides, *_only(config, overrides, tasks)])
    run = RunFolder.create(Path(out), loaded.experiment.name, datetime.now())
    try:
        with run.lock():
            loaded.document.write(run.path / "config.yaml")
            return _begin(loaded.experiment, run, watcher)
    except BaseException:
        _discard_empty(run)
        raise


def _only(config: Config, overrides: Sequence[str], tasks: Sequence[str]) -> Iterator[str]:
    if not tasks:
        return
    known = load(config, overrides).experiment.tasks
    for task in tasks:
        if task not in known:
            raise InputError(f"no task {task!r}; there are {', '.join(known)}", where="--tasks")
    for task in known:
        yield f"tasks.{task}.enabled={'true' if task in tasks else 'false'}"


def _discard_empty(run: RunFolder) -> None:
    """Remove a run folder that training never began in: nothing half-written stays."""
    if not any(run.path.rglob("last.ckpt")):
        for path in sorted(run.path.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        run.path.rmdir()
        if not any(run.path.parent.iterdir()):
            run.path.parent.rmdir()


def train_seeds(
    config: Config,
    overrides: Sequence[str] = (),
    *,
    seeds: int,
    out: str | Path = "runs",
    tasks: Sequence[str] = (),
    watcher: Callable[[], Watcher] | None = None,
) -> list[Run]:
    """Train `seeds` runs that differ only in their seed: the experiment's own, and those that follow it."""
    first = load(config, overrides).experiment.seed
    return [
        train(
            config, [*overrides, f"seed={first + number}"], out=out, tasks=tasks, watcher=watcher() if watcher else None
        )
        for number in range(seeds)
    ]


def resume(run: str | Path, *, watcher: Watcher | None = None) -> Run:
    """Go on with a run where its last checkpoint stands; it ends as if it had never stopped.

    `run` is the folder or its last.ckpt. Raises InputError where the data are no longer the same.
    """
    path = Path(run)
    if path.suffix == ".ckpt" and path.name != "last.ckpt":
        raise InputError("holds weights only", where=str(path), do="resume from last.ckpt or the run's folder")
    folder = RunFolder.open(path.parent.parent if path.suffix == ".ckpt" else path)
    experiment = load(folder.path / "config.yaml").experiment
    with folder.lock():
        return _begin(experiment, folder, watcher)


def _begin(experiment: Experiment, run: RunFolder, watcher: Watcher | None) -> Run:
    """Read the data and train, once or a fold at a time."""
    from polyhead.training.watcher import Watcher

    watcher = watcher or Watcher()
    with _ended(watcher):
        watcher.on_phase(f"reading {experiment.data.path or experiment.data.reader}")
        source = read(experiment.data)
        split = experiment.data.split
        if split.folds is None or split.fold is not None:
            return _work(experiment, source, run, watcher)
        return _cross_validate(experiment, source, run, watcher)


def _cross_validate(experiment: Experiment, source: Source, run: RunFolder, watcher: Watcher) -> Run:
    """Train each fold as a run of its own within `run`, then judge their pooled test predictions."""
    from polyhead.training.folds import Fold, names_of_folds, pool_folds, write_folds
    from polyhead.training.watcher import InterruptedRunError

    folds: list[Fold] = []
    names = names_of_folds(experiment, source)
    for number, name in enumerate(names, 1):
        loaded = load(run.path / "config.yaml", [f"data.split.fold={number}"])
        folds.append(Fold(name, run.fold(number), loaded.experiment))
        with folds[-1].run.lock():
            if folds[-1].finished:
                continue
            loaded.document.write(folds[-1].run.path / "config.yaml")
            watcher.on_phase(f"fold {number} of {len(names)}: {name}")
            try:
                _work(loaded.experiment, source, folds[-1].run, watcher)
            except InterruptedRunError as error:
                write_folds(run, folds, "interrupted")
                raise InterruptedRunError(run.path) from error
    watcher.on_phase("pooling the predictions of all folds")
    metrics = pool_folds(run, folds, source)
    write_folds(run, folds, "finished")
    report(run.path)
    return Run(run.path, metrics)


def _work(experiment: Experiment, source: Source, run: RunFolder, watcher: Watcher) -> Run:
    """Prepare, train from where the run stands, judge, report."""
    from polyhead.training.finish import finish
    from polyhead.training.fit import fit
    from polyhead.training.memory import explained
    from polyhead.training.preparation import prepare
    from polyhead.training.session import Session
    from polyhead.training.watcher import InterruptedRunError, StopRequest

    stop = StopRequest()
    with stop.listening():
        session = Session(prepare(experiment, source), run)
        session.begin(datetime.now(UTC))
        watcher.on_start(run.path, tuple(experiment.enabled), experiment.train.epochs, len(session.steps_of(0)))
        try:
            with explained(session):
                fit(session, watcher, stop)
            watcher.on_phase("judging the best checkpoint on every split")
            session.write_state("evaluating")
            metrics = finish(session, stop)
        except InterruptedRunError:
            session.write_state("interrupted")
            raise
        except InputError as error:
            session.write_state("failed", error.line)
            raise
        session.write_state("finished")
        report(run.path)
    return Run(run.path, metrics)


@contextmanager
def _ended(watcher: Watcher) -> Iterator[None]:
    try:
        yield
    finally:
        watcher.on_end()


def report(run: str | Path) -> Path:
    """Write report.html, report.md and figures of a run; returns the path of the page."""
    from polyhead.report.page import write_report

    return write_report(RunFolder.open(Path(run)).path)


def evaluate(
    run: str | Path,
    *,
    checkpoint: str = "best",
    data: str | Path | None = None,
    split: str | None = None,
    csv: bool = False,
) -> dict[str, Any]:
    """Judge a run's checkpoint, on its own splits or on the whole of another file; writes predictions.

    Returns metrics as metrics.json holds them, for the split asked for or all. Raises InputError.
    """
    from polyhead.training.restored import judge_file, judge_splits

    folder = RunFolder.open(Path(run)).single()
    experiment = load(folder.path / "config.yaml").experiment
    if data is not None:
        if split is not None:
            raise InputError("another file has no splits", where="--split", do="leave out --split or --data")
        described = experiment.data.model_copy(update={"path": str(data), "split": SplitOptions()})
        experiment = experiment.model_copy(update={"data": described})
        with folder.lock():
            return judge_file(folder, experiment, read(described), checkpoint, csv)
    with folder.lock():
        return judge_splits(folder, experiment, read(experiment.data), checkpoint, split, csv)


def predict(run: str | Path, data: str | Path, output: str | Path, *, checkpoint: str = "best") -> int:
    """Predict every window of a file that needs inputs only; returns how many. The ending of `output` says csv or
    parquet. Raises InputError."""
    from polyhead.training.restored import predict_file

    folder = RunFolder.open(Path(run)).single()
    experiment = load(folder.path / "config.yaml").experiment
    options = _inputs_only(experiment.data).model_copy(update={"path": str(data)})
    experiment = experiment.model_copy(update={"data": options})
    return predict_file(folder, experiment, read(options), checkpoint, Path(output))


def _inputs_only(data: DataOptions) -> DataOptions:
    """The data block without what predictions do without: targets, split and, where a row is a window, its recording.

    Where a row is one sample in time, the recording says where windows must not cross.
    """
    kept: dict[str, Any] = {"targets": {}, "split": SplitOptions(), "sampling_hz": None}
    sampled = data.window is not None and all(
        not spec.axes or spec.axes[0] == "sample" for spec in data.inputs.values()
    )
    if not sampled:
        kept |= {"group": None, "time": None}
    return data.model_copy(update=kept)


def check(config: Config, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Look at config and data before training. Returns {"findings": [...], "checks": {...}, "summary": {...}}.

    Raises InputError where the config itself cannot be used; what is wrong with the data is a finding.
    """
    from polyhead.training.description import describe_data
    from polyhead.training.preparation import prepare

    experiment = load(config, overrides).experiment
    try:
        described = describe_data(prepare(experiment, read(experiment.data)))
    except InputError as error:
        return {"findings": [_finding(error)], "checks": {error.check: "ran"}, "summary": None}
    summary = {key: described[key] for key in ("fingerprint", "windows", "split")}
    return {"findings": [], "checks": {"contract": "ran"}, "summary": summary}


def _finding(error: InputError) -> dict[str, Any]:
    return {
        "id": error.check,
        "severity": "error",
        "state": "found",
        "scope": {"where": error.where},
        "evidence": error.what,
        "counter_evidence": None,
        "why": "training refuses this input",
        "fixes": [{"text": error.do, "patch": None}] if error.do else [],
        "docs": None,
    }


def init(file: str | Path, out: str | Path | None = None) -> Path:
    """Look at a csv, parquet, npz or hdf5 file and write a commented configuration that trains on it, as `out` or
    NAME.yaml here; returns its path. Raises InputError where the file holds nothing to train on, or `out` exists."""
    from polyhead.signals.proposal import name_of_file, propose
    from polyhead.trace.folder import write_whole

    path = Path(file)
    target = Path(out) if out is not None else Path(f"{name_of_file(path)}.yaml")
    if target.exists() or target.is_symlink():
        raise InputError("exists already", where=str(target), do="name another file with -o, or remove it")
    text = propose(path, target.parent)
    write_whole(target, text)
    return target


def convert(config: Config, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Read an experiment's data once, so that what cannot be mapped lies converted in the cache.

    Returns the cache's folder and the entries that the data use, none where their format needs no conversion. Raises
    InputError.
    """
    from polyhead.signals.cache import cache_folder, noted

    with noted() as found:
        read(load(config, overrides).experiment.data)
    return {"cache": str(cache_folder()), "entries": [_entry(entry) for entry in found]}


def conversions(clear: bool = False) -> dict[str, Any]:
    """What the cache holds, the last used first; or what was removed from it: all that nobody uses."""
    from polyhead.signals import cache

    described = {entry.path: _entry(entry) for entry in cache.entries()}
    found = [described[entry.path] for entry in cache.clear()] if clear else list(described.values())
    return {"cache": str(cache.cache_folder()), "entries": found}


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "folder": str(entry.path),
        "reader": entry.reader,
        "files": [str(path) for path in entry.files],
        "bytes": entry.size,
        "used": datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds"),
        "arrays": [
            {"name": name, "shape": list(shape), "type": str(dtype)} for name, (shape, dtype) in entry.arrays.items()
        ],
    }


def needs_path(config: Path) -> bool:
    """Whether a config reads recordings and does not say where they are."""
    from polyhead.config.document import Document

    data = Document.read(config).values["data"]
    return not readers()[data["reader"]].generator and "path" not in data


def study_config(name: str, which: str = "recommended") -> Path:
    """The file of a study's config. Raises InputError where there is no such study or config."""
    from polyhead.signals.readers.path import nearest

    if name not in STUDIES:
        raise InputError(
            f"no study {name!r}{nearest(name, STUDIES)}", where="polyhead study", do="see `polyhead study list`"
        )
    return STUDIES[name].config(which)
