"""JSON Schema of the configuration, for editors: it accepts whatever the loader accepts."""

from __future__ import annotations

from typing import Any

from polyhead.config.experiment import Experiment

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OWN_KEYS = "A reader's own keys stand beside `reader`; `polyhead check` knows them."


def json_schema() -> dict[str, Any]:
    """The schema of a configuration file, with the short spellings."""
    schema = Experiment.model_json_schema()
    definitions = schema["$defs"]
    data = definitions["DataOptions"]
    del data["properties"]["options"]
    data["additionalProperties"] = True
    data["$comment"] = OWN_KEYS
    return {"$schema": DIALECT, "title": "polyhead experiment", **_without_titles(schema)}


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
