"""The library that draws the charts of a page, packed so that the page carries it and fetches nothing."""

from __future__ import annotations

import base64
import gzip
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

ROOM = 1_200_000  # characters: what the library and about a hundred pictures leave of a page of 5 MB


@dataclass(frozen=True)
class ChartLibrary:
    """plotly.js: the words of its licence, and its code, compressed with gzip and written in base64."""

    licence: str
    packed: str


class Charts:
    """The figures of one page that become charts, until their values fill the room that the page has for them."""

    def __init__(self, room: int = ROOM) -> None:
        self.room = room  # characters
        self.drawn = 0

    def has_room(self, series: str) -> bool:
        """Whether a figure of this text becomes a chart too; one that does not stays a picture."""
        if len(series) > self.room:
            return False
        self.room -= len(series)
        self.drawn += 1
        return True


@cache
def chart_library() -> ChartLibrary:
    """plotly.js as the Python package plotly brings it; equal versions give equal text."""
    # Located, not imported: the package itself costs a report nothing.
    code = Path(str(distribution("plotly").locate_file("plotly/package_data/plotly.min.js"))).read_bytes()
    header = re.match(rb"\s*/\*(.*?)\*/", code, re.DOTALL)
    if header is None or b"MIT" not in header[1]:
        raise RuntimeError("plotly.min.js begins without its licence, and without it a page may not carry it")
    words = " ".join(header[1].decode().replace("*", " ").split())
    return ChartLibrary(words, base64.b64encode(gzip.compress(code, 9, mtime=0)).decode("ascii"))
