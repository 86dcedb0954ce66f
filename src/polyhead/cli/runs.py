"""Commands that read runs: judge again, predict, draw, compare, export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from polyhead.cli import output, tables
from polyhead.cli.application import CheckpointOption, Format, FormatOption, RunArgument, chosen


class Target(StrEnum):
    """What a network is exported to."""

    onnx = "onnx"
    torch = "torch"


def evaluate(
    run: RunArgument,
    checkpoint: CheckpointOption = "best",
    data: Annotated[Path | None, typer.Option(help="Judge every window of this file instead.")] = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write predictions as CSV too.")] = False,
    format: FormatOption = Format.text,
) -> None:
    """Judge a checkpoint again, or on another file.

    The file needs the run's inputs and targets. Thresholds stay those that validation chose.
    """
    from polyhead import api

    metrics = api.evaluate(run, checkpoint=checkpoint, data=data, split=split, csv=csv)
    if format is Format.json:
        output.emit_json({"run": str(run), "metrics": metrics})
        return
    tables.metrics_table(metrics, run.parent.name)
    output.emit(f"predictions: {run / 'predictions'}")


def predict(
    run: RunArgument,
    data: Annotated[Path, typer.Argument(help="A file with the run's inputs.")],
    to: Annotated[Path, typer.Option("-o", "--output", help="A .parquet or .csv file.")],
    checkpoint: CheckpointOption = "best",
    format: FormatOption = Format.text,
) -> None:
    """Predict every window of a file that has inputs only.

    Predictions are in physical units, one row per window; files larger than memory are streamed.
    """
    from polyhead import api
    from polyhead.cli.counting import counted

    with counted("predicting", "windows") as on_progress:
        count = api.predict(run, data, to, checkpoint=checkpoint, on_progress=on_progress)
    if format is Format.json:
        output.emit_json({"predictions": str(to), "windows": count})
    else:
        output.emit(f"{count} windows: {to}")


def report(run: RunArgument, format: FormatOption = Format.text) -> None:
    """Write the page of a run again, finished or not."""
    from polyhead import api

    page = api.report(run)
    if format is Format.json:
        output.emit_json({"report": str(page)})
    else:
        output.emit(f"page: {page}")


def plot(
    sources: Annotated[list[Path], typer.Argument(metavar="RUN|FILE..", help="Runs, or files of predictions.")],
    tasks: Annotated[str, typer.Option(help="Draw only these tasks, e.g. energy angle.")] = "",
    to: Annotated[Path | None, typer.Option("--output-dir", help="Where figures go; else into figures/.")] = None,
    format: FormatOption = Format.text,
) -> None:
    """Draw every figure again from saved predictions.

    As PNG and PDF, from a run's folder, from its predictions alone, or from csv files with truth and prediction.
    """
    from polyhead import api

    files = api.plot(sources, tasks=chosen(tasks), output=to)
    if format is Format.json:
        output.emit_json({"figures": [str(file) for file in files]})
        return
    for file in files:
        output.emit(str(file))


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN ..", help="Two runs or more.")],
    to: Annotated[Path | None, typer.Option("-o", "--output", help="Write a page too, an .html file.")] = None,
    format: FormatOption = Format.text,
) -> None:
    """Set runs side by side: what differs first, then scores."""
    from polyhead import api
    from polyhead.cli.comparison import comparison_lines

    result = api.compare(runs, output=to)
    if format is Format.json:
        output.emit_json(result)
        return
    comparison_lines(result)
    if to is not None:
        output.emit(f"page: {to}")


def export(
    run: RunArgument,
    to: Annotated[Target, typer.Option(help="onnx, or torch for torch.export.")],
    output_: Annotated[Path | None, typer.Option("-o", "--output", help="The file; else RUN/export/.")] = None,
    checkpoint: CheckpointOption = "best",
    format: FormatOption = Format.text,
) -> None:
    """Write the network into one file that runs without polyhead.

    Scaling, masks and decoding are inside: raw inputs go in, what `polyhead predict` would write comes out.
    """
    from polyhead import api

    file = api.export(run, to=to.value, output=output_, checkpoint=checkpoint)
    if format is Format.json:
        output.emit_json({"exported": str(file)})
    else:
        output.emit(str(file))
