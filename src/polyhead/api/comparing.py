"""Runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polyhead.api.configuration import load
from polyhead.errors import InputError


def compare(runs: Sequence[str | Path], *, output: str | Path | None = None) -> dict[str, Any]:
    """Set two runs or more side by side; with `output`, an .html file, write their page.

    Returns {"runs", "differences", "cautions", "tasks", "repetitions"}: each run goes by a letter, scores are those of
    the judged split with the paired difference from the first run. Raises InputError.
    """
    from polyhead.report.comparison.comparison import compare_runs
    from polyhead.report.comparison.page import write_comparison

    comparison = compare_runs([Path(run) for run in runs], _resolved)
    if output is not None:
        write_comparison(comparison, Path(output))
    return comparison.as_dict()


def _resolved(config: Path) -> Mapping[str, Any]:
    """A configuration with its defaults; empty where this version cannot read it, as that of an older run may be."""
    try:
        return load(config).experiment.model_dump(mode="json")
    except InputError:
        return {}
