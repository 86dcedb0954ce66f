"""Training: once, for several seeds, a fold at a time, or on from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.api import diagnosing, judging
from polyhead.api.configuration import Config, load, published_columns, tracked_names
from polyhead.api.reading import read
from polyhead.config.experiment import Experiment
from polyhead.config.experiment_file import Loaded
from polyhead.errors import InputError, StoppedRunError
from polyhead.signals.source import Source
from polyhead.trace.folder import RunFolder
from polyhead.trace.published import write_published

if TYPE_CHECKING:
    from polyhead.diagnosis.diagnose import Diagnosis
    from polyhead.training.session import Session
    from polyhead.training.watcher import Watcher


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run: its folder, its metrics as metrics.json holds them, and what diagnosis found, None where it was
    not asked."""

    folder: Path
    metrics: dict[str, Any]
    diagnosis: Diagnosis | None = None

    def __repr__(self) -> str:
        from polyhead.report.notebook import summary_text

        return summary_text(self.folder, self.metrics)

    def _repr_html_(self) -> str:
        """What a notebook shows: the tasks beside their floors."""
        from polyhead.report.notebook import summary_html

        return summary_html(self.folder, self.metrics)


def train(
    config: Config,
    overrides: Sequence[str] = (),
    *,
    out: str | Path = "runs",
    tasks: Sequence[str] = (),
    watcher: Watcher | None = None,
    report: bool = True,
    diagnosis: bool = True,
) -> Run:
    """Train an experiment, judge it on every split, and say what is wrong with it.

    `overrides` are `train.epochs=5` and the like, `out` is the folder of runs, `tasks` trains only these, `report`
    says whether the page is written, which takes a second or more, `diagnosis` whether the checks run, while it trains
    and in the end. Raises InputError where something cannot be used, and InterruptedRunError where a signal asked it to
    stop.
    """
    loaded = load(config, [*overrides, *_only(config, overrides, tasks)])
    run = RunFolder.create(Path(out), loaded.experiment.name, datetime.now())
    try:
        with run.lock():
            loaded.document.write(run.path / "config.yaml")
            return _begin(loaded, run, watcher, _After(report, diagnosis))
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
    diagnosis: bool = True,
) -> list[Run]:
    """Train `seeds` runs that differ only in their seed: the experiment's own, and those that follow it."""
    first = load(config, overrides).experiment.seed
    return [
        train(
            config,
            [*overrides, f"seed={first + number}"],
            out=out,
            tasks=tasks,
            watcher=watcher() if watcher else None,
            diagnosis=diagnosis,
        )
        for number in range(seeds)
    ]


def resume(run: str | Path, *, watcher: Watcher | None = None, diagnosis: bool = True) -> Run:
    """Go on with a run where its last checkpoint stands; it ends as if it had never stopped.

    `run` is the folder or its last.ckpt, `diagnosis` says whether the checks run. Raises InputError where the data are
    no longer the same.
    """
    path = Path(run)
    if path.suffix == ".ckpt" and path.name != "last.ckpt":
        raise InputError("holds weights only", where=str(path), do="resume from last.ckpt or the run's folder")
    folder = RunFolder.open(path.parent.parent if path.suffix == ".ckpt" else path)
    loaded = load(folder.path / "config.yaml")
    with folder.lock():
        return _begin(loaded, folder, watcher, _After(diagnosis=diagnosis))


@dataclass(frozen=True)
class _After:
    """What is made of a run beside its metrics: its page, its findings."""

    report: bool = True
    diagnosis: bool = True


def _begin(loaded: Loaded, run: RunFolder, watcher: Watcher | None, after: _After) -> Run:
    """Read the data and train, once or a fold at a time. Raises InputError."""
    from polyhead.api.live import LiveDiagnosis
    from polyhead.training.watcher import Watcher, Watchers

    experiment = loaded.experiment
    if after.diagnosis or experiment.train.stop_on:
        diagnosing.refuse_unknown_checks(experiment, loaded.document)
    display = watcher or Watcher()
    live = [LiveDiagnosis(display, experiment.train.stop_on)] if after.diagnosis or experiment.train.stop_on else []
    watcher = Watchers([display, *live, *_trackers(experiment, run)])
    with _ended(watcher):
        watcher.on_phase(f"reading {experiment.data.path or experiment.data.reader}")
        source = read(experiment.data)
        split = experiment.data.split
        if split.folds is None or split.fold is not None:
            return _work(experiment, source, run, watcher, after)
        return _cross_validate(experiment, source, run, watcher, after)


def _trackers(experiment: Experiment, run: RunFolder) -> list[Watcher]:
    """Those that the config asks for, with metrics under the names that it or a study gives them. Raises InputError
    where a package is missing or a store cannot be opened."""
    from polyhead.tracking import build_trackers

    return build_trackers(experiment, tracked_names(experiment.track.names), run.path)


def _cross_validate(experiment: Experiment, source: Source, run: RunFolder, watcher: Watcher, after: _After) -> Run:
    """Train each fold as a run of its own within `run`, then judge their pooled test predictions."""
    from polyhead.training.folds import Fold, check_folds, names_of_folds, pool_folds, write_folds
    from polyhead.training.watcher import InterruptedRunError

    check_folds(experiment, source)
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
                _work(loaded.experiment, source, folds[-1].run, watcher, after)
            except InterruptedRunError as error:
                write_folds(run, folds, "interrupted")
                raise InterruptedRunError(run.path) from error
            except InputError as error:
                write_folds(run, folds, "failed", error.line)
                if isinstance(error, StoppedRunError):
                    _show(run, after)
                raise
    watcher.on_phase("pooling the predictions of all folds")
    metrics = pool_folds(run, folds, source)
    write_folds(run, folds, "finished")
    return _account(run, metrics, watcher, after)


def _work(experiment: Experiment, source: Source, run: RunFolder, watcher: Watcher, after: _After) -> Run:
    """Prepare, train from where the run stands, judge, report."""
    from polyhead.api.company import Company
    from polyhead.training.finish import finish
    from polyhead.training.fit import fit
    from polyhead.training.memory import explained
    from polyhead.training.preparation import prepare
    from polyhead.training.session import Session
    from polyhead.training.watcher import StopRequest

    stop = StopRequest()
    with stop.listening(), _same_threads(), _shown_where_stopped(run, after):
        with Company(run, experiment.train.devices) as company:
            session = Session(prepare(experiment, source), run, company.ranks)
            company.meet(session.fabric.device)
            session.begin(datetime.now(UTC))
            watcher.on_start(run.path, tuple(experiment.enabled), experiment.train.epochs, len(session.steps_of(0)))
            with _noted(session), explained(session):
                fit(session, watcher, stop)
        with _noted(session):
            watcher.on_phase("judging the best checkpoint on every split")
            session.write_state("evaluating")
            metrics = finish(session, stop)
            write_published(run, published_columns(experiment.data.reader))
        session.write_state("finished")
        return _account(run, metrics, watcher, after)


def _account(run: RunFolder, metrics: dict[str, Any], watcher: Watcher, after: _After) -> Run:
    found = _show(run, after)
    watcher.on_finish(run.path, metrics)
    return Run(run.path, metrics, found)


def _show(run: RunFolder, after: _After) -> Diagnosis | None:
    """Findings first, then the page that shows them."""
    found = diagnosing.diagnose_held(run) if after.diagnosis else None
    if after.report:
        judging.report(run.path)
    return found


@contextmanager
def _shown_where_stopped(run: RunFolder, after: _After) -> Iterator[None]:
    """Findings and page of a run too that cannot be judged, where it was asked to end by what was found."""
    try:
        yield
    except StoppedRunError:
        _show(run, after)
        raise


@contextmanager
def _noted(session: Session) -> Iterator[None]:
    """Write into the run's state.json why it ends before its time."""
    from polyhead.training.watcher import InterruptedRunError

    try:
        yield
    except InterruptedRunError:
        session.write_state("interrupted")
        raise
    except InputError as error:
        session.write_state("failed", error.line)
        if error.check in session.options.stop_on:
            raise StoppedRunError(error.what, where=error.where, do=error.do, check=error.check) from error
        raise


@contextmanager
def _same_threads() -> Iterator[None]:
    """Leave as many threads as there were: a run shares them out among its processes, or takes those it began with."""
    import torch

    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _ended(watcher: Watcher) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        watcher.on_end(error)
        raise
    watcher.on_end(None)
