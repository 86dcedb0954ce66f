"""Names of figures that stay apart."""

from __future__ import annotations

import re

from polyhead.report.figures.canvas import draw
from polyhead.report.figures.names import apart, renamed


def test_a_name_that_is_taken_gets_the_next_number_that_is_free() -> None:
    assert apart(["a", "b", "a", "a-2", "a"]) == ["a", "b", "a-2", "a-2-2", "a-3"]


def test_another_name_reaches_the_ids_of_the_drawing_and_no_text() -> None:
    panel = renamed(draw("a", "", lambda axes: axes.set_title('id="a.')), "b")
    found = re.findall(r'(?: id="|href="#|url\(#)([^".]*)\.', panel.svg)
    assert (panel.name, set(found)) == ("b", {"b"})
    assert '>id="a.<' in panel.svg
