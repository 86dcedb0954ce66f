"""How often each check was right when it spoke, on the planted set: what a finding's confidence rests on."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


def precision_of(check: str) -> tuple[float | None, str]:
    """Share of right alarms of a check, and on what it was measured; None where it never spoke there."""
    told = _table().get("checks", {}).get(check)
    if not told or not told["alarms"]:
        return None, "not measured: this check never spoke on the planted set"
    right, alarms = told["right"], told["alarms"]
    return right / alarms, f"{right} of {alarms} alarms right on planted set {_table()['version']}"


@cache
def _table() -> dict[str, Any]:
    path = files("polyhead.diagnosis") / "precision.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
