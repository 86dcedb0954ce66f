"""What is asked of a run afterwards: its page, its scores, predictions; and of a config before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyhead.api.configuration import Config, load
from polyhead.api.reading import read
from polyhead.config.data import DataOptions, SplitOptions
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder


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
