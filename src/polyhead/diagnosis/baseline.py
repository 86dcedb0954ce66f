"""A baseline: the findings that were there when somebody looked, so that only new ones count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from polyhead.diagnosis.finding import Finding
from polyhead.errors import InputError
from polyhead.trace.folder import json_text, write_whole

LAYOUT = 1


def read_baseline(path: Path) -> dict[str, int]:
    """How often each fingerprint is in the baseline at `path`. Raises InputError where it is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError("no such baseline", where=str(path), do="make it with --update-baseline") from error
    except (OSError, ValueError) as error:
        what = f"is no baseline ({error})"
        raise InputError(what, where=str(path), do="make it anew with --update-baseline") from error
    held = value.get("fingerprints") if isinstance(value, dict) and value.get("layout") == LAYOUT else None
    if not isinstance(held, dict) or not all(isinstance(count, int) for count in held.values()):
        raise InputError("is no baseline", where=str(path), do="make it anew with --update-baseline")
    return dict(held)


def write_baseline(path: Path, findings: Sequence[Finding]) -> None:
    """Put the fingerprints of `findings` at `path`, sorted, so that changes read well."""
    names = sorted(one.fingerprint for one in findings)
    held = {name: names.count(name) for name in names}
    write_whole(path, json_text({"layout": LAYOUT, "fingerprints": held}))


def marked_old(findings: Sequence[Finding], held: dict[str, int]) -> tuple[Finding, ...]:
    """The findings, as many of each fingerprint as the baseline has marked as old."""
    left = dict(held)
    marked: list[Finding] = []
    for one in findings:
        known = left.get(one.fingerprint, 0) > 0
        left[one.fingerprint] = left.get(one.fingerprint, 0) - 1
        marked.append(one.changed(old=known))
    return tuple(marked)
