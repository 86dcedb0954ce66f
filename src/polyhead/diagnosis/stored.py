"""findings.json of a run folder, read back as the diagnosis that it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder


def read_findings(run: Path) -> Diagnosis | None:
    """What findings.json of a run says, None where there is none. Raises InputError where it is damaged."""
    path = run / "findings.json"
    if not path.is_file():
        return None
    value = RunFolder(run).read("findings.json")
    try:
        return diagnosis_of(str(run), value)
    except (TypeError, LookupError, ValueError, AttributeError) as error:
        raise InputError(
            f"holds no findings ({error})", where=str(path), do="make it anew: polyhead diagnose"
        ) from error


def diagnosis_of(origin: str, value: Mapping[str, Any]) -> Diagnosis:
    """A diagnosis from what as_dict gave. Raises TypeError, LookupError, ValueError or
    AttributeError where that is something else."""
    value = json.loads(json.dumps(value))
    return Diagnosis(
        origin,
        tuple(_finding(one) for one in value["findings"]),
        dict(value["checks"]),
        tuple(value["right"]),
        tuple(value["limits"]),
    )


def _finding(value: Mapping[str, Any]) -> Finding:
    parts = {name: one for name, one in value.items() if name != "fingerprint"}
    scope = parts.pop("scope")
    scope["epochs"] = None if scope["epochs"] is None else tuple(scope["epochs"])
    facts: dict[str, Any] = {
        name: tuple(_fact(one) for one in parts.pop(name)) for name in ("evidence", "counter_evidence")
    }
    others = tuple(Alternative(**one) for one in parts.pop("alternatives"))
    fixes = tuple(Fix(**one) for one in parts.pop("fixes"))
    follows = tuple(parts.pop("follows"))
    return Finding(**parts, **facts, scope=Scope(**scope), alternatives=others, fixes=fixes, follows=follows)


def _fact(value: Mapping[str, Any]) -> Fact:
    interval = value["interval"]
    return Fact(**{**value, "interval": None if interval is None else (interval[0], interval[1])})
