"""What is asked of a run afterwards: its page, its scores, predictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from polyhead.api.configuration import load
from polyhead.api.reading import read
from polyhead.config.data import DataOptions, SamplerOptions, SplitOptions
from polyhead.errors import InputError
from polyhead.signals.timing import in_seconds
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
        described = experiment.data.model_copy(update={"path": str(data)} | _UNJUDGED)
        experiment = experiment.model_copy(update={"data": described})
        with folder.lock():
            return judge_file(folder, experiment, read(described), checkpoint, csv)
    with folder.lock():
        return judge_splits(folder, experiment, read(experiment.data), checkpoint, split, csv)


def predict(
    run: str | Path,
    data: str | Path,
    output: str | Path,
    *,
    checkpoint: str = "best",
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Predict every window of a file that needs inputs only; returns how many. The ending of `output` says csv or
    parquet. The file may be larger than memory; `on_progress(done, total)` is told the windows that are done. Raises
    InputError, where `output` is the file itself too, and leaves it as it was until all is predicted."""
    from polyhead.trace.growing import check_table
    from polyhead.training.predicting import predict_file

    check_table(Path(output))
    if Path(output).exists() and Path(data).exists() and Path(output).samefile(data):
        raise InputError("would be written over its own inputs", where=str(output), do="name another file")
    folder = RunFolder.open(Path(run)).single()
    experiment = load(folder.path / "config.yaml").experiment
    options = _inputs_only(experiment.data).model_copy(update={"path": str(data)})
    source = read(options)
    if source.sampled:  # whatever brought it: windows must not cross recordings, and their times are predicted too
        options = options.model_copy(update={"group": experiment.data.group, "time": experiment.data.time})
    experiment = experiment.model_copy(update={"data": options})
    return predict_file(folder, experiment, source, checkpoint, Path(output), on_progress)


def _inputs_only(data: DataOptions) -> DataOptions:
    """The data block without what predictions do without: targets, split, selection, batches and, where a row is a
    window, its recording and time.

    Where a row is one sample in time, the recording says where windows must not cross; where it is scaled by its own
    mean and spread, which windows these are of.
    """
    kept: dict[str, Any] = {"targets": {}, "sampling_hz": None} | _UNJUDGED | {"slices": []}
    axes = [spec.axes[0] if spec.axes else "" for spec in data.inputs.values()]
    tables = data.reader in ("csv", "parquet") and data.window is not None
    if not tables and "sample" not in axes:
        kept |= {} if "per_recording" in data.scaling.values() else {"group": None}
        kept |= {} if in_seconds(data, "time") else {"time": None}
    return data.model_copy(update=kept)


_UNJUDGED: dict[str, Any] = {
    "split": SplitOptions(),
    "select": {},
    "sampler": SamplerOptions(name="shuffle"),
}
"""What another file need not answer to: how windows were shared out and drawn."""
