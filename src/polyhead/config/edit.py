"""Changing one value: in the text itself where that is possible, so that a patch is a clean diff."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from polyhead.config.yaml_text import compose, flow

Path = Sequence[str | int]


def splice(text: str, path: Path, value: Any) -> str | None:
    """`text` with `value` at `path` and nothing else touched, or None where this way does not reach.

    The caller reads the result back and compares: anchors, for one, make two places change at once.
    """
    node = compose(text, "")
    for depth, key in enumerate(path):
        if not isinstance(node, MappingNode):
            return None
        pairs = {k.value: (k, v) for k, v in node.value if isinstance(k, ScalarNode)}
        if key not in pairs:
            return _insert(text, node, str(key), nested(path[depth + 1 :], value))
        before, node = pairs[key]
        if not re.fullmatch(r"\s*:\s*", text[before.end_mark.index : node.start_mark.index]):
            return None  # an alias, a tag or a comment stands between key and value
    return _replace(text, node, flow(value))


def nested(path: Path, value: Any) -> Any:
    """`value` inside one mapping per part of `path`."""
    for key in reversed(path):
        value = {str(key): value}
    return value


def _replace(text: str, node: Node, written: str) -> str | None:
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode) and node.style in ("|", ">"):
        return None
    if isinstance(node, CollectionNode) and not node.flow_style:
        return None
    space = " " if start and text[start - 1] == ":" else ""
    return f"{text[:start]}{space}{written}{text[end:]}"


def _insert(text: str, node: MappingNode, key: str, value: Any) -> str | None:
    written = f"{flow(key)}: {flow(value)}"
    if node.flow_style:
        at = node.value[-1][1].end_mark.index if node.value else node.end_mark.index - 1
        return f"{text[:at]}{', ' if node.value else ''}{written}{text[at:]}"
    if not node.value:
        return None
    at = text.find("\n", _last(node).end_mark.index)  # behind a comment on the block's last line
    at = len(text) if at < 0 else at
    return f"{text[:at]}\n{' ' * node.value[0][0].start_mark.column}{written}{text[at:]}"


def _last(node: Node) -> Node:
    """The last scalar or flow value of a block: a block's own end mark lies behind the comments that follow it."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def assign(data: Any, path: Path, value: Any) -> None:
    """Put `value` at `path` in place, keeping comments; what an anchor shares is copied first.

    Raises KeyError with the path of what is no mapping, or of a list item that is not there.
    """
    for depth, key in enumerate(path[:-1]):
        data = _own(data, path[: depth + 1], key)
    _put(data, path, _commented(value))


def _own(data: Any, path: Path, key: str | int) -> Any:
    if isinstance(data, list):
        return data[_index(data, path)]
    if not isinstance(data, dict):
        raise KeyError(tuple(path[:-1]))
    child = data.get(key)
    if child is None:
        child = CommentedMap()
        child.fa.set_flow_style()
    elif isinstance(child, CommentedMap | CommentedSeq):
        child = copy.deepcopy(child)
        _drop_anchors(child)
    data[key] = child
    return child


def _put(data: Any, path: Path, value: Any) -> None:
    if isinstance(data, list):
        data[_index(data, path)] = value
    elif isinstance(data, dict):
        data[path[-1]] = value
    else:
        raise KeyError(tuple(path[:-1]))


def _index(data: list[Any], path: Path) -> int:
    index = path[-1]
    if not str(index).isdecimal() or int(index) >= len(data):
        raise KeyError(tuple(path))
    return int(index)


def _drop_anchors(node: Any) -> None:
    if isinstance(node, CommentedMap | CommentedSeq):
        node.yaml_set_anchor(None)
        for child in node.values() if isinstance(node, CommentedMap) else node:
            _drop_anchors(child)


def _commented(value: Any) -> Any:
    block: CommentedMap | CommentedSeq
    if isinstance(value, dict):
        block = CommentedMap((k, _commented(v)) for k, v in value.items())
    elif isinstance(value, list | tuple):
        block = CommentedSeq(_commented(v) for v in value)
    else:
        return value
    block.fa.set_flow_style()
    return block
