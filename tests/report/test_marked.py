"""Spans, pointers and countdowns: what their figures count and choose, and how they stand on a page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import precision_recall_curve

from polyhead.report.account.result import unmarked
from polyhead.report.course import key_numbers
from polyhead.report.figures.boundaries import boundary_panel
from polyhead.report.figures.countdown import bar_median, countdown_panels
from polyhead.report.figures.pointers import pointers_panels
from polyhead.report.figures.precision_recall import all_positive_f1, precision_recall
from polyhead.report.figures.span import boundary_errors, chosen, examples_panel, span_panels, window_f1
from polyhead.report.figures.windows import window_panel
from polyhead.report.page import write_report
from polyhead.report.run import Run, read_run
from polyhead.report.samples import answers

from .folders import score, write_json
from .marked import marked, write_marked

OF_SPAN = ("windows-span", "scores-span", "precision-recall-span", "boundaries-span")
OF_COUNTDOWN = ("along-countdown", "places-countdown", "errors-countdown")


def bits(*rows: str) -> np.ndarray:
    """Windows of marks, written as `..##.`."""
    return np.array([[sign == "#" for sign in row] for row in rows], dtype=np.int64)


def columns(task: str, **parts: np.ndarray) -> pl.DataFrame:
    each = {f"{task}.{part}.{i}": values[:, i] for part, values in parts.items() for i in range(values.shape[1])}
    return pl.DataFrame(each)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of all three kinds with its page; to be read only."""
    made = write_marked(tmp_path_factory.mktemp("marked") / "20260102-030405", windows=12, bars=30)
    write_report(made)
    return made


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return read_run(folder)


def test_the_page_shows_each_kind_once_and_no_bar_on_its_own(folder: Path) -> None:
    page, text = (folder / "report.html").read_text(), (folder / "report.md").read_text()
    drawn = {*OF_SPAN, "scatter-ptr", "boundaries-ptr", *OF_COUNTDOWN}
    assert set(re.findall('data-name="([^"]*)"', page)) == drawn
    assert set(re.findall(r"\(figures/(.*?)\.png\)", text)) == drawn
    assert "12 windows of test" in page
    assert "11 windows of test" in page, "a window without a span has no ends and no countdown"
    assert page.count("<figure") == len(drawn)


def test_the_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    truth, value = rng.random(200) < 0.3, rng.random(200).round(2)
    recall, precision = precision_recall(truth, value)
    theirs, at, _ = precision_recall_curve(truth, value)
    assert recall.tolist() == pytest.approx(at[:-1][::-1].tolist())
    assert precision.tolist() == pytest.approx(theirs[:-1][::-1].tolist())


def test_marking_every_bar_has_the_published_floor() -> None:
    # 318 of 4410 bars in spans: the write-up's best F1 of .187 stands beside .1345.
    assert all_positive_f1(318 / 4410) == pytest.approx(0.1345, abs=5e-5)
    assert all_positive_f1(1.0) == 1.0


def test_ends_are_those_of_the_nearest_span_of_the_window() -> None:
    truth = bits(".##...#.", "..##....", "....##..")
    pred = bits("..##..##", "........", "#..###..")
    # 1-2 beside 2-3: one late at both ends; 6-6 beside 6-7: one late at its end; the second window has no prediction;
    # in the third 4-5 beside 3-5: one early at its front; 0-0 is left over.
    errors, missed = boundary_errors(truth, pred)
    assert sorted(errors.tolist()) == [[-1, 0], [0, 1], [1, 1]]
    assert missed == 1
    errors, missed = boundary_errors(truth, np.zeros_like(truth))
    assert (errors.shape, missed) == ((0, 2), 4)


def test_windows_are_chosen_by_their_f1() -> None:
    truth = bits("##..", "##..", "##..", "....", "##..")
    pred = bits("##..", "#...", "..##", "####", "....")
    value = np.full(truth.shape, 0.5)
    value[0] = 0.45  # further from its truth than windows 1 and 2, .2525 against .25, though all its bars are right
    value[4] = 0.4  # further from its truth than window 2: .26 against .25
    found = window_f1(truth[:3] == 1, pred[:3] == 1)
    assert found.tolist() == pytest.approx([1, 2 / 3, 0])
    # Windows with a span in order: 0 (1), 1 (2/3), then those without a hit, 2 before 4; the middle one of four is 2.
    assert chosen(truth == 1, pred == 1, value) == [0, 2, 4]
    panel = examples_panel("s", truth == 1, pred == 1, value, None)
    assert [axes.get_title(loc="left") for axes in panel.figure.axes] == [
        "the best: F1 1.00",
        "a median one: F1 0.00",
        "the worst: F1 0.00",
    ]
    bands = [band.get_paths()[0].get_extents().intervalx.tolist() for band in panel.figure.axes[0].collections]
    assert bands == [[-0.5, 1.5]] * 2


def nothing() -> Run:
    return Run(Path("nowhere"), "", {}, {}, {}, {}, {})


def test_windows_without_any_span_have_scores_alone() -> None:
    none = np.zeros((3, 5), dtype=np.int64)
    rows = columns("s", truth=none, pred=none, score=np.full((3, 5), 0.1))
    assert [panel.name for panel in span_panels(nothing(), "s", rows)] == ["scores-s"]


def test_errors_far_off_stand_in_the_outer_bars() -> None:
    near = boundary_panel("p", np.array([[0.0, 1.0], [-2.0, 3.0]]), "bars")
    assert "outer" not in near.caption
    assert [line.get_xdata()[0] for line in near.figure.axes[0].lines] == [-3.5, 3.5], "between two whole numbers"
    far = boundary_panel("p", np.array([[0.5, 60.0], [-2.0, 3.0]]), "bars")
    assert "more than 20 bars off stand in the outer bars" in far.caption
    assert [line.get_xdata()[0] for line in far.figure.axes[0].lines] == [-3, 3]
    heights = [bar.get_height() for bar in far.figure.axes[0].containers[1].patches]
    assert (heights[-1], sum(heights)) == (0.5, 1.0)


def test_both_ends_of_pointers_are_told_apart() -> None:
    truth = np.array([[10.0, 12.0], [50.0, 59.0]])
    panels = pointers_panels(nothing(), "p", columns("p", truth=truth, pred=truth + np.array([1, 2])))
    assert [panel.name for panel in panels] == ["scatter-p", "boundaries-p"]
    first, last = (points.get_offsets().tolist() for points in panels[0].figure.axes[0].collections)
    assert first == [[10, 11], [50, 51]]
    assert last == [[12, 14], [59, 61]]
    assert pointers_panels(nothing(), "p", columns("p", truth=truth[:, :1], pred=truth[:, :1])) == []


def test_a_countdown_stands_beside_what_its_bar_says_by_itself(tmp_path: Path) -> None:
    """Training windows count 2 1 0, 4 1 0 and 6 1 -1: medians 4, 1, 0."""
    learned = np.array([[2.0, 1, 0], [4, 1, 0], [6, 1, -1]])
    (tmp_path / "predictions").mkdir()
    known = columns("c", truth=learned).with_columns(pl.lit(value=True).alias("c.mask"))
    lost = known[:1].with_columns(pl.lit(value=False).alias("c.mask"), pl.lit(99.0).alias("c.truth.0"))
    pl.concat([known, lost]).write_parquet(tmp_path / "predictions" / "train.parquet")
    truth = np.array([[2.0, 1, 0], [8, 7, 6]])
    run = replace(nothing(), path=tmp_path)
    assert bar_median(run, "c", truth) == (pytest.approx([4, 1, 0]), "training windows")
    assert bar_median(nothing(), "c", truth) == (pytest.approx([5, 4, 3]), "these windows")
    assert bar_median(run, "c", truth[:, :2])[1] == "these windows", "of another length"
    errors, places, along = countdown_panels(run, "c", columns("c", truth=truth, pred=truth - 1))
    curves = {line.get_label(): line.get_ydata().tolist() for line in errors.figure.axes[0].lines}
    # The median is off by 2 and 4, by 0 and 6, by 0 and 6: a mean of 3 at each place.
    assert curves == {"prediction, 1.000": [1, 1, 1], "median of the place, 3.000": [3, 3, 3]}
    assert places.figure.axes[0].lines[0].get_ydata().tolist() == [4, 3, 2]
    middle = along.figure.axes[0].lines[0]
    assert middle.get_xdata().tolist() == [0, 1, 2, 6, 7, 8]
    assert middle.get_ydata().tolist() == [-1, 0, 1, 5, 6, 7]


def test_a_head_that_marks_nothing_is_said_to(tmp_path: Path, run: Run) -> None:
    assert list(unmarked(run)) == []
    silent = write_marked(tmp_path / "run", windows=4, bars=30, skill=0.0)
    rows = marked(4, 30, 0.0, 1)
    count = int(rows.select(pl.sum_horizontal(pl.selectors.starts_with("span.truth"))).sum().item())
    (found,) = unmarked(read_run(silent))
    assert found.sentence == f"`span` marks no sample on test: {count} of 120 samples are marked there."
    assert not found.right


def test_spans_are_followed_by_more_than_one_number(tmp_path: Path) -> None:
    (tmp_path / "trace").mkdir()
    table = "epoch,train_loss,val_loss,span_f1,span_precision,span_separation\n1,2,18,0,0,-0.0008\n2,1,11,0,0,0.0036\n"
    (tmp_path / "trace" / "epoch_metrics.csv").write_text(table)
    (tmp_path / "config.yaml").write_text("name: x\n")
    write_json(tmp_path, "metadata", {"tasks": {"span": {"kind": "span", "primary": "f1"}}})
    write_json(tmp_path, "state", {"best": {"epoch": 2}})
    scores = {"f1": score(0.0, 0.1345, primary=True), "precision": score(0.0, 0.0721), "separation": score(0.0036, 0.0)}
    write_json(tmp_path, "metrics", {"val": {"span": scores}})
    made = key_numbers(read_run(tmp_path))
    assert made is not None
    cells = {row.label: [cell.text for cell in row.cells] for row in made.rows}
    assert cells["span: separation"] == ["−0.00080", "0.00360", "0.00440", "–", "0.00000"]
    assert [label for label in cells if label.startswith("span")] == ["span: F1", "span: precision", "span: separation"]


def test_sampled_windows_show_the_span_that_was_meant(run: Run) -> None:
    marks = bits("..##......", "..........")
    arrays = {
        "epoch": np.array(1),
        "recording": np.array(["a", "b"]),
        "signal": np.zeros((2, 1, 10), np.float32),
        "signal.names": np.array(["signal.close"]),
        "signal.offset": np.zeros((2, 1)),
        "signal.scale": np.ones((2, 1)),
        "span.mask": np.array([True, False]),
        "span.truth": marks,
        "span.score": np.where(marks == 1, 0.9, 0.25),
        "countdown.mask": np.array([True, False]),
        "countdown.truth": np.zeros((2, 10)),
        "countdown.pred": np.full((2, 10), 3.0),
    }
    panel = window_panel(run, arrays)
    assert panel is not None
    first, second = panel.figure.axes
    assert [band.get_paths()[0].get_extents().intervalx.tolist() for band in first.collections] == [[1.5, 3.5]]
    assert not second.collections, "its truth is not known"
    assert "span: score" in [line.get_label() for line in second.lines]
    rows = answers(run, arrays).rows
    assert rows[0][2:] == ["2–3 → 0.90 at 2", "MAE 3.000"]
    assert rows[1][2:] == ["– → 0.25 at 0", "–"]


def test_hidden_samples_are_drawn_where_they_are_hidden(run: Run) -> None:
    truth = np.full((1, 1, 10), np.nan)
    truth[0, 0, [2, 7]] = 4.0, 6.0
    arrays = {
        "epoch": np.array(1),
        "recording": np.array(["a"]),
        "signal": np.zeros((1, 1, 10), np.float32),
        "signal.names": np.array(["signal.close"]),
        "signal.offset": np.full((1, 1), 2.0),
        "signal.scale": np.full((1, 1), 2.0),
        "m.mask": np.array([True]),
        "m.truth": truth,
        "m.pred": np.full((1, 1, 10), 3.0),
    }
    tasks = {"m": {"kind": "masked"}}
    said = {"configuration": {"tasks": {"m": {"input": "signal"}}}, "tasks": tasks}
    panel = window_panel(replace(run, metadata=said, data={}, metrics={}), arrays)
    assert panel is not None
    drawn = panel.figure.axes[0].lines
    lines = {line.get_label(): (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in drawn}
    assert lines["m: truth"] == ([2, 7], [1, 2])
    assert lines["m: predicted"] == ([2, 7], [0.5, 0.5])
