"""Whatever is set is read back, and comments and order stay."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.document import Document
from polyhead.config.yaml_text import plain
from polyhead.errors import InputError

from .test_document import TEXT


def lines_without_values(text: str) -> list[str]:
    """Comments and keys in order."""
    return [part for line in text.splitlines() for part in (line.split(":")[0], line.partition("#")[2]) if part]


WORDS = st.text("abcxyz_", min_size=1, max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def legible(value: object) -> bool:
    try:
        plain(value, "x")
    except InputError:
        return False
    return True


@settings(deadline=None)  # a machine under load is no fault
@given(path=st.lists(WORDS | st.sampled_from(["train", "data", "targets"]), min_size=1, max_size=4), value=VALUES)
def test_what_is_set_is_read_back_and_comments_stay(path: list[str], value: object) -> None:
    document = Document(TEXT, "x.yaml")
    if not legible(value) or isinstance(value, str):
        return
    try:
        document.set(path, value)
    except InputError:
        return
    again = Document(document.text(), "again").values
    assert again == document.values
    for key in path:
        again = again[key]
    assert again == value
    if path[0] not in ("data", "train", "balance", "name"):
        kept = iter(lines_without_values(document.text()))
        assert all(part in kept for part in lines_without_values(TEXT))  # in order


@settings(deadline=None)  # a machine under load is no fault
@given(VALUES.filter(lambda value: isinstance(value, dict) and bool(value)))
def test_values_from_no_file_come_back(values: dict[str, object]) -> None:
    if legible(values):
        assert Document.of(values).values == values
