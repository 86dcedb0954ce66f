"""The library of the charts within the page: whole, licensed, the same each time, and the page small enough for it."""

from __future__ import annotations

import base64
import gzip
import re
from dataclasses import replace
from pathlib import Path

from polyhead.report.library import ROOM, Charts, chart_library
from polyhead.report.page import compose, render
from polyhead.report.plates import Plate
from polyhead.report.run import read_run

LIMIT = 5_000_000
SHELL = re.compile(r"<figure.*?</figure>", re.DOTALL)


def test_the_library_is_the_packages_own_with_its_licence() -> None:
    import plotly

    assert plotly.__file__ is not None
    code = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()
    library = chart_library()
    assert gzip.decompress(base64.b64decode(library.packed)) == code
    assert re.fullmatch(r"plotly\.js v\d+\.\d+\.\d+ Copyright .* Plotly, Inc\. .*MIT license", library.licence)


def test_equal_libraries_are_equal_text() -> None:
    first = chart_library()
    chart_library.cache_clear()
    assert chart_library() == first
    assert base64.b64decode(first.packed)[4:8] == bytes(4), "gzip's time of day is none"


def test_a_page_of_many_tasks_stays_below_5_mb(report: Path) -> None:
    content = compose(read_run(report))

    def repeated(plates: list[Plate], times: int) -> list[Plate]:
        return [replace(plate, task=f"{plate.task}{turn}") for turn in range(times) for plate in plates]

    content |= {key: repeated(content[key], 6) for key in ("curves", "predictions")}
    page = render("page.html.jinja", content)
    assert page.count("<figure") > 90, "24 tasks"
    assert page.count('id="chart-library"') == 1
    assert len(page.encode()) < LIMIT


def test_values_beyond_the_room_stay_pictures() -> None:
    charts = Charts(room=10)
    assert [charts.has_room(series) for series in ("12345", "123456", "1234")] == [True, False, True]
    assert charts.drawn == 2


def test_the_room_leaves_a_page_its_limit(report: Path) -> None:
    page = (report / "report.html").read_text()
    pictures = [re.sub(r"<script.*?</script>", "", figure, flags=re.DOTALL) for figure in SHELL.findall(page)]
    a_hundred = 100 * sum(map(len, pictures)) / len(pictures)
    assert len(chart_library().packed) + a_hundred + ROOM < LIMIT


def test_a_page_without_figures_carries_no_library(bare: Path) -> None:
    page = render("page.html.jinja", compose(read_run(bare)))
    assert "chart-library" not in page
    assert len(page) < 200_000
