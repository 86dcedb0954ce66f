"""profile.json: what was measured comes back, and what is no profile is refused in one line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.trace.folder import json_text, write_whole
from polyhead.trace.profile import LAYOUT, Profile, SplitProfile, WindowsProfile, profile_of, read_profile

WINDOWS = WindowsProfile(10, 128, 64, 0, 0, 0)
SPLIT = SplitProfile("group", 7, {"train": 8, "val": 2}, {"train": 4, "val": 1}, 0, 0, 0, 2.5, 2.25, 10, True)
PLAIN = Profile(WINDOWS, SPLIT)
PLAINS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=8),
    bool: st.booleans(),
    type(None): st.none(),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Anything of a type that a profile is made of."""
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*map(any_of, get_args(kind)))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{one.name: any_of(hints[one.name]) for one in fields(kind)})
    if get_origin(kind) is list:
        return st.lists(any_of(get_args(kind)[0]), max_size=2)
    if get_args(kind):
        return st.dictionaries(st.text(max_size=4), any_of(get_args(kind)[1]), max_size=2)
    return PLAINS[kind]


@settings(max_examples=60, deadline=None)
@given(any_of(Profile))
def test_comes_back(profile: Profile) -> None:
    assert profile_of(json.loads(json_text(profile.as_dict()))) == profile


def test_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    write_whole(path, json_text(PLAIN.as_dict()))
    assert read_profile(path) == PLAIN
    assert json.loads(path.read_text())["layout"] == LAYOUT


def test_what_is_not_finite_is_null_in_the_file_and_no_number_when_read() -> None:
    """JSON has no NaN; a number that must be there comes back as NaN, one that may be missing as None."""
    weights = {"n": 4, "effective": math.inf, "largest_over_median": 2.0}
    text = json_text(replace(PLAIN, split=replace(SPLIT, nearest=math.nan)).as_dict() | {"weights": weights})
    assert "NaN" not in text
    assert "Infinity" not in text
    read = profile_of(json.loads(text))
    assert read.split.nearest is None
    assert read.weights is not None
    assert math.isnan(read.weights.effective)


def test_what_a_later_version_adds_is_left_out() -> None:
    value = PLAIN.as_dict()
    assert profile_of(value | {"moods": [1], "windows": value["windows"] | {"mood": 2}}) == PLAIN


@pytest.mark.parametrize(
    "edit",
    [
        {"windows": None},
        {"windows": {}},
        {"windows": []},
        {"split": "group"},
        {"targets": []},
        {"targets": {"life": 3}},
        {"pairs": {"task": "life"}},
        {"pairs": [{"task": "life"}]},
        {"associations": "none"},
        {"recordings": {"of": "many"}},
        {"geometry": {"positions": [["left"]], "neighbours": []}},
        {"weights": {"n": True, "effective": 1, "largest_over_median": 1}},
        {"weights": {"n": 1, "effective": 10**400, "largest_over_median": 1}},
        {"weights": {"n": 1.5, "effective": 1, "largest_over_median": 1}},
    ],
)
def test_a_part_of_another_shape_is_refused(tmp_path: Path, edit: Mapping[str, Any]) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(PLAIN.as_dict() | edit))
    with pytest.raises(InputError, match="is no data profile"):
        read_profile(path)


@pytest.mark.parametrize("layout", [None, 0, LAYOUT + 1, "1"])
def test_another_layout_is_refused(tmp_path: Path, layout: Any) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(PLAIN.as_dict() | {"layout": layout}))
    with pytest.raises(InputError, match=f"layout version {layout}, expected {LAYOUT}"):
        read_profile(path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    text = json_text(PLAIN.as_dict()).rstrip()
    for length in range(0, len(text), 7):
        path.write_text(text[:length])
        with pytest.raises(InputError, match="cannot be read as JSON"):
            read_profile(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(tmp_path / "profile.json")


NOISE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([one.name for one in fields(Profile)]), NOISE)
def test_noise_in_a_part_never_gets_through(tmp_path_factory: pytest.TempPathFactory, part: str, noise: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.json"
    path.write_text(json.dumps(PLAIN.as_dict() | {part: noise}))
    try:
        read = read_profile(path)
    except InputError:
        return
    json_text(read.as_dict())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_noise_is_no_profile(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.json"
    path.write_bytes(noise)
    with pytest.raises(InputError):
        read_profile(path)
