"""The proposal as YAML that a person reads: every guess with its reason beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from polyhead.signals.proposal.look import Content
from polyhead.signals.proposal.roles import Roles

_NEIGHBOURS = 50  # blocks that rows without a recording are cut into, so that neighbours stay on one side


def write_config(path: Path, content: Content, roles: Roles) -> str:
    """The text of a configuration for `path`, which stands beside it or is named in full."""
    lines = [
        f"# Proposed by `polyhead init` from {path.name}: {content.rows:,} rows. Every line is a guess: read it.",
        f"name: {_name(path)}",
        "data:",
        f"  reader: {content.reader}",
        f"  path: {_word(str(path.resolve()))}",
        *(["  header: false                     # the first line holds values"] if not content.header else []),
        *([f"  separator: {_word(content.separator)}"] if content.separator != "," else []),
        "  inputs:",
        *_inputs(content, roles),
        *(["  targets:"] if roles.targets else []),
        *_targets(roles),
        *_recordings(content, roles),
        *(
            ["  non_finite: mask                  # some inputs are missing: their training mean stands in"]
            * roles.masked
        ),
        *_split(roles),
        *(f"  # left out: {_word(name)} ({why})" for name, why in roles.left_out.items()),
        *(f"  # left out: {_word(name)} (shape {shape}, other rows)" for name, shape in content.others.items()),
        "tasks:",
        *(f"  {_task(name)}: {{kind: {kind}}}" for name, kind in roles.targets.items()),
        *(["  next: {kind: forecast, horizon: 8}  # samples ahead"] if roles.forecast else []),
        f"model: {{backbone: {'tcn' if _timed(roles) else 'mlp'}}}",
        "train: {epochs: 20, early_stopping: 5}",
    ]
    return "\n".join(lines) + "\n"


def _timed(roles: Roles) -> bool:
    return roles.forecast is not None or any("time" in axes for axes in roles.signals.values())


def _inputs(content: Content, roles: Roles) -> Iterator[str]:
    for name, axes in roles.signals.items():
        shape = content.arrays[name].shape
        yield f"    {_task(name)}: {{key: {_word(name)}, axes: [{', '.join(axes)}]}}  # shape {shape}; say its unit"
    if roles.forecast:
        yield f"    signal: {{keys: [{_word(roles.forecast)}]}}  # the only series: its own future is the target"
    if roles.inputs:
        keys = ", ".join(map(_word, roles.inputs))
        yield f"    known: {{keys: [{keys}]}}  # keep what a prediction may know"


def _targets(roles: Roles) -> Iterator[str]:
    for name in roles.targets:
        key, _, column = name.partition("\0")
        parts = [f"key: {_word(key)}", *([f"column: {column}"] if column else [])]
        missing = roles.missing.get(name)
        parts += [f"missing: [{', '.join(json.dumps(one, ensure_ascii=False) for one in missing)}]"] if missing else []
        why = roles.why.get(name, "")
        remark = f"{why}; missing: not known, or too rare to judge" if missing else why
        yield f"    {_task(name)}: {{{', '.join(parts)}}}  # {remark}"


def _recordings(content: Content, roles: Roles) -> Iterator[str]:
    if roles.group is not None:
        yield f"  group: {_word(roles.group)}  # {roles.why[roles.group]}; none stands on two sides of the split"
    elif roles.split is None and roles.forecast is None:
        size = max(1, content.rows // _NEIGHBOURS)
        yield f"  group: {{consecutive: {size}}}  # no column names the recording: neighbouring rows stay on one side"
    if roles.forecast is not None:
        yield "  window: {length: 32, stride: 4}"
    elif roles.time is not None and not content.arrays:
        yield f"  # {_word(roles.time)} looks like time. Rows that are samples of a recording can be cut into windows:"
        yield f"  # time: {_word(roles.time)}"
        yield "  # window: {length: 32, stride: 8}"


def _split(roles: Roles) -> Iterator[str]:
    if roles.split is not None:
        yield f"  split: {{column: {_word(roles.split)}}}  # {roles.why[roles.split]}"
        return
    if roles.forecast is not None:
        yield "  split: {by: time, fractions: [0.7, 0.15, 0.15]}  # the past trains, the future is judged"
        return
    labels = [_task(name) for name, kind in roles.targets.items() if kind != "regression"]
    stratify = f"stratify: [{', '.join(labels)}], " if labels else ""
    yield f"  split: {{by: group, {stratify}fractions: [0.7, 0.15, 0.15]}}"


def _name(path: Path) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name.split(".")[0]).strip("-._")
    return stem or "experiment"


def _task(name: str) -> str:
    """A name that may become a column, a file and a part of a metric's name."""
    word = re.sub(r"\W+", "_", name.replace("\0", "_"), flags=re.ASCII).strip("_")
    return word or "target"


def _word(text: str) -> str:
    """A YAML scalar within a flow list: plain where that is safe, quoted elsewhere."""
    plain = re.fullmatch(r"[A-Za-z_/][A-Za-z0-9_./ -]*[A-Za-z0-9_]|[A-Za-z_]", text)
    reserved = text.lower() in {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    return text if plain and not reserved else json.dumps(text, ensure_ascii=False)
