"""A run's network as one file for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from polyhead.api.configuration import load
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder


def export(
    run: str | Path,
    *,
    to: Literal["onnx", "torch"],
    output: str | Path | None = None,
    checkpoint: str = "best",
) -> Path:
    """Write the network of a run with scaling, masks and decoding inside, for ONNX or torch.export; returns the file.

    `output` is by default RUN/export/NAME.onnx or NAME.pt2, NAME the experiment's; it is written whole. Raises
    InputError where a package is missing, where the network cannot stand alone, or where the file does not say what
    `predict` says; an ONNX file is tried where onnxruntime is installed.
    """
    from polyhead.training.exported import ENDINGS, write_export
    from polyhead.training.graph import check_packages

    if to not in ENDINGS:
        raise InputError(f"no export to {to!r}", where="--to", do="write onnx or torch")
    if to == "onnx":
        check_packages()
    folder = RunFolder.open(Path(run)).single()
    experiment = load(folder.path / "config.yaml").experiment
    ending = ENDINGS[to]
    path = folder.path / "export" / f"{experiment.name}{ending}" if output is None else Path(output)
    if path.suffix != ending:
        raise InputError(f"ends in {path.suffix!r}", where=str(path), do=f"write a {ending} file")
    write_export(folder, experiment, to, path, checkpoint)
    return path
