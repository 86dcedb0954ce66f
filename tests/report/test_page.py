"""The page: complete, self-contained, safe, and honest about what is not there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from polyhead.report.page import write_report

from .folders import write_json

Change = Callable[[Path, str], AbstractContextManager[dict[str, Any]]]
HOSTILE = '<script src="https://evil.example/x.js">alert("`$|")</script>'
SECTIONS = ["Tasks on test", "What went wrong", "What went right", "From the first epoch to the judged one"]
SECTIONS += ["Learning curves", "Who moved the backbone", "Predictions against truth, test", "Network"]
SECTIONS += ["Data and split", "Files of this run", "Configuration", "How to reproduce", "Environment"]


class Tags(HTMLParser):
    """Tags of a page with their attributes, as a browser sees them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a tag."""
        self.seen.append((tag, dict(attrs)))

    def outside(self) -> list[str]:
        """What a browser would load or run from elsewhere; a script of the page's own names no source."""
        wanted = {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}
        loads = [(tag, attrs[name] or "") for tag, attrs in self.seen for name in wanted & set(attrs)]
        forbidden = [tag for tag, _ in self.seen if tag in ("link", "iframe", "object", "embed", "base")]
        return forbidden + [f"{tag} {value[:60]}" for tag, value in loads if not value.startswith(("#", "data:image/"))]


def test_the_check_for_outside_resources_can_fail() -> None:
    assert Tags('<img src="//x/y.png">').outside() == ["img //x/y.png"]
    assert Tags('<svg><use xlink:href="http://x"/></svg><base href="#">').outside() == ["base", "use http://x"]
    assert Tags('<script src="x.js"></script><script>1</script>').outside() == ["script x.js"]
    assert Tags('<svg><use xlink:href="#a"/></svg>').outside() == []


def test_the_page_needs_nothing_else_and_is_small(report: Path) -> None:
    page = (report / "report.html").read_text()
    assert Tags(page).outside() == []
    style = " ".join(re.findall(r"<style.*?</style>", page, re.DOTALL))
    assert "@import" not in style
    assert not re.search(r"url\((?!#)", page)
    assert len(page.encode()) < 5_000_000


def test_the_page_shows_everything_in_order(report: Path) -> None:
    page = (report / "report.html").read_text()
    assert re.findall(r"<h2 id=.*?>(.*?)</h2>", page) == SECTIONS
    assert '<p class="verdict">2 of 4 tasks beat their floor on unseen recordings; <code>life</code> is not' in page
    assert page.count("<figure") == 8 + 3 + 9
    for text in (
        "sha256:3f3f",
        "polyhead train bearings.yaml seed=7",
        "torch==2.13.0",
        "# comments stay",
        "51\u202f782",
    ):
        assert text in page


def test_ids_are_unique(report: Path) -> None:
    ids = [attrs["id"] for _, attrs in Tags((report / "report.html").read_text()).seen if "id" in attrs]
    assert len(ids) == len(set(ids)) > 100


def test_every_number_of_the_first_table_stands_in_metrics_json(report: Path) -> None:
    page = (report / "report.html").read_text()
    table = page[page.index('<table class="wide cards">') : page.index("</table>")]
    shown = [float(value) for value in re.findall(r'<data value="(.*?)"', table)]
    scores = json.loads((report / "metrics.json").read_text())["test"]
    primary = [next(score for score in scores[task].values() if score["primary"]) for task in scores]
    assert shown == [score[key] for score in primary for key in ("value", "floor", "skill")]


def test_the_figures_lie_in_the_folder_and_the_markdown_shows_them(report: Path) -> None:
    text = (report / "report.md").read_text()
    linked = set(re.findall(r"\(figures/(.*?)\)", text))
    assert linked == {path.name for path in (report / "figures").iterdir()}
    assert len(linked) == 20
    assert text.startswith("# bearings\n\n**2 of 4 tasks beat")
    assert "| life | MAPE | – |  | – |  | – | 1120 |  | 15 truths are 0 |" in text.replace("regression | ", "")


def test_nothing_is_left_half_written(report: Path) -> None:
    assert {path.name for path in report.iterdir() if path.is_file()} == {
        *("config.yaml", "environment.json", "state.json", "metadata.json", "data.json", "metrics.json"),
        *("report.html", "report.md"),
    }


def test_hostile_names_are_only_text(bare: Path, change: Change) -> None:
    for name in ("metadata", "data", "metrics", "environment"):
        path = bare / f"{name}.json"
        path.write_text(
            path.read_text().replace('"life"', json.dumps(HOSTILE)).replace('"normal"', json.dumps(HOSTILE))
        )
    (bare / "config.yaml").write_text(f"name: '{HOSTILE}'\nnotes: </pre>{HOSTILE}\n```\n")
    with change(bare, "data") as data:
        data["split"]["note"] = HOSTILE
    with change(bare, "environment") as made:
        made["command"] = HOSTILE
    with change(bare, "metrics") as metrics:
        metrics["test"][HOSTILE]["r2"] |= {
            "reason": HOSTILE,
            "floor_predictor": HOSTILE,
            "unit": HOSTILE,
            "skill": None,
        }
        metrics["success"] = {HOSTILE: {"asked": HOSTILE, "outcome": "fail", "split": HOSTILE, "reason": HOSTILE}}
    (bare / HOSTILE.replace("/", "_")).write_text("a file of that name")
    known = {f"{HOSTILE}.truth": [0.1, 0.2], f"{HOSTILE}.pred": [0.1, 0.3], f"{HOSTILE}.mask": [True, True]}
    (bare / "predictions").mkdir()
    pl.DataFrame(known).write_parquet(bare / "predictions" / "test.parquet")
    page = write_report(bare).read_text()
    assert Tags(page).outside() == []
    assert page.count("&lt;script") > 10
    safe = "script-src-https-evil-example-x-js-alert-script.png"
    assert {path.name for path in (bare / "figures").iterdir()} == {f"scatter-{safe}", f"residuals-{safe}"}
    outside_code = re.sub(r"`[^`\n]*`", "", (bare / "report.md").read_text().partition("## Configuration")[0])
    assert not re.search(r"(?<!\\)<script", outside_code)


def test_shares_and_rates_have_three_digits(bare: Path, change: Change) -> None:
    with change(bare, "data") as data:
        data["windows"] |= {"length": 105, "stride": 52, "overlap": 1 - 52 / 105}
        data["sampling_hz"] = 1 / 60
    page = write_report(bare).read_text()
    assert "stride 52, horizon 48, overlap 0.505." in page
    assert "A sample every 1 min." in page
    assert "A sample every 1 min." in (bare / "report.md").read_text()
    prose = re.sub(r"<(script|style|svg|pre)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert re.findall(r"\d\.\d{7,}", prose) == []


def test_the_note_of_the_split_is_shown_first(bare: Path, change: Change) -> None:
    assert 'role="note"' not in write_report(bare).read_text()
    with change(bare, "data") as data:
        data["split"] |= {"by": "window", "shared_recordings": 34, "note": "Overlapping windows stand on both sides."}
    page = write_report(bare).read_text()
    assert page.index("Overlapping windows stand") < page.index(">Tasks on test</h2>")
    assert "34 recordings stand on both sides of the split" in page
    assert "unseen" not in page.partition("<main>")[0]


def test_a_run_that_is_not_finished_says_so(run_folder: Path, change: Change) -> None:
    (run_folder / "metrics.json").unlink()
    shutil.rmtree(run_folder / "predictions")
    with change(run_folder, "state") as state:
        state |= {"status": "interrupted", "epoch": 17}
    page = write_report(run_folder).read_text()
    assert "This run is not finished (status interrupted, epoch 17 of 50)" in page
    assert re.findall(r"<h2 id=.*?>(.*?)</h2>", page) == [s for s in SECTIONS if "test" not in s]
    assert page.count("<figure") == 8 + 3
    assert "--resume" in page
    assert "its floor" not in page.partition("<body>")[2].partition("<main>")[0]


@pytest.mark.parametrize("name", ["config.yaml", "environment.json", "state.json", "metadata.json", "data.json"])
def test_a_missing_file_leaves_the_verdict(bare: Path, name: str) -> None:
    (bare / name).unlink()
    page = write_report(bare).read_text()
    assert "2 of 4 tasks beat their floor" in page
    assert (f"{name} is not in the folder" in page) == (name in ("config.yaml", "data.json"))


def test_a_configuration_alone_makes_a_page(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: early\n")
    page = write_report(tmp_path).read_text()
    assert "This run is not finished: it has no scores" in page
    assert "There is no trace of steps" in page


def test_a_task_whose_truth_is_never_known(run_folder: Path) -> None:
    path = run_folder / "predictions" / "test.parquet"
    shutil.rmtree(run_folder / "trace")
    pl.read_parquet(path).with_columns(pl.lit(value=False).alias("life.mask")).write_parquet(path)
    assert "Its truth is not known for any window of test." in write_report(run_folder).read_text()


def test_the_report_loads_neither_torch_nor_pyplot(report: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(report, tmp_path / "run")
    code = (
        "import sys, pathlib; from polyhead.report.page import write_report; early = set(sys.modules);"
        "write_report(pathlib.Path(sys.argv[1])); late = set(sys.modules);"
        "print(sorted({'matplotlib', 'jinja2'} & early), sorted({'torch', 'matplotlib.pyplot', 'matplotlib'} & late))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    # matplotlib itself is there in the end, which shows that the look-up can find something.
    assert done.stdout.split("\n")[0] == "[] ['matplotlib']"


def test_notes_hypothesis_and_tags_stand_in_the_head(bare: Path) -> None:
    config = (bare / "config.yaml").read_text()
    said = f"notes: '{HOSTILE}'\nhypothesis: heads help each other\ntags: [bench, *]\n".replace("*", "two words")
    (bare / "config.yaml").write_text(said + re.sub("notes: .*\n", "", config))
    page = write_report(bare).read_text()
    head = page[page.index("<header>") : page.index("</header>")]
    assert "<dt>notes</dt><dd>&lt;script src=" in head
    assert "<dt>hypothesis</dt><dd>heads help each other</dd>" in head
    assert "<dt>tags</dt><dd>bench, two words</dd>" in head
    text = (bare / "report.md").read_text()
    assert "- hypothesis: heads help each other\n- tags: bench, two words\n" in text
    assert "- notes: \\<script" in text
    (bare / "config.yaml").write_text(re.sub("notes: .*\n", "", config))
    page = write_report(bare).read_text()
    assert not re.search("<dt>(notes|hypothesis|tags)</dt>", page)


def test_figures_of_names_that_collide_stay_apart(tmp_path: Path) -> None:
    """A task `pose` with an output `x` beside a task `pose-x`."""
    truth = [0.1 * window for window in range(40)]
    columns = {"pose.truth.0": truth, "pose.pred.0": truth, "pose-x.truth": truth, "pose-x.pred": truth[::-1]}
    known = {f"{task}.mask": [True] * 40 for task in ("pose", "pose-x")}
    (tmp_path / "predictions").mkdir()
    pl.DataFrame(columns | known).write_parquet(tmp_path / "predictions" / "test.parquet")
    targets = {"pose": {"kind": "regression", "outputs": ["x"]}, "pose-x": {"kind": "regression"}}
    (tmp_path / "config.yaml").write_text("name: x\n")
    for name, content in {
        "state": {"status": "finished"},
        "metadata": {"tasks": {task: {"kind": "regression"} for task in targets}},
        "data": {"targets": targets},
        "metrics": {"test": {task: {} for task in targets}},
    }.items():
        write_json(tmp_path, name, content)
    page = write_report(tmp_path).read_text()
    named = re.findall('data-name="([^"]*)"', page)
    assert "scatter-pose-x" in named
    assert "scatter-pose-x-2" in named
    assert sorted(f"{name}.png" for name in named) == sorted(path.name for path in (tmp_path / "figures").iterdir())
    ids = [attrs["id"] for _, attrs in Tags(page).seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+\.[^")]+)', page))
    assert used <= set(ids)
    first, second = ((tmp_path / "figures" / f"scatter-pose-x{end}.png").read_bytes() for end in ("", "-2"))
    assert first != second
