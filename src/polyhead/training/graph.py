"""The ONNX file: the traced graph, its classes as words, and what it is in its metadata."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.export import ExportedProgram

from polyhead.errors import InputError
from polyhead.training.datasheet import json_line
from polyhead.training.trial import Arrays

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 20
LABELS_OPSET = 3  # of ai.onnx.ml, whose LabelEncoder makes words of indices
_MOST = 2**31 - 2**20  # bytes that fit in one file of protocol buffers


def check_packages() -> None:
    """Raise InputError where what writes ONNX is not installed."""
    for package in ("onnx", "onnxscript"):
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise InputError(f"ONNX needs {package}", where="--to onnx", do='pip install "polyhead[onnx]"') from error


def onnx_bytes(
    program: ExportedProgram,
    inputs: Sequence[str],
    outputs: Sequence[str],
    labels: Mapping[str, list[str]],
    sheet: dict[str, Any],
) -> bytes:
    """The file's content. `labels` are the classes of outputs that are indices. Raises InputError where it is too
    large."""
    import onnx

    size = sum(one.nbytes for one in program.state_dict.values())
    if size > _MOST:
        what = f"the weights take {size:,} bytes, one ONNX file holds 2 GB"
        raise InputError(what, where="--to onnx", do="write --to torch")
    with _silence():
        traced = torch.onnx.export(
            program, (), input_names=inputs, output_names=outputs, opset_version=OPSET, verbose=False
        )
        assert traced is not None
        model = traced.model_proto
    _forget_machine(model)
    _name_batch(model)
    for output, classes in labels.items():
        _encode(model, output, classes)
    model.producer_name, model.producer_version = "polyhead", sheet["polyhead"]
    model.graph.name = sheet["name"]
    onnx.helper.set_model_props(model, {"polyhead": json_line(sheet)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def run_onnx(content: bytes, raw: Arrays) -> Arrays | None:
    """What onnxruntime makes of the file; None where it is not installed."""
    try:
        import onnxruntime
    except ModuleNotFoundError:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    found = dict(zip(names, session.run(names, raw), strict=True))
    return {name: values.astype(np.str_) if values.dtype == object else values for name, values in found.items()}


@contextmanager
def _silence() -> Iterator[None]:
    """The exporter says what it lacks and what torch will drop; none of it is the user's business."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _forget_machine(model: ModelProto) -> None:
    """Remove the lines of code that nodes came from: paths of this machine."""
    for one in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del one.metadata_props[:]
    del model.graph.metadata_props[:]
    for function in model.functions:
        for node in function.node:
            del node.metadata_props[:]


def _name_batch(model: ModelProto) -> None:
    """Call the number of windows `batch` where the exporter has a symbol of its own."""
    symbol = model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for one in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        for size in one.type.tensor_type.shape.dim:
            if size.dim_param == symbol:
                size.dim_param = "batch"


def _encode(model: ModelProto, output: str, classes: list[str]) -> None:
    """Make the output, an index, the name of the class."""
    from onnx import TensorProto, helper

    index = f"{output}.index"
    for node in model.graph.node:
        node.output[:] = [index if name == output else name for name in node.output]
        node.input[:] = [index if name == output else name for name in node.input]
    keys = list(range(len(classes)))
    model.graph.node.append(
        helper.make_node(
            "LabelEncoder", [index], [output], domain="ai.onnx.ml", keys_int64s=keys, values_strings=classes
        )
    )
    described = next(one for one in model.graph.output if one.name == output)
    described.type.tensor_type.elem_type = TensorProto.STRING
    if not any(one.domain == "ai.onnx.ml" for one in model.opset_import):
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", LABELS_OPSET))
