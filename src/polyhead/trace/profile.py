"""The data profile in a run folder: what recordings, windows, targets and inputs look like, in numbers, so that it is
known without the data. `polyhead.signals.profile` measures it and says what each part means; profile.json holds it."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from polyhead.errors import InputError
from polyhead.signals.profile.parts import (
    LAYOUT,
    QUANTILES,
    Association,
    Channel,
    ChannelRange,
    Frequent,
    Geometry,
    InputProfile,
    Labels,
    Pair,
    Profile,
    Recordings,
    SplitProfile,
    TargetProfile,
    TimeProfile,
    WeightsProfile,
    WindowsProfile,
)

__all__ = [
    "LAYOUT",
    "QUANTILES",
    "Association",
    "Channel",
    "ChannelRange",
    "Frequent",
    "Geometry",
    "InputProfile",
    "Labels",
    "Pair",
    "Profile",
    "Recordings",
    "SplitProfile",
    "TargetProfile",
    "TimeProfile",
    "WeightsProfile",
    "WindowsProfile",
    "profile_of",
    "read_profile",
]


def read_profile(path: Path) -> Profile:
    """The profile at `path`. Raises InputError where it is damaged or of another layout."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as JSON ({error})", where=str(path)) from error
    if not isinstance(value, dict) or value.get("layout") != LAYOUT:
        found = value.get("layout") if isinstance(value, dict) else None
        raise InputError(f"layout version {found}, expected {LAYOUT}", where=str(path))
    try:
        return profile_of(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"is no data profile ({error})", where=str(path), do="make it anew with polyhead check"
        ) from error


def profile_of(value: Mapping[str, Any]) -> Profile:
    """A profile from what as_dict gave. Raises TypeError, ValueError or OverflowError where that is something
    else."""
    made = _made(Profile, value)
    assert isinstance(made, Profile)
    return made


def _made(kind: Any, value: Any) -> Any:
    """`value`, plain JSON, as the type `kind`: a dataclass, a list or mapping of some, a number or text. null where
    only a number can stand was one that is not finite. Raises TypeError where it is something else."""
    if get_origin(kind) in (Union, UnionType):
        return _one_of([one for one in get_args(kind) if one is not type(None)], value)
    if is_dataclass(kind) and isinstance(kind, type):
        hints, given = get_type_hints(kind), _typed(dict, value)
        known = {each.name for each in fields(kind)}
        return kind(**{name: _made(hints[name], one) for name, one in given.items() if name in known})
    if get_origin(kind) is list:
        return [_made(get_args(kind)[0], one) for one in _typed(list, value)]
    if get_args(kind):
        return {str(key): _made(get_args(kind)[1], one) for key, one in _typed(dict, value).items()}
    if kind is float:
        return math.nan if value is None else float(_number(value))
    return _number(value, whole=True) if kind is int else _typed(kind, value)


def _one_of(kinds: Sequence[Any], value: Any) -> Any:
    """`value` as the first of the types that it fits, or None; for a union that None belongs to."""
    if value is None:
        return None
    for kind in kinds[:-1]:
        with contextlib.suppress(TypeError):
            return _made(kind, value)
    return _made(kinds[-1], value)


def _typed(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.40} where {kind.__name__} is expected")
    return value


def _number(value: Any, whole: bool = False) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise TypeError(f"{value!r:.40} where a {'whole ' if whole else ''}number is expected")
    return value
