"""What every rendering of findings says alike: the verdict, numbers, places, edits."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from typing import Any

from polyhead.diagnosis.diagnose import RAN, Diagnosis
from polyhead.diagnosis.finding import SEVERITIES, Fact, Finding, Fix

_WORD = re.compile(r"[A-Za-z_][\w./-]*")
_NO_TEXT = ("null", "true", "false", "yes", "no", "on", "off")
"""Words that YAML, or a version of it, takes for something else."""
FIRST = 3
"""Findings that are told in full before the others: the likeliest causes."""


def verdict(found: Diagnosis) -> str:
    """One line: how many findings of each severity, how many checks looked."""
    counted = [one for one in found.findings if one.counts]
    parts = [_counted(sum(one.severity == name for one in counted), name) for name in SEVERITIES]
    told = ", ".join(part for part in parts if part) or "nothing found"
    aside = len(found.findings) - len(counted)
    told += f" ({aside} accepted or old)" if aside else ""
    ran = sum(one == RAN for one in found.checks.values())
    return f"{told}; {ran} of {len(found.checks)} checks looked"


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}" if count else ""


def about(finding: Finding) -> str:
    """What a finding is about, in brackets: task, split, channel, parameter, epochs."""
    scope = finding.scope
    parts = [part for part in (scope.task, scope.split, scope.channel, scope.parameter) if part]
    if scope.epochs is not None:
        first, last = scope.epochs
        parts.append(f"epoch {first}" if first == last else f"epochs {first} to {last}")
    return ", ".join(parts)


def plain(value: float) -> str:
    """A number with three significant digits; counts in full."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.3g}"


def fact_line(fact: Fact) -> str:
    """A number with its interval, threshold, source and window."""
    value = plain(fact.value) if isinstance(fact.value, float) else str("unknown" if fact.value is None else fact.value)
    text = f"{fact.metric} {value}"
    if fact.interval is not None:
        text += f" ({plain(fact.interval[0])} to {plain(fact.interval[1])})"
    against = [] if fact.threshold is None else [f"threshold {plain(fact.threshold)}"]
    against += [part for part in (fact.source, fact.window) if part]
    return f"{text}; {', '.join(against)}" if against else text


def patch_text(fix: Fix) -> str:
    """A patch as overrides that a shell takes; empty where no key says it."""
    return " ".join(shlex.quote(f"{key}={value_text(value)}") for key, value in fix.patch.items())


def value_text(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and value not in _NO_TEXT else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {value_text(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_text(one) for one in value) + "]"
    return json.dumps(value)


def state_text(finding: Finding) -> str:
    """Why a finding does not count, or what else there is to say of its state; empty where it is simply suspected."""
    if finding.state == "suppressed":
        return f"accepted: {finding.reason}"
    if finding.old:
        return "in the baseline"
    return finding.reason or ("" if finding.state == "suspected" else finding.state)


def skipped(found: Diagnosis) -> dict[str, list[str]]:
    """Ids of the checks that did not look, by why."""
    groups: dict[str, list[str]] = {}
    for id, said in found.checks.items():
        if said != RAN:
            groups.setdefault(said.removeprefix("skipped: "), []).append(id)
    return groups
