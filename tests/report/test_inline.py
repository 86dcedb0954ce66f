"""A drawing as part of a page: what the page decides is gone, what is seen is left."""

from __future__ import annotations

from polyhead.report.figures.inline import inline

SVG = """<?xml version="1.0"?>
<!DOCTYPE svg>
<svg width="259.2pt" height="192.96pt" viewBox="0 0 259.2 192.96" xmlns="http://www.w3.org/2000/svg">
 <metadata><date>2026</date></metadata>
 <defs>
  <style type="text/css">*{stroke-linejoin: round}</style>
 </defs>
 <g id="line2d_1">
  <path d="M 22.968750 128.395530
L 256.190000 -1.5e-05
z
" clip-path="url(#p6e)" style="fill: none"/>
  <use href="#m50" x="28.125218" y="128.39553"/>
 </g>
 <text style="font-size: 8px; font-family: 'DejaVu', serif; fill: red" transform="rotate(-0 1 2)">0.0012345 L 7</text>
</svg>
"""


def test_an_svg_file_becomes_an_element() -> None:
    svg = inline(SVG, "loss")
    assert svg.startswith('<svg aria-hidden="true" viewBox="0 0 259.2 192.96"')
    for gone in ("<?xml", "DOCTYPE", "metadata", "<style", "259.2pt", "font-family", "rotate"):
        assert gone not in svg
    for kept in ('id="loss.line2d_1"', 'href="#loss.m50"', "url(#loss.p6e)", 'x="28.12"', "font-size: 8px; fill: red"):
        assert kept in svg
    assert ">0.0012345 L 7</text>" in svg, "text is not touched"


def test_a_path_keeps_its_course() -> None:
    path = inline(SVG, "loss").partition(' d="')[2].partition('"')[0]
    assert path.replace("L", " L ").replace("M", " M ").replace("z", " z").split() == [
        *("M", "22.96", "128.39"),
        *("L", "256.19", "-1.5e-05"),
        "z",
    ]
