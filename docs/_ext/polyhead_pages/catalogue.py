"""What the network's and the balances' own docstrings say beside their keys."""

from __future__ import annotations

import importlib
from typing import Any

from polyhead.backbones import BACKBONES
from polyhead.balance import BALANCES
from polyhead.config.balance import TORCHJD, TorchjdOptions
from polyhead_pages.configuration import Place, keys, places
from polyhead_pages.prose import prose


def backbones_page(_: str) -> str:
    """One section for each backbone: what it is, how its map reads, its keys."""
    return "\n\n".join(_section(place, BACKBONES.get(place.tag)) for place in places() if _of(place, "backbones"))


def balances_page(_: str) -> str:
    """One section for each method: what it is, its formula, its keys."""
    return "\n\n".join(
        _section(place, BALANCES["torchjd" if ":" in place.tag else place.tag])
        for place in places()
        if _of(place, "balance")
    )


def _of(place: Place, module: str) -> bool:
    return place.block.__module__ == f"polyhead.config.{module}"


def _section(place: Place, made: Any) -> str:
    first = next(iter(place.block.model_fields))
    told = [place.block.__doc__, made and made.__doc__]
    if made is not None and _of(place, "backbones"):
        told[0] = importlib.import_module(made.__module__).__doc__  # names the source
    title = TORCHJD if place.block is TorchjdOptions else place.tag
    parts = [f"(block-{place.block.__name__})=\n## `{title}`", *(prose(doc) for doc in told if doc)]
    return "\n\n".join([*parts, keys(place.block, but=(first,))])
