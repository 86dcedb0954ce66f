"""An SVG file as an element of an HTML page: no prolog, ids of its own, no width, and no more text than it takes."""

from __future__ import annotations

import re


def inline(svg: str, name: str) -> str:
    """The drawing `svg` with every id and reference under `name`; its size and its font are left to the page."""
    svg = svg[svg.index("<svg") :]
    # Its style would hold for every element of the page; style.css says the same of drawings.
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r' id="', f' id="{name}.', svg)
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}.", svg)
    svg = re.sub(r" font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    # Two decimals of a point are finer than any screen, and between the tags of a drawing there is only air.
    svg = re.sub(r' (?:d|x|y|transform)="[^"]*"', _short, svg)
    return re.sub(r">\n\s*<", "><", svg).replace("<svg ", '<svg aria-hidden="true" ', 1).strip()


def _short(attribute: re.Match[str]) -> str:
    text = re.sub(r"(\d\.\d{2})\d+", r"\1", attribute[0])
    if not text.startswith(' d="'):
        return text
    return re.sub(r"\s*([A-Za-z])\s*(?=[-\d\"A-Za-z])", r"\1", text[4:-1]).join((' d="', '"'))
