"""The page in a browser: charts that say what the folder holds, and pictures wherever there can be no charts."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes

from polyhead.report.figures.canvas import draw

from .conftest import WINDOWS

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path: the page is not opened")

WIDE = {"width": 1400, "height": 900}
LOSS, CONFUSION, RESIDUALS = "curve-loss-fault", "confusion-fault", "residuals-life"
SCATTER = "scatter-life"
# Loss of `fault` after 20 epochs as tests/report/conftest.py writes it: training, validation, best constant.
FALLING = 0.18 + (1.2 - 0.18) * math.exp(-20 / 7)
AT_20 = {"train": FALLING * (1 - 0.006 * 20), "val": FALLING + 0.02 * math.sin(20 * 1.7), "best constant": 1.1984}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One chromium for all tests of this file."""
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@contextmanager
def opened(browser: Any, path: Path, **options: Any) -> Iterator[Any]:
    """The page of a run folder in a window of its own, by its path alone."""
    context = browser.new_context(**{"viewport": WIDE} | options)
    try:
        page = context.new_page()
        page.goto((path / "report.html").as_uri())
        yield page
    finally:
        context.close()


@pytest.fixture(scope="module")
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The page in a wide, light window that tests share; each leaves what it has changed as it was."""
    with opened(browser, report) as shared:
        yield shared


def drawing(page: Any, name: str) -> Any:
    """The place of a figure, picture and chart."""
    return page.locator(f'.drawing[data-name="{name}"]')


def charted(page: Any, name: str) -> Any:
    """The same, scrolled to and drawn as a chart."""
    place = drawing(page, name)
    place.scroll_into_view_if_needed()
    page.locator(f'.charted[data-name="{name}"]').wait_for()
    return place


def point_at(page: Any, place: Any, x: float, y: float) -> str:
    """Move the pointer to where the chart shows (x, y); return what it says there."""
    left, top = place.locator(".chart").evaluate(
        "(chart, [x, y]) => { const {xaxis, yaxis} = chart._fullLayout, box = chart.getBoundingClientRect();"
        " return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)]; }",
        [x, y],
    )
    page.mouse.move(left - 3, top)
    page.mouse.move(left, top)
    place.locator(".hoverlayer text").first.wait_for()
    return " | ".join(place.locator(".hoverlayer text").all_text_contents())


def ranges(place: Any) -> list[list[float]]:
    """What both axes of a chart show."""
    found = place.locator(".chart").evaluate("chart => [chart.layout.xaxis.range, chart.layout.yaxis.range]")
    return [[float(end) for end in ends] for ends in found]


def drag(page: Any, place: Any) -> None:
    """Mark the middle of a chart."""
    box = place.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"], steps=3)
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=3)
    page.mouse.up()


def swipe(page: Any, x: float, y: float, distance: float) -> None:
    """Draw a finger over the screen, up where `distance` is below 0."""
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        at = [{"x": x, "y": y + share * distance}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_every_figure_becomes_a_chart_and_nothing_else_is_asked_for(browser: Any, report: Path) -> None:
    context = browser.new_context(viewport=WIDE)
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((report / "report.html").as_uri())
    height = page.evaluate("document.documentElement.scrollHeight")
    places = page.locator("figure > .drawing").all()
    assert len(places) == page.locator("figure").count() > 15
    charted(page, places[-1].get_attribute("data-name"))
    assert page.locator(".charted").count() < len(places) / 2, "figures are drawn when they come near"
    for place in places:
        charted(page, place.get_attribute("data-name"))
        still, chart = place.locator("> svg").bounding_box(), place.locator(".chart .main-svg").first.bounding_box()
        assert chart == pytest.approx(still, abs=0.6), "the chart takes the place of the picture"
    assert page.evaluate("document.documentElement.scrollHeight") == height, "nothing has moved"
    assert said == []
    assert asked == [(report / "report.html").as_uri()]
    context.close()


def test_pointing_at_an_epoch_reads_every_curve(page: Any) -> None:
    said = point_at(page, charted(page, LOSS), 20, 0.5)
    assert "epoch: 20" in said
    for name, value in AT_20.items():
        assert f"{name} : {value:.6g}" in said


def test_pointing_at_a_cell_reads_truth_prediction_count_and_share(page: Any, report: Path) -> None:
    import polars as pl

    rows = pl.read_parquet(report / "predictions" / "test.parquet").filter(pl.col("fault.truth") == "inner")
    wrong = rows.filter(pl.col("fault.pred") == "normal").height
    said = point_at(page, charted(page, CONFUSION), 0.5, 1.5)  # first column, second row
    for text in ("true: inner", "predicted: normal", f"count: {wrong}", f"share: {100 * wrong / rows.height:.3g}"):
        assert text in said


def test_pointing_at_a_window_reads_its_truth_and_its_prediction(page: Any, report: Path) -> None:
    import polars as pl

    rows = pl.read_parquet(report / "predictions" / "test.parquet").filter(pl.col("life.mask"))
    far = rows.sort((pl.col("life.pred") - 0.5).abs()).row(-1, named=True)  # nothing else lies there
    said = point_at(page, charted(page, SCATTER), far["life.truth"], far["life.pred"])
    assert said == f"truth: {far['life.truth']:.6g}prediction: {far['life.pred']:.6g}"


def test_guides_do_not_answer(page: Any) -> None:
    answering = "chart => chart.data.filter(trace => trace.hoverinfo !== 'skip').map(trace => trace.name)"
    for name, traces in {
        SCATTER: ["prediction"],
        "roc-anomaly": ["anomaly", "at the threshold"],
        "reliability-fault": ["windows (area: how many)"],
    }.items():
        assert charted(page, name).locator(".chart").evaluate(answering) == traces


def test_the_bars_of_a_histogram_count_every_window(page: Any) -> None:
    place = charted(page, RESIDUALS)
    bars = place.locator(".chart").evaluate("chart => chart.data.find(trace => trace.type === 'bar')")
    highest = max(range(len(bars["y"])), key=lambda bar: bars["y"][bar])
    said = point_at(page, place, bars["x"][highest], bars["y"][highest] / 2)
    assert sum(bars["y"]) == WINDOWS["test"] * 4 // 5, "the truth of every fifth window is not known"
    assert f"windows: {bars['y'][highest]}" in said
    assert "prediction − truth: " in said


def test_dragging_zooms_and_a_double_click_resets(page: Any) -> None:
    place = charted(page, LOSS)
    whole = ranges(place)
    drag(page, place)
    (low, high), _ = zoomed = ranges(place)
    assert zoomed != whole
    # 30 % to 70 % of the width was marked.
    width = whole[0][1] - whole[0][0]
    assert (low, high) == pytest.approx((whole[0][0] + 0.3 * width, whole[0][0] + 0.7 * width), abs=0.02 * width)
    box = place.locator(".nsewdrag").first.bounding_box()
    page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function(
        "([name, low]) => document.querySelector(`[data-name='${name}'] .chart`).layout.xaxis.range[0] === low",
        arg=[LOSS, whole[0][0]],
    )
    assert ranges(place) == whole


def test_rows_zoom_together(page: Any) -> None:
    place = charted(page, "examples-next")
    drag(page, place)
    shown = place.locator(".chart").evaluate(
        "c => [c.layout.xaxis, c.layout.xaxis2, c.layout.xaxis3].map(a => a.range)"
    )
    assert shown[0] == shown[1] == shown[2]
    assert shown[0][0] > 10


def test_a_click_on_a_name_hides_its_curve(page: Any) -> None:
    place = charted(page, "curve-loss-next")
    assert "train" in point_at(page, place, 20, 0.5)
    place.locator(".legendtoggle").first.click()
    page.wait_for_function(
        "() => document.querySelector('[data-name=curve-loss-next] .chart').data[0].visible === 'legendonly'"
    )
    assert "train" not in point_at(page, place, 21, 0.5)


def test_a_dark_page_has_dark_charts_from_the_change_on(page: Any) -> None:
    ink = "getComputedStyle(document.body).color"
    tick = "getComputedStyle(document.querySelector('[data-name=curve-loss-life] .xtick text')).fill"
    place = charted(page, "curve-loss-life")
    drag(page, place)
    kept, light = ranges(place), page.evaluate(ink)
    assert page.evaluate(tick) == light
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{tick} === {ink} && {ink} === 'rgb(223, 225, 228)'")
    assert ranges(place) == kept, "what was zoomed stays zoomed"
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"{tick} === '{light}'")


def test_paper_shows_the_pictures(page: Any) -> None:
    place = charted(page, LOSS)
    assert not place.locator("> svg").is_visible()
    page.emulate_media(media="print")
    assert place.locator("> svg").is_visible()
    assert not place.locator(".chart").is_visible()
    page.emulate_media(media="screen")
    assert place.locator(".chart").is_visible()


def test_a_chart_follows_the_width_of_the_window(page: Any) -> None:
    place = charted(page, LOSS)
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function(
        "name => { const place = document.querySelector(`[data-name='${name}']`);"
        " return Math.abs(place.querySelector('.chart')._fullLayout.width - place.clientWidth) < 1; }",
        arg=LOSS,
    )
    still, chart = place.locator("> svg").bounding_box(), place.locator(".chart .main-svg").first.bounding_box()
    assert chart == pytest.approx(still, abs=0.6)
    page.set_viewport_size(WIDE)


def test_a_wheel_scrolls_past_a_chart(page: Any) -> None:
    place = charted(page, LOSS)
    box, whole, before = place.bounding_box(), ranges(place), page.evaluate("scrollY")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, 200)
    page.wait_for_function("before => scrollY >= before + 200", arg=before)
    assert ranges(place) == whole


def test_a_telephone_is_wide_enough_and_a_finger_scrolls_past_a_chart(browser: Any, report: Path) -> None:
    with opened(browser, report, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}) as page:
        for place in page.locator(".drawing").all():
            charted(page, place.get_attribute("data-name"))
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        place = charted(page, LOSS)
        box, whole, before = place.bounding_box(), ranges(place), page.evaluate("scrollY")
        swipe(page, box["x"] + box["width"] / 2, box["y"] + 150, -100)
        page.wait_for_function("before => scrollY > before + 50", arg=before)
        assert ranges(place) == whole


def test_a_wide_table_shows_that_it_scrolls(browser: Any, wide: Path) -> None:
    with opened(browser, wide, viewport={"width": 390, "height": 800}) as page:
        place = page.locator("#files + .scroll")
        place.scroll_into_view_if_needed()
        edge = "place => getComputedStyle(place).backgroundAttachment"
        assert place.evaluate("place => place.scrollWidth > place.clientWidth")
        assert place.evaluate(edge) == "local, local, scroll, scroll"
        page.emulate_media(media="print")
        assert place.evaluate("place => getComputedStyle(place).backgroundImage") == "none"


def test_a_narrow_page_has_samples_of_batches_above_what_is_said_of_them(browser: Any, report: Path) -> None:
    with opened(browser, report, viewport={"width": 390, "height": 800}) as page:
        above, below = page.evaluate(
            "() => { const seen = document.querySelector('main').appendChild(document.createElement('div'));"
            " seen.className = 'seen'; seen.innerHTML = '<div>figure</div><div class=scroll>table</div>';"
            " return [...seen.children].map(child => child.getBoundingClientRect()); }"
        )
    assert below["top"] >= above["bottom"]
    assert below["left"] == above["left"]


def test_a_reader_hears_the_caption_and_no_ticks(page: Any) -> None:
    charted(page, LOSS)
    figure = page.get_by_role("figure", name="Loss of fault over epochs, training and validation")
    assert figure.count() == 1
    hidden = figure.locator(".chart [aria-hidden=true]")
    assert hidden.locator(".xtick").count() > 0
    focused = "a[href], button, input, [tabindex]:not([tabindex='-1'])"
    assert hidden.locator(focused).count() == 0
    assert all(button.get_attribute("aria-label") for button in figure.locator(focused).all())


def test_without_scripts_there_are_pictures(browser: Any, report: Path) -> None:
    with opened(browser, report, java_script_enabled=False) as page:
        assert page.locator(".drawing > svg").count() == page.locator("figure").count() > 15
        assert page.locator(".chart").count() == 0
        assert drawing(page, LOSS).locator("> svg").is_visible()


def test_without_its_library_there_are_pictures(browser: Any, report: Path, tmp_path: Path) -> None:
    page_text = (report / "report.html").read_text()
    start = page_text.index('id="chart-library">') + len('id="chart-library">')
    (tmp_path / "report.html").write_text(page_text[:start] + page_text[start + 4000 :])
    with opened(browser, tmp_path) as page:
        with page.expect_event("pageerror"):
            drawing(page, LOSS).scroll_into_view_if_needed()
        assert drawing(page, LOSS).locator("> svg").is_visible()
        assert page.locator(".chart").count() == 0


def test_names_are_text_in_a_chart_too(browser: Any, report: Path, tmp_path: Path) -> None:
    name = "<b>%{x} {y}</b></script>"

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [2, 3], label=name)
        axes.set_title(name)

    head, start, rest = (report / "report.html").read_text().partition(f'data-name="{LOSS}">')
    rest = re.sub(
        r'(?<=<script type="application/json">).*?(?=</script>)', lambda _: draw("a", "", paint).series, rest, count=1
    )
    (tmp_path / "report.html").write_text(head + start + rest)
    with opened(browser, tmp_path) as page:
        place = charted(page, LOSS)
        assert place.locator(".legendtext").text_content() == name
        assert place.locator(".annotation-text").text_content() == name
        assert name in point_at(page, place, 0, 2)
