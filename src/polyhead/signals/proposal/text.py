"""The proposal as YAML that a person reads: every guess with its reason beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from polyhead.signals.proposal.content import Content
from polyhead.signals.proposal.guesses import Roles
from polyhead.signals.proposal.names import LISTED, RATE
from polyhead.signals.proposal.words import flow, name_of_file, scalar, unique_words, wrapped

_NEIGHBOURS = 50  # blocks that rows without a recording are cut into, so that neighbours stay on one side
_LISTED = 40  # names that a comment shows at most


def write_config(path: Path, content: Content, roles: Roles, folder: Path) -> str:
    """The text of a configuration that stands in `folder` and trains on the file at `path`."""
    called = unique_words([*roles.targets, *roles.signals, "known"], _suggestions(content))
    lines = [
        *_head(path, content),
        f"name: {scalar(name_of_file(path))}",
        "data:",
        f"  reader: {content.reader}",
        f"  path: {scalar(_reached(path, folder))}",
        *_options(content),
        *_rate(content),
        *_inputs(content, roles, called),
        *_targets(roles, called),
        *_recordings(content, roles),
        *_split(roles, called),
        *_left_out(content, roles),
        "tasks:",
        *(f"  {called[name]}: {{kind: {kind}}}" for name, kind in roles.targets.items()),
        *_forecast(content, roles),
        f"model: {{backbone: {'tcn' if _timed(roles) else 'mlp'}}}",
        "train: {epochs: 20, early_stopping: 5}",
    ]
    return "\n".join(lines) + "\n"


def _head(path: Path, content: Content) -> Iterator[str]:
    rows = f"{content.rows:,} rows" if content.whole else f"more than {content.rows:,} rows"
    seen = "all of them" if content.whole and content.seen == content.rows else f"the first {content.seen:,}"
    yield from wrapped(f"# Proposed by `polyhead init` from {scalar(path.name)}: {rows}, {seen} looked at.", "# ")
    yield "# Every line is a guess: read it, and correct what is wrong. Then `polyhead check` it."


def _reached(path: Path, folder: Path) -> str:
    """Relative where the configuration stands beside or above the data, else absolute."""
    data, here = path.parent.resolve() / path.name, folder.resolve()  # a link to the data stays a link
    return data.relative_to(here).as_posix() if data.is_relative_to(here) else str(data)


def _options(content: Content) -> Iterator[str]:
    if not content.named:
        yield "  header: false  # the first line holds values: columns are called by their number"
    if "separator" in content.options:
        yield f"  separator: {scalar(content.options['separator'])}"
    if "decimal_comma" in content.options:
        yield "  decimal_comma: true  # numbers are written 1,5"
    if "missing" in content.options:
        yield from flow("  missing:", content.options["missing"], "cells among numbers that hold none")


def _rate(content: Content) -> Iterator[str]:
    for name, value in content.scalars.items():
        if RATE.search(name) and value > 0:
            yield f"  sampling_hz: {value:g}  # from {scalar(name)}"
            return


def _timed(roles: Roles) -> bool:
    return bool(roles.forecast) or any("time" in axes for axes in roles.signals.values())


def _inputs(content: Content, roles: Roles, called: dict[str, str]) -> Iterator[str]:
    yield "  inputs:"
    for name, axes in roles.signals.items():
        shape = content.shapes[name]
        yield f"    {called[name]}:  # shape {shape}; say its unit"
        yield f"      key: {scalar(name)}"
        yield f"      axes: [{', '.join(axes)}]"
        width = shape[axes.index("channel" if "channel" in axes else "feature")]
        if channels := _list_of(content, width):
            yield from flow("      channels:", channels)
    if roles.forecast:
        yield "    signal:  # no label, but rows that follow one another: their own future is the target"
        yield from flow("      keys:", roles.forecast)
    if roles.inputs:
        yield f"    {called['known']}:  # keep only what is known when a prediction is made"
        yield from flow("      keys:", roles.inputs)
    if roles.masked:
        yield "  non_finite: mask  # some inputs are missing: their training mean stands in"


def _list_of(content: Content, length: int) -> list[str] | None:
    """The list of names in the file that fits an axis, where exactly one does."""
    fitting = [one for name, one in content.words.items() if LISTED.search(name) and len(one) == length]
    one = fitting[0] if len(fitting) == 1 else None
    return one if one is not None and len(set(one)) == len(one) else None


def _suggestions(content: Content) -> dict[str, str]:
    """Names for the columns of arrays that the file lists."""
    found: dict[str, str] = {}
    for name, shape in content.shapes.items():
        listed = _list_of(content, shape[1]) if len(shape) == 2 else None
        found |= {f"{name}\0{column}": word for column, word in enumerate(listed or [])}
    return found


def _targets(roles: Roles, called: dict[str, str]) -> Iterator[str]:
    if roles.targets:
        yield "  targets:"
    for name in roles.targets:
        key, _, column = name.partition("\0")
        missing = roles.missing.get(name) or []
        parts = [f"key: {scalar(key)}", *([f"column: {column}"] if column else [])]
        line = f"    {called[name]}: {{{', '.join(parts)}}}  # {scalar_free(roles.why[name])}"
        if missing:
            yield f"    {called[name]}:  # {scalar_free(roles.why[name])}"
            yield from (f"      {part}" for part in parts)
            yield from flow("      missing:", missing, "not known, or too rare to judge")
        elif len(line) <= 120:
            yield line
        else:
            yield f"    {called[name]}: {{{', '.join(parts)}}}"
            yield from wrapped(f"    # {scalar_free(roles.why[name])}", "    # ")


def scalar_free(text: str) -> str:
    """Text that may stand in a comment: one line of printable characters."""
    return "".join(one if one.isprintable() else " " for one in text)


def _recordings(content: Content, roles: Roles) -> Iterator[str]:
    if roles.group is not None:
        why = f"{roles.why[roles.group]}: none stands on two sides of the split"
        yield from wrapped(f"  # {scalar_free(why)}", "  # ")
        yield f"  group: {scalar(roles.group)}"
    elif roles.split is None and not roles.forecast:
        size = max(1, content.rows // _NEIGHBOURS)
        yield "  # No column names the recording. Blocks of neighbouring rows stay on one side; where each row was"
        yield "  # measured on its own, write 1."
        yield f"  group: {{consecutive: {size}}}"
    for remark in roles.remarks:
        yield from wrapped(f"  # {scalar_free(remark)}".replace("\0", " "), "  # ")
    if roles.forecast:
        length, ahead = _window(content, roles)
        short = ", short: drop" if roles.group and _recording_rows(content, roles).min() < length + ahead else ""
        yield f"  window: {{length: {length}, stride: {max(1, length // 4)}{short}}}  # rows"
    elif roles.time is not None and not content.arrays:
        yield f"  # {scalar(roles.time)} looks like time. Rows that are samples of a recording can be cut into windows,"
        yield "  # which a network over time then sees (`model: {backbone: tcn}`):"
        yield f"  # time: {scalar(roles.time)}"
        yield "  # window: {length: 32, stride: 8}"


def _window(content: Content, roles: Roles) -> tuple[int, int]:
    """Rows of a window, and rows that are forecast, so that even validation holds several of both."""
    rows = content.rows / 5 if roles.group is None else float(np.median(_recording_rows(content, roles)))
    length = min(32, max(4, int(rows / 4)))
    return length, max(1, length // 4)


def _recording_rows(content: Content, roles: Roles) -> NDArray[np.int64]:
    return np.unique(content.columns[roles.group or ""], return_counts=True)[1].astype(np.int64)


def _forecast(content: Content, roles: Roles) -> Iterator[str]:
    if roles.forecast:
        yield f"  next: {{kind: forecast, horizon: {_window(content, roles)[1]}}}  # rows ahead"


def _split(roles: Roles, called: dict[str, str]) -> Iterator[str]:
    if roles.split is not None:
        yield f"  split: {{column: {scalar(roles.split)}}}  # {roles.why[roles.split]}"
        return
    if roles.forecast and roles.group is None:
        yield "  split: {by: time, fractions: [0.7, 0.15, 0.15]}  # the past trains, the future is judged"
        return
    yield "  split:"
    yield "    by: group"
    if labels := [called[name] for name, kind in roles.targets.items() if kind != "regression"]:
        yield from flow("    stratify:", labels)
    yield "    fractions: [0.7, 0.15, 0.15]"


def _left_out(content: Content, roles: Roles) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for name, why in roles.left_out.items():
        reasons.setdefault(why, []).append(scalar(name.replace("\0", " ")))
    for name, shape in content.others.items():
        reasons.setdefault("other rows or no numbers", []).append(f"{scalar(name)} {shape}")
    for why, names in reasons.items():
        yield from wrapped(f"  # left out, {scalar_free(why)}: {_some(names)}", "  #   ")


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return ", ".join(listed[:_LISTED]) + more
