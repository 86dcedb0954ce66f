"""Every piece of YAML that a page shows is one that a config may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from polyhead import InputError, api
from polyhead.config.document import Document

from .pages import DOCS, blocks, name_of, pages

SHOWN = [
    (name_of(page), block.text)
    for page in pages()
    for block in blocks(page)
    if block.language == "yaml" and block.file is None and page.is_relative_to(DOCS)
]
WHOLE: dict[str, Any] = {
    "name": "whole",
    "data": {
        "reader": "csv",
        "path": "pumps.csv",
        "time": "time_s",
        "inputs": {"signal": {"keys": ["vibration_g"]}},
        "targets": {"fault": "fault", "life": {"key": "hours_left"}},
    },
    "tasks": {"fault": {"kind": "classification"}},
}


def _with(whole: Mapping[str, Any], piece: Mapping[str, Any]) -> dict[str, Any]:
    """The whole with the piece in its place."""
    inner = {key: _with(whole[key], value) for key, value in piece.items() if isinstance(whole.get(key), Mapping)}
    return {**whole, **piece, **{key: value for key, value in inner.items() if isinstance(piece[key], Mapping)}}


@pytest.mark.parametrize(("page", "text"), SHOWN)
def test_a_piece_of_yaml_belongs_to_a_config(page: str, text: str) -> None:
    assert api.load(_with(WHOLE, Document(text, page).values)).experiment.name


def test_a_piece_that_does_not_belong_is_refused() -> None:
    with pytest.raises(InputError):
        api.load(_with(WHOLE, {"data": {"grop": "pump"}}))
    assert _with({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": 4}) == {"a": {"b": 3, "c": 2}, "d": 4}
