"""A run in a notebook: the numbers of metrics.json, safe, in the colours around it, and with no effect on them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from polyhead.api.running import Run
from polyhead.report.notebook import summary_html, summary_text

from .test_page import HOSTILE, Tags

Change = Callable[[Path, str], AbstractContextManager[dict[str, Any]]]

# What JupyterLab's own style sheet says of tables in outputs, by the same selectors.
JUPYTER = """
body { background: %s; color: %s; font-family: sans-serif; }
.jp-RenderedHTMLCommon table { table-layout: fixed; margin-left: auto; border: 1px solid red; font-size: 30px; }
.jp-RenderedHTMLCommon :is(td, th) { text-align: right; padding: 3em; max-width: 20px; }
.jp-RenderedHTMLCommon tbody tr:nth-child(odd) { background: rgb(1, 2, 3); }
.jp-RenderedHTMLCommon :not(pre) > code { background: rgb(1, 2, 3); }
"""


def metrics_of(folder: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    return metrics


def test_it_shows_the_verdict_and_the_numbers_of_metrics_json(bare: Path) -> None:
    metrics = metrics_of(bare)
    shown = summary_html(bare, metrics)
    assert "2 of 4 tasks beat their floor on unseen recordings; <code>life</code> is not" in shown
    primary = [next(score for score in metrics["test"][task].values() if score["primary"]) for task in metrics["test"]]
    found = [float(value) for value in re.findall(r'<data value="(.*?)"', shown)]
    assert found == [score[key] for score in primary for key in ("value", "floor", "skill")]
    assert shown.count("not distinguishable from its floor") == 2  # headline and row
    assert "the horizon fits into 6 recordings" in shown
    assert "[0.881, 0.940]" in shown


def test_it_runs_nothing_loads_nothing_and_keeps_to_itself(bare: Path) -> None:
    shown = summary_html(bare, metrics_of(bare))
    assert Tags(shown).outside() == []
    assert {tag for tag, _ in Tags(shown).seen} & {"html", "body", "head", "meta"} == set()
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    outside = re.sub(r"\{(?:[^{}]|\{[^{}]*\})*\}", "{}", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    assert outside.split() == [".polyhead-run.polyhead-run.polyhead-run", "{}"]


def test_names_are_only_text(bare: Path, change: Change) -> None:
    with change(bare, "metadata") as described:
        described["tasks"][HOSTILE] = described["tasks"].pop("life")
    with change(bare, "data") as data:
        data["split"]["note"] = HOSTILE
    metrics = metrics_of(bare)
    metrics["test"][HOSTILE] = metrics["test"].pop("life")
    metrics["test"][HOSTILE]["r2"] |= {"unit": HOSTILE, "reason": HOSTILE, "floor_predictor": HOSTILE}
    shown = summary_html(bare, metrics)
    assert Tags(shown).outside() == []
    assert shown.count("&lt;script") >= 5


def test_it_links_to_the_page_there_is(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no page yet" in summary_html(bare, metrics_of(bare))
    (bare / "report.html").write_text("")
    assert f'href="{(bare / "report.html").resolve().as_uri()}"' in summary_html(bare, metrics_of(bare))
    monkeypatch.chdir(bare.parent)
    assert f'href="{bare.name}/report.html"' in summary_html(bare, metrics_of(bare))


def test_a_folder_that_is_gone_leaves_the_scores(bare: Path) -> None:
    metrics = metrics_of(bare)
    shutil.rmtree(bare)
    shown = summary_html(bare, metrics)
    assert "2 of 4 tasks beat their floor" in shown
    assert "its folder is gone" in shown
    assert "2 of 4 tasks beat their floor" in summary_text(bare, metrics)


def test_a_run_without_scores_says_so(bare: Path) -> None:
    assert "This run is not finished" in summary_html(bare, {})
    assert "This run is not finished" in summary_text(bare, {})


def test_the_text_is_a_table(bare: Path) -> None:
    first, head, *rows = summary_text(bare, metrics_of(bare)).splitlines()
    assert first.startswith(f"Run {bare}: 2 of 4 tasks beat their floor on unseen recordings; life is not")
    assert head.split() == ["task", "metric", "value", "interval", "floor", "skill", "n", "verdict"]
    assert rows[0].split() == ["fault", "macro", "F1", "0.912", "[0.881,", "0.940]", "0.174", "0.894", "1400", *BEATS]
    assert rows[3].index("above its floor") == rows[0].index("beats its floor") == rows[1].index("beats its floor")


BEATS = ["beats", "its", "floor"]


def test_a_notebook_asks_the_run_for_it(bare: Path) -> None:
    run = Run(bare, metrics_of(bare))
    assert run._repr_html_() == summary_html(bare, run.metrics)
    assert repr(run) == summary_text(bare, run.metrics)


def test_ipython_shows_both(bare: Path) -> None:
    formatters = pytest.importorskip("IPython.core.formatters")
    data, _ = formatters.DisplayFormatter().format(Run(bare, metrics_of(bare)))
    assert data["text/html"].startswith('<div class="polyhead-run">')
    assert data["text/plain"].startswith("Run ")


@pytest.mark.parametrize(("paper", "ink"), [("#ffffff", "#111111"), ("#111111", "#dddddd")], ids=["light", "dark"])
def test_in_a_browser_it_takes_the_colours_around_it(bare: Path, paper: str, ink: str) -> None:
    browsers = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no browser here")
    page = f"<!doctype html><style>{JUPYTER % (paper, ink)}</style><div class=jp-RenderedHTMLCommon>"
    page += summary_html(bare, metrics_of(bare)) + "<table class=other><tr><td>x</td></tr></table></div>"
    with browsers.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1200, "height": 500})
        shown.set_content(page)
        found = shown.evaluate(STYLES)
        browser.close()
    assert found["row"] == found["code"] == "rgba(0, 0, 0, 0)"
    assert found["align"] == "left"
    assert found["other"] == "right"
    assert found["ink"] == found["body"]
    assert found["size"] == "13px"
    for colour in ("good", "soft"):
        assert contrast(found[colour], paper) >= 4.5, found[colour]


STYLES = """() => {
  const style = (what) => getComputedStyle(document.querySelector(what));
  return {
    row: style(".polyhead-run tbody tr").backgroundColor, code: style(".polyhead-run code").backgroundColor,
    align: style(".polyhead-run td.line").textAlign, other: style(".other td").textAlign,
    ink: style(".polyhead-run td").color, body: style("body").color, size: style(".polyhead-run table").fontSize,
    good: style(".polyhead-run .beats").color, soft: style(".polyhead-run .even").color,
  };
}"""


def contrast(colour: str, paper: str) -> float:
    """Contrast of a computed colour on paper, by WCAG 2.2."""
    parts = [float(part) for part in re.findall(r"[\d.]+", colour.removeprefix("color(srgb"))]
    rgb = parts[:3] if colour.startswith("color(srgb") else [part / 255 for part in parts[:3]]
    alpha = parts[3] if len(parts) > 3 else 1.0
    under = [int(paper[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    mixed = [alpha * above + (1 - alpha) * below for above, below in zip(rgb, under, strict=True)]
    dark, light = sorted((luminance(mixed), luminance(under)))
    return (light + 0.05) / (dark + 0.05)


def luminance(rgb: list[float]) -> float:
    """Relative luminance of a colour in sRGB, by WCAG 2.2."""
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
