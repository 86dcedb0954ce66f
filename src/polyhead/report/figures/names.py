"""Names of figures, of which no two in a folder or on a page may be alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from polyhead.report.figures.canvas import Panel


def apart(names: Iterable[str]) -> list[str]:
    """The same names in order; what was there before gets a number: two tasks may differ only in signs that no file
    name holds."""
    taken: dict[str, None] = {}
    for name in names:
        own, count = name, 2
        while own in taken:
            own, count = f"{name}-{count}", count + 1
        taken[own] = None
    return list(taken)


def renamed(panel: Panel, name: str) -> Panel:
    """The panel under another name, the ids of its drawing too."""
    svg = panel.svg
    for before in (' id="', 'href="#', "url(#"):
        svg = svg.replace(f"{before}{panel.name}.", f"{before}{name}.")
    return replace(panel, name=name, svg=svg)
