"""YAML text in and out: ruamel's round trip read as YAML 1.2, every fault one line, values as plain Python."""

from __future__ import annotations

import io
import math
import re
import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedOrderedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scalarbool import ScalarBoolean

from polyhead.errors import InputError

DEEPEST = 40  # levels; the deepest key of a configuration stands at seven, and parsers recurse once a level
MOST_VALUES = 100_000  # anchors that repeat each other can unfold a small file into billions
LARGEST_INT = 2**63 - 1  # what any reader of the written run can hold
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # YAML escapes can spell these

# On text that is not YAML the parser also fails by these, from int("x") of `!!int x` to its own indexing.
PARSER_FAULTS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, NotImplementedError)


class _Constructor(RoundTripConstructor):
    """Dates stay text: YAML 1.2 has none, and `name: 2024-05-01` means the words."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_scalar)


def _yaml() -> YAML:
    yaml = YAML()  # YAML 1.2: `on`, `off`, `no` are words and 1e-3 is a number
    yaml.Constructor = _Constructor
    yaml.preserve_quotes = True
    yaml.width = 4096  # lines stay as long as they were written
    return yaml


def parse(text: str, name: str) -> Any:
    """The document in `text` with its comments and lines, or None where there is none."""
    return _parsed(text, name, lambda yaml: yaml.load(text))


def compose(text: str, name: str) -> Node:
    """The nodes of `text`, which know where each key and value starts and ends."""
    node: Node = _parsed(text, name, lambda yaml: yaml.compose(text))
    return node


def _parsed(text: str, name: str, read: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on odd but legal spellings; what is wrong is an error below
            return read(_yaml())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if error.context_mark and mark.line >= len(text.rstrip().splitlines()):
            mark = error.context_mark  # what was never closed, rather than the end of the file
        raise InputError(_wording(error, text), where=f"{name}:{mark.line + 1}" if mark else name) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError("a control character, which YAML does not allow", where=f"{name}:{line}") from error
    except RecursionError as error:
        raise InputError(f"nested more than {DEEPEST} levels deep", where=name) from error
    except (YAMLError, *PARSER_FAULTS) as error:
        raise InputError(f"not valid YAML ({str(error)[:100]})", where=name) from error


def _wording(error: MarkedYAMLError, text: str) -> str:
    problem = str(error.problem or error.context or error).strip()
    twice = re.match(r"found duplicate key (.+?) with value", problem, re.DOTALL)
    if twice:
        return f"key {twice[1]} is written twice in one block"
    mark = error.problem_mark
    line = "".join(text.split("\n")[mark.line : mark.line + 1]) if mark else ""
    if re.match(r" *\t", line):
        return "a tab in the indentation; use spaces"
    return f"not valid YAML: {problem[:200]}"


def plain(node: Any, name: str) -> Any:
    """The document as dict, list, str, int, float, bool and None; anything else is refused with its line."""
    count = 0

    def refuse(what: str, line: int | None) -> InputError:
        return InputError(what, where=name if line is None else f"{name}:{line + 1}")

    def walk(value: Any, depth: int, line: int | None) -> Any:
        nonlocal count
        count += 1
        if depth > DEEPEST:
            raise refuse(f"nested more than {DEEPEST} levels deep", line)
        if count > MOST_VALUES:
            raise refuse(f"more than {MOST_VALUES} values once anchors are written out", line)
        if isinstance(value, dict | list | tuple) and not _tagged(value):
            return container(value, depth)
        return scalar(value, line)

    def container(value: Any, depth: int) -> Any:
        lines = own_lines(value)
        start = getattr(getattr(value, "lc", None), "line", None)
        if not isinstance(value, dict):
            return [walk(item, depth + 1, lines.get(i, start)) for i, item in enumerate(value)]
        for key in value:
            if not isinstance(key, str):
                raise refuse(f"key {_key(key)} is not text; write it in quotes", lines.get(key, start))
        return {scalar(k, lines.get(k, start)): walk(v, depth + 1, lines.get(k, start)) for k, v in value.items()}

    def scalar(value: Any, line: int | None) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, ScalarBoolean):
            return bool(value)
        if isinstance(value, int) and abs(value) <= LARGEST_INT:
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            if UNREADABLE.search(value):
                raise refuse("a control character or half a surrogate pair in a text", line)
            return str(value)
        what = "a number beyond 64 bits" if isinstance(value, int) else f"a tag or type ({type(value).__name__})"
        raise refuse(f"{what} that no key takes; expected text, a number, true, false or null", line)

    return walk(node, 0, 0)


def _key(key: Any) -> str:
    return "null" if key is None else str(key)[:40]


def _tagged(value: Any) -> bool:
    """Whether a mapping or list carries a tag such as `!new`, which would otherwise be ignored."""
    if isinstance(value, CommentedOrderedMap):
        return True
    tag = getattr(value, "tag", None)
    return bool(tag is not None and tag.value and not str(tag.value).startswith("tag:yaml.org,2002:"))


def own_lines(node: Any) -> dict[Any, int]:
    """Line, from 0, of each key or item that a mapping or list itself holds."""
    if not isinstance(node, CommentedMap | CommentedSeq):
        return {}
    return {key: at[0] for key, at in (node.lc.data or {}).items()}


def dump(data: Any, like: str = "") -> str:
    """YAML text of `data`, indented as `like` is."""
    yaml = _yaml()
    yaml.indent(**_indent(like))
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def _indent(text: str) -> dict[str, int]:
    nested = re.search(r"^( *)[^\s#-][^#\n]*:[ ]*\n\1( +)[^\s#-]", text, re.MULTILINE)
    dashed = re.search(r"^( *)[^\s#-][^#\n]*:[ ]*\n\1( *)- ", text, re.MULTILINE)
    offset = len(dashed[2]) if dashed else 0
    return {"mapping": len(nested[2]) if nested else 2, "sequence": offset + 2, "offset": offset}


def flow(value: Any) -> str:
    """`value` on one line, as it would be written inside `{}`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return _word(str(value))


def _word(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_./+-]+(:[A-Za-z0-9_./+-]+)*", text) and parse(f"[{text}]", "") == [text]:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
