"""JSON Schema of the configuration, for editors: it accepts whatever the loader accepts."""

from __future__ import annotations

from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.config.fields import blocks
from polyhead.config.later import KEYS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UNUSED = "Unused"
OWN_KEYS = "A reader's own keys stand beside `reader`; `polyhead check` knows them."


def json_schema() -> dict[str, Any]:
    """The schema of a configuration file, with the short spellings and the keys that may be written but not used."""
    schema = Experiment.model_json_schema()
    definitions = schema["$defs"]
    definitions[UNUSED] = _unused()
    data = definitions["DataOptions"]
    del data["properties"]["options"]
    data["additionalProperties"] = True
    data["$comment"] = OWN_KEYS
    for name, words in KEYS.items():
        *parents, key = name.split(".")
        for path, _, model in blocks(Experiment):
            if path == tuple(parents):
                home = schema if model is Experiment else definitions[model.__name__]
                home.setdefault("properties", {})[key] = _not_yet(words)
    return {"$schema": DIALECT, "title": "polyhead experiment", **_without_titles(schema)}


def _not_yet(words: tuple[str, ...]) -> dict[str, Any]:
    unused: list[dict[str, Any]] = [{"$ref": f"#/$defs/{UNUSED}"}]
    return {"description": "Not available yet.", "anyOf": unused + ([{"enum": list(words)}] if words else [])}


def _unused() -> dict[str, Any]:
    """null, false, an empty list or block, or a block of nothing else."""
    this = {"$ref": f"#/$defs/{UNUSED}"}
    return {
        "description": "A value that says that the key is not used.",
        "anyOf": [
            {"type": "null"},
            {"const": False},
            {"type": "array", "items": this},
            {"type": "object", "additionalProperties": this},
            {"type": "object", "properties": {"enabled": {"const": False}}, "required": ["enabled"]},
        ],
    }


def _without_titles(node: Any) -> Any:
    """The schema without pydantic's titles, which only repeat the keys."""
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: {name: _without_titles(item) for name, item in value.items()}
        if key in ("properties", "$defs")
        else _without_titles(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
    }
