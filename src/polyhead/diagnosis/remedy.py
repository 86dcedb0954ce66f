"""Fixes that would change something: a patch that says what the configuration says already is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.diagnosis.finding import Fix


def worthwhile(fixes: Sequence[Fix], config: Experiment | None) -> tuple[Fix, ...]:
    """The fixes, without those whose every key has its value already; without a configuration in words alone."""
    if config is None:
        return tuple(replace(fix, patch={}) for fix in fixes)
    values = config.model_dump(mode="json")
    return tuple(fix for fix in fixes if not fix.patch or not all(_says(values, *one) for one in fix.patch.items()))


def _says(values: Any, key: str, wanted: Any) -> bool:
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    if isinstance(values, Mapping) and isinstance(wanted, str):  # the short spelling: `balance: floor`
        return wanted in (values.get("method"), values.get("name"), values.get("kind"))
    return bool(values == wanted or (isinstance(values, list) and values == list(wanted or ())))
