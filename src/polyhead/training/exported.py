"""A run's network written as one file that runs without polyhead, once it has been tried against `predict`."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch.export import Dim, ExportedProgram

from polyhead.config.backbones import OwnBackbone
from polyhead.config.experiment import Experiment
from polyhead.config.tasks import MaskedOptions
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder, write_whole
from polyhead.training.datasheet import datasheet, json_line
from polyhead.training.finish import has_labels
from polyhead.training.graph import onnx_bytes, run_onnx
from polyhead.training.judgement import decisions
from polyhead.training.portable import FILLED, Portable, PortableInput
from polyhead.training.restored import restore, restored_tasks
from polyhead.training.trial import TOLERATED, Arrays, difference, predicted, trial_windows

ENDINGS = {"onnx": ".onnx", "torch": ".pt2"}
DATASHEET = "polyhead.json"
"""The extra file of a .pt2 that says what goes in and what comes out."""


def write_export(
    run: RunFolder, experiment: Experiment, to: Literal["onnx", "torch"], output: Path, checkpoint: str
) -> None:
    """Write the network of `checkpoint` with scaling, masks, decoding and what validation decided.

    Raises InputError where it cannot stand alone, cannot be traced, or where the file would not say what `predict`
    says; nothing is written then.
    """
    described, at = run.read("data.json"), decisions(run.read("metrics.json"))
    _check(described, experiment)
    fill = experiment.data.non_finite == "mask"
    windows, tasks = trial_windows(described, fill), restored_tasks(run, experiment)
    network, feed = restore(run, experiment, windows, tasks, checkpoint, labels=False)
    masked = windows.filled is not None
    inputs = [_input(name, one, windows.is_position(name)) for name, one in described["inputs"].items()]
    portable = Portable(network, tasks, inputs, at, fill, windows.length if masked else None, windows.length)
    portable.eval().requires_grad_(False)
    fetched = windows.fetch(np.arange(len(windows)))
    given = {name: values for name, values in fetched.inputs.items() if not windows.is_position(name)}
    raw: Arrays = given | ({FILLED: windows.filled} if windows.filled is not None else {})
    program = _traced(portable, raw, experiment)
    expected = predicted(network, feed, at)
    shapes = {name: list(values.shape[1:]) for name, values in expected.items()}
    sheet = datasheet(run, experiment, checkpoint, described, tasks, shapes)
    labels = {f"{task.name}.pred": list(task.classes) for task in tasks if has_labels(task)}
    if to == "onnx":
        content = onnx_bytes(program, list(raw), list(expected), labels, sheet)
        found = run_onnx(content, raw)
    else:
        content = _torch_bytes(program, sheet)
        found = _run_torch(content, raw, labels)
    if found is not None:
        apart, column = difference(tasks, expected, found)
        if apart > TOLERATED:
            what = f"the exported network differs from `predict` by {apart:.2g} in {column} on {len(windows)} windows"
            raise InputError(what, where=str(run.path), do="report it with the run's config.yaml; nothing was written")
    write_whole(output, content)


def _check(described: dict[str, Any], experiment: Experiment) -> None:
    """Refuse what one window cannot know, names that would collide, and a network that only fills in."""
    if any(isinstance(task, MaskedOptions) for task in experiment.enabled.values()):
        what = "a pre-trained backbone has no answer to a window of which nothing is hidden"
        raise InputError(what, where="tasks", do="export a run that begins with it (model.init)")
    recordings = {name for names in described["split"]["recordings"].values() for name in names}
    for name, one in described["inputs"].items():
        alone = described["windows"]["total"] == len(recordings)
        if one["scaling"]["kind"] == "per_recording" and not alone:
            raise InputError(
                f"input {name!r} is scaled by each recording's own mean and spread, which a window of it cannot tell",
                where=f"data.scaling.{name}",
                do="train with `standard`, or cut one window of each recording",
            )
    if FILLED in described["inputs"] and described["windows"]["masked"]:
        what = f"an input is called {FILLED!r}, as the count of real samples would be"
        raise InputError(what, where=f"data.inputs.{FILLED}", do="give it another name")


def _input(name: str, one: dict[str, Any], position: bool) -> PortableInput:
    scaling = one["scaling"]
    offset, scale = (None if scaling[key] is None else np.array(scaling[key]) for key in ("offset", "scale"))
    return PortableInput(name, one["timed"], offset, scale, position)


def _traced(portable: Portable, raw: Arrays, experiment: Experiment) -> ExportedProgram:
    """The graph for any number of windows."""
    batch = Dim("batch", min=1)
    example = {name: torch.from_numpy(values) for name, values in raw.items()}
    shapes = {"inputs": {name: {0: batch} for name in raw}}
    own = experiment.model.backbone
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # one fused operator that no other runtime has
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch about itself
            program = torch.export.export(portable, (example,), dynamic_shapes=shapes)
    except Exception as error:  # whatever a user's code raises under a tracer, the line names it
        if not isinstance(own, OwnBackbone):
            raise
        said = str(error).strip().partition("\n")[0]
        raise InputError(
            f"torch.export cannot trace {own.name} ({type(error).__name__}: {said})",
            where="model.backbone",
            do="write its forward without decisions that depend on values or on the number of windows",
        ) from error
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine
    return program


def _torch_bytes(program: ExportedProgram, sheet: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, buffer, extra_files={DATASHEET: json_line(sheet)})
    return buffer.getvalue()


def _run_torch(content: bytes, raw: Arrays, labels: dict[str, list[str]]) -> Arrays:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.load(io.BytesIO(content)).module()
    with torch.inference_mode():
        found = module({name: torch.from_numpy(values) for name, values in raw.items()})
    arrays = {name: values.numpy() for name, values in found.items()}
    return arrays | {name: np.asarray(classes)[arrays[name]] for name, classes in labels.items()}
