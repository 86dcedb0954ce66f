"""Diagnosis of a run, a log or a table of metrics; and of a config and its data before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.api.configuration import Config, load, tracked_names
from polyhead.api.reading import read
from polyhead.config.diagnosis import IgnoreOptions
from polyhead.config.experiment_file import Loaded
from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder

if TYPE_CHECKING:
    from polyhead.config.document import Document
    from polyhead.config.experiment import Experiment
    from polyhead.diagnosis.case import Case
    from polyhead.diagnosis.check import Check
    from polyhead.diagnosis.finding import Finding


def diagnose(
    target: str | Path,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    baseline: str | Path | None = None,
    columns: str | Path | None = None,
) -> Diagnosis:
    """What is wrong with a run, with another program's log, or with a table of metrics.

    `select` and `ignore` name checks, `baseline` a file of findings that are old, `columns` a file that names the
    columns of a log. A run's folder is left its findings.json where all checks were asked. Raises InputError.
    """
    from polyhead.diagnosis.catalogue import chosen
    from polyhead.diagnosis.opening import run_at

    checks, run = chosen(select, ignore), run_at(Path(target))
    name = str(target) if run is None else str(run)
    found = _found(name, checks, baseline, Path(columns) if columns else None)
    if run is not None and (run / "state.json").is_file() and not (select or ignore):
        _leave(RunFolder(run), found)
    return found


def diagnose_held(run: RunFolder) -> Diagnosis:
    """What is wrong with a run whose folder this process holds; writes its findings.json."""
    from polyhead.diagnosis.catalogue import all_checks

    found = _found(str(run.path), all_checks())
    run.write("findings.json", found.as_dict())
    return found


def _found(
    target: str, checks: Sequence[Check[Any]], baseline: str | Path | None = None, columns: Path | None = None
) -> Diagnosis:
    """What the checks find in whatever is at `target`, a fold at a time where it has folds."""
    from polyhead.diagnosis.baseline import read_baseline
    from polyhead.diagnosis.diagnose import diagnose as run_checks
    from polyhead.diagnosis.folds import merged
    from polyhead.diagnosis.opening import folds_of, read_case

    old = None if baseline is None else read_baseline(Path(baseline))
    cases = [read_case(str(fold)) for fold in folds_of(Path(target))] or [read_case(target, columns)]
    configured = next((case for case in cases if case.config is not None and case.document is not None), None)
    ignored: Sequence[IgnoreOptions] = []
    if configured is not None and configured.config is not None and configured.document is not None:
        refuse_unknown_checks(configured.config, configured.document)
        ignored = configured.config.diagnose.ignore
    found = merged(target, [(case.origin, run_checks(case, checks)) for case in cases])
    return _settled(found, ignored, old)


def refuse_unknown_checks(experiment: Experiment, document: Document) -> None:
    """Refuse ids in `train.stop_on` and `diagnose.ignore` that no check has. Raises InputError naming the line."""
    from polyhead.diagnosis.catalogue import all_checks, chosen

    all_checks()  # a package whose check cannot be loaded is another matter
    named: list[tuple[tuple[str | int, ...], str]]
    named = [(("train", "stop_on", at), id) for at, id in enumerate(experiment.train.stop_on)]
    named += [(("diagnose", "ignore", at, "id"), one.id) for at, one in enumerate(experiment.diagnose.ignore)]
    for path, id in named:
        try:
            chosen([id])
        except InputError as error:
            what = f"{path[0]}.{path[1]}: {error.what}"
            raise InputError(what, where=document.where(path), do=error.do) from error


def _settled(found: Diagnosis, ignored: Sequence[IgnoreOptions], old: Mapping[str, int] | None) -> Diagnosis:
    """The diagnosis with what is accepted and what is old marked as such, and with what is accepted but was looked for
    in vain."""
    from polyhead.diagnosis.baseline import marked_old
    from polyhead.diagnosis.diagnose import RAN
    from polyhead.diagnosis.suppression import suppress, unused

    findings = suppress(found.findings, ignored, date.today())
    if old is not None:
        findings = marked_old(findings, dict(old))
    vain = [one for one in unused(findings, ignored) if found.checks.get(one.id) == RAN]
    names = [f"{one.id} of {one.task}" if one.task else one.id for one in vain]
    lines = [f"{name} is accepted in diagnose.ignore, but not found" for name in names]
    return replace(found, findings=findings, limits=(*found.limits, *lines))


def _leave(run: RunFolder, found: Diagnosis) -> None:
    """Write findings.json, unless the run is being written by another process or cannot be written to."""
    try:
        with run.lock():
            run.write("findings.json", found.as_dict())
    except InputError:
        return


def check(
    config: Config,
    overrides: Sequence[str] = (),
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    baseline: str | Path | None = None,
) -> Diagnosis:
    """Look at config and data before training.

    Raises InputError where the config itself cannot be used; what is wrong with the data is a finding. `summary` of the
    result says what training would see, None where it would refuse.
    """
    from polyhead.diagnosis.audit import audited
    from polyhead.diagnosis.baseline import read_baseline
    from polyhead.diagnosis.catalogue import chosen
    from polyhead.diagnosis.diagnose import diagnose as run_checks
    from polyhead.tracking import check_trackers

    checks = chosen(select, ignore)
    loaded = load(config, overrides)
    experiment = loaded.experiment
    refuse_unknown_checks(experiment, loaded.document)
    old = None if baseline is None else read_baseline(Path(baseline))
    check_trackers(experiment, tracked_names(experiment.track.names))
    try:
        case, summary = _case(loaded)
    except InputError as error:
        unseen = {one.id: "skipped: training refuses these data" for one in checks if one.id != error.check}
        # training refuses whatever is accepted or old
        return Diagnosis(loaded.document.name, (_refusal(error),), {error.check: "ran"} | unseen)
    found = _settled(run_checks(case, checks), experiment.diagnose.ignore, old)
    return replace(found, summary=summary, audit=audited(found))


def _case(loaded: Loaded) -> tuple[Case, Mapping[str, Any]]:
    """What is known before the first step, and what training would see. Raises InputError where it would refuse."""
    import tempfile

    from polyhead.diagnosis.case import Case
    from polyhead.diagnosis.folder import task_facts
    from polyhead.training.description import describe_data, describe_model, profile
    from polyhead.training.folds import check_folds
    from polyhead.training.preparation import prepare
    from polyhead.training.session import Session

    experiment = loaded.experiment
    source = read(experiment.data)
    check_folds(experiment, source)
    prepared = prepare(experiment, source)
    described = describe_data(prepared)
    with tempfile.TemporaryDirectory() as folder:
        # network, sampler, balance and the weights to begin with are refused where they do not fit
        session = Session(prepared, RunFolder(Path(folder)))
        session.initial()
    metadata = describe_model(prepared, session.raw)
    case = Case(
        origin=loaded.document.name,
        tasks=task_facts(metadata, described),
        config=experiment,
        document=loaded.document,
        profile=profile(prepared),
        metadata=metadata,
        absent=dict.fromkeys(_OF_RUNS, "needs a run"),
    )
    return case, {key: described[key] for key in ("fingerprint", "windows", "split")}


_OF_RUNS = (
    *("epochs", "scores", "losses", "weights", "probabilities", "features", "gradients", "parameters", "steps"),
    *("predictions", "metrics", "slices", "state", "known"),
)
"""Parts of a case that only a training makes."""


def _refusal(error: InputError) -> Finding:
    """What training would refuse, as a finding of the check that the error names."""
    from polyhead.diagnosis.finding import Fact, Finding, Fix, Scope

    return Finding(
        severity="error",
        what=error.what,
        scope=Scope(where=error.where or None),
        evidence=(Fact("refused", error.what, source="training ends with this line"),),
        fixes=(Fix(error.do, {}, "training begins"),) if error.do else (),
        id=error.check,
        why="training refuses this input",
    )
