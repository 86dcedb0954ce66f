"""Names and values as YAML: quoted where they must be, wrapped where they are many, unique where they are keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

_WIDTH = 118
_RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ -]*[A-Za-z0-9_]|[A-Za-z_]")


def scalar(value: float | str) -> str:
    """A YAML scalar that may stand in a flow list: plain where that is safe, quoted elsewhere."""
    if not isinstance(value, str):
        return repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
    if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED and "  " not in value:
        return value
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if one.isprintable():
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(key: str, values: Sequence[float | str], remark: str = "") -> Iterator[str]:
    """`key: [a, b, ...]` over as many lines as it needs."""
    inner = " " * (len(key) - len(key.lstrip()) + 2)
    line, rest = f"{key} [", [scalar(value) for value in values]
    for place, word in enumerate(rest):
        part = word + ("," if place < len(rest) - 1 else "]")
        if len(line) + len(part) > _WIDTH and line.strip():
            yield line.rstrip()
            line = inner
        line += part + " "
    line = line.rstrip() if rest else f"{line}]"
    if remark and len(line) + len(remark) + 4 <= _WIDTH + 2:
        line += f"  # {remark}"
    yield line


def wrapped(text: str, indent: str) -> Iterator[str]:
    """A comment over as many lines as it needs, `indent` before all but the first; blanks stay as they are."""
    line = ""
    for word in re.findall(r" *[^ ]+", text):
        if line and len(line) + len(word) > _WIDTH:
            yield line
            line = indent + word.lstrip()
        else:
            line += word
    yield line


def name_of_file(path: Path) -> str:
    """A name for the experiment and its configuration."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name.strip(".").split(".")[0]).strip("-._")
    return stem or "experiment"


def unique_words(names: Iterable[str], suggested: Mapping[str, str]) -> dict[str, str]:
    """For each name a word that may become a column, a file and a part of a metric's name; no word twice."""
    found: dict[str, str] = {}
    for name in names:
        text = suggested.get(name, name.replace("\0", "_"))
        word = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "target"
        if not word[0].isalpha() or word.lower() in _RESERVED:
            word = f"target_{word}"
        taken = {other.lower() for other in found.values()}  # words become files, and some systems fold their case
        count = next(count for count in range(1, len(taken) + 2) if _numbered(word, count).lower() not in taken)
        found[name] = _numbered(word, count)
    return found


def _numbered(word: str, count: int) -> str:
    return word if count == 1 else f"{word}_{count}"
