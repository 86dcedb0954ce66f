"""Fixes that would change something: a patch that says what the configuration says already is none, and one that the
configuration refuses is only words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from polyhead.config.edit import nested
from polyhead.config.experiment import Experiment
from polyhead.diagnosis.finding import Fix


def worthwhile(fixes: Sequence[Fix], config: Experiment | None) -> tuple[Fix, ...]:
    """The fixes, without those whose every key has its value already; without a configuration in words alone, and so
    where the configuration would not load with the patch."""
    if config is None:
        return tuple(replace(fix, patch={}) for fix in fixes)
    values = config.model_dump(mode="json")
    kept = [fix for fix in fixes if not fix.patch or not all(_says(values, *one) for one in fix.patch.items())]
    return tuple(fix if _loads(config, fix.patch) else replace(fix, patch={}) for fix in kept)


def _loads(config: Experiment, patch: Mapping[str, Any]) -> bool:
    written = config.model_dump(mode="json", exclude_unset=True)
    for key, wanted in patch.items():
        written = _merged(written, nested(key.split("."), wanted))
    try:
        Experiment.model_validate(written)
    except ValidationError:
        return False
    return True


def _merged(values: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for key, wanted in change.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(wanted, Mapping):
            wanted = _merged(below, wanted)
        merged[key] = wanted
    return merged


def _says(values: Any, key: str, wanted: Any) -> bool:
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    if isinstance(values, Mapping) and isinstance(wanted, str):  # the short spelling: `balance: floor`
        return wanted in (values.get("method"), values.get("name"), values.get("kind"))
    return bool(values == wanted or (isinstance(values, list) and values == list(wanted or ())))
