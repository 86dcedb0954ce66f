"""The JSON Schema says what the loader takes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from polyhead.config.experiment import Experiment
from polyhead.config.experiment_file import load_experiment
from polyhead.config.fields import blocks
from polyhead.config.schema import DIALECT, json_schema

SCHEMA = json_schema()
METHODS = {
    *("sum", "floor", "kendall", "softmax", "dwa", "rlw", "gls", "famo", "stch"),
    *("pcgrad", "mgda", "imtl", "cagrad", "aligned", "gradnorm", "upgrad", "nash"),
}


def found(path: str) -> dict[str, Any]:
    """The property at a path of fields that are no unions."""
    node: dict[str, Any] = SCHEMA
    for key in path.split("."):
        name = node.get("$ref", "").removeprefix("#/$defs/")
        node = (SCHEMA["$defs"][name] if name else node)["properties"][key]
    return node


def words(node: Any) -> Iterator[Any]:
    """Every enum and const below a node, references not followed."""
    if isinstance(node, dict):
        yield from node.get("enum", ())
        yield from [node["const"]] if "const" in node else []
        for value in node.values():
            yield from words(value)
    elif isinstance(node, list):
        for value in node:
            yield from words(value)


def test_it_is_json_of_the_right_dialect() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == DIALECT
    assert SCHEMA["required"] == ["name", "data", "tasks"]
    assert SCHEMA["additionalProperties"] is False


def test_references_lead_somewhere() -> None:
    text = json.dumps(SCHEMA)
    names = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert names <= set(SCHEMA["$defs"])


def test_short_spellings() -> None:
    assert set(words(found("balance")["anyOf"])) == METHODS
    assert {"type": "string", "pattern": ":"} in found("balance")["anyOf"]
    assert SCHEMA["$defs"]["TorchjdOptions"]["properties"]["method"]["pattern"] == r"^torchjd:\w+$"
    backbones = {"mlp", "tcn", "resnet1d", "patch_transformer", "bilstm", "isfm"}
    assert set(words(found("model.backbone")["anyOf"])) == backbones
    assert {"type": "string", "pattern": ":"} in found("model.backbone")["anyOf"]
    assert set(words(found("model.branches")["anyOf"])) == {"none", "attention"}
    assert set(words(found("train.schedule")["anyOf"])) == {"none", "plateau", "cosine", "onecycle"}
    assert {"type": "string"} in found("data.targets")["additionalProperties"]["anyOf"]
    assert {"type": "string"} in found("data.inputs")["additionalProperties"]["anyOf"]
    assert any(option.get("type") == "array" for option in found("data.split.stratify")["anyOf"])


def test_a_readers_own_keys_may_stand_in_data() -> None:
    data = SCHEMA["$defs"]["DataOptions"]
    assert data["additionalProperties"] is True
    assert "options" not in data["properties"]


def test_keys_of_windows_and_of_the_start() -> None:
    assert {"count", "strategy", "evaluate"} <= set(SCHEMA["$defs"]["WindowOptions"]["properties"])
    assert {"type": "null"} in found("model.init")["anyOf"]


def test_every_property_is_described() -> None:
    for _, _, model in blocks(Experiment):
        node = SCHEMA if model is Experiment else SCHEMA["$defs"][model.__name__]
        bare = [name for name, prop in node["properties"].items() if not {"description", "$ref"} & set(prop)]
        assert bare == [], model.__name__


NULLS = ("data.select", "data.slices", "data.sampler", "joint", "reweighting")


@pytest.mark.parametrize("name", [*NULLS, "data.split.stratify"])
def test_null_says_that_a_key_is_not_used(name: str) -> None:
    assert {"type": "null"} in found(name)["anyOf"]
    left_out: dict[str, Any] = {"name": "x", "data": {"reader": "bearings"}, "tasks": {"a": {"kind": "binary"}}}
    written = copy.deepcopy(left_out)
    *parents, key = name.split(".")
    block = written
    for parent in parents:
        block = block.setdefault(parent, {})
    block[key] = None
    assert load_experiment(written).experiment == load_experiment(left_out).experiment


def test_what_null_may_stand_for_is_still_read() -> None:
    values = {"name": "x", "data": {"reader": "bearings", "sampler": {"name": "same_system", "by": "g"}}}
    values |= {"tasks": {"a": {"kind": "regression"}}, "reweighting": {"a": {"nbins_2d": [3, 4]}}}
    experiment = load_experiment(values).experiment
    assert experiment.data.sampler.by == "g"
    assert experiment.reweighting["a"].nbins_2d == (3, 4)
    assert set(words(found("data.sampler")["anyOf"])) == {"shuffle", "same_system", "both_classes", "class_balanced"}
