"""A run of several folds: judged as one, each fold beside the whole, and nothing claimed that only one fold has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from polyhead.report.folds import fold_notes, fold_table, fold_tables
from polyhead.report.page import write_report
from polyhead.report.run import read_run
from polyhead.report.verdict import give_verdict, place

from .folders import write_folded


def test_the_verdict_is_that_of_the_pooled_folds(folded: Path) -> None:
    verdict = give_verdict(read_run(folded))
    assert verdict is not None
    assert (
        verdict.headline
        == "All 2 tasks beat their floor on each `load` that training had never seen, pooled over 3 folds."
    )
    assert verdict.caveats == []


def test_the_page_links_every_fold_and_draws_the_pooled_predictions(folded: Path) -> None:
    page, text = (folded / "report.html").read_text(), (folded / "report.md").read_text()
    for number in (1, 2, 3):
        link = f"folds/{number:02d}/report.html"
        assert f'href="{link}"' in page
        assert f"]({link})" in text
        assert (folded / link).is_file()
    assert re.findall(r"<h2 id=.*?>(.*?)</h2>", page) == [
        *("Tasks on test", "What went wrong", "What went right", "Folds", "Predictions against truth, test"),
        *("Network", "Data and split", "Files of this run", "Configuration", "How to reproduce"),
    ]
    assert "All 3 folds are trained." in page
    drawn = {path.stem for path in (folded / "figures").iterdir()}
    assert {"confusion-wear", "steps-off-wear", "scatter-load", "residuals-load", "intervals-load"} <= drawn
    assert "3 min 0 s" in page


def test_each_fold_has_its_own_floor_and_the_pooled_score_is_no_mean(folded: Path) -> None:
    wear, load = fold_tables(read_run(folded), "test")
    assert (wear.title, load.title) == ("wear by fold: macro F1", "load by fold: R²")
    assert [(row.label, row.score.value.raw, row.score.floor.raw, row.page) for row in wear.rows] == [
        ("0", "0.71", "0.25", "folds/01/report.html"),
        ("1", "0.64", "0.25", "folds/02/report.html"),
        ("3", "0.18", "0.25", "folds/03/report.html"),
        ("pooled", "0.5271", "0.2031", ""),
    ]


def test_a_pooled_value_outside_all_folds_is_explained(tmp_path: Path) -> None:
    folder = write_folded(tmp_path / "run")
    assert fold_notes(read_run(folder), "test") == [], "0.5271 lies between 0.18 and 0.71"
    path = folder / "metrics.json"
    path.write_text(path.read_text().replace("0.5271", "0.75").replace('"macro_f1"', '"auroc"'))
    for number in (1, 2, 3):
        fold = folder / "folds" / f"{number:02d}" / "metrics.json"
        fold.write_text(fold.read_text().replace('"macro_f1"', '"auroc"'))
    (note,) = fold_notes(read_run(folder), "test")
    assert note.startswith("`wear`: pooled AUROC 0.750 lies above every fold (0.180 to 0.710): the scores of different")
    assert note[:60].replace("`", "<code>", 1).replace("`", "</code>", 1) in write_report(folder).read_text()


def test_sizes_are_those_of_each_fold(folded: Path) -> None:
    table = fold_table(read_run(folded))
    assert table is not None
    assert [(row.label, row.cells[0].text, row.cells[-1].text) for row in table.rows] == [
        ("0", "1400", "1"),
        ("1", "1400", "2"),
        ("3", "1400", "3"),
    ]


def test_the_whole_says_nothing_that_only_one_fold_has(folded: Path) -> None:
    run = read_run(folded)
    assert run.data["fingerprint"] == {"data": "sha256:" + "3f" * 32}
    assert "profile" not in run.data["inputs"]["signal"]
    assert run.target("wear") == {"kind": "ordinal", "unit": "", "classes": ["new", "worn", "bad", "broken"]}
    assert read_run(folded / "folds" / "01").target("wear")["counts"]


def test_one_fold_is_said_not_to_be_the_result(folded: Path) -> None:
    run = read_run(folded / "folds" / "03")
    verdict = give_verdict(run)
    assert verdict is not None
    assert "one fold of several" in verdict.caveats[0]
    assert run.stamp == "20260102-030405, fold 03"


@pytest.mark.parametrize(
    ("asked", "shared", "words"),
    [
        ("5", 0, "on unseen recordings, pooled over 3 folds"),
        ("leave-one-load-out", 0, "on each `load` that training had never seen, pooled over 3 folds"),
        ("leave-one-load-out", 4, "on windows of recordings that were also trained on, pooled over 3 folds"),
    ],
)
def test_where_the_judged_windows_come_from(tmp_path: Path, asked: str, shared: int, words: str) -> None:
    folder = write_folded(tmp_path / "run")
    for path in (folder / "config.yaml", folder / "folds" / "02" / "data.json"):
        text = path.read_text().replace("leave-one-load-out", asked)
        path.write_text(text.replace('"shared_recordings": 0', f'"shared_recordings": {shared}'))
    assert place(read_run(folder), "test") == words


def test_folds_that_are_not_all_done_are_not_judged(tmp_path: Path) -> None:
    folder = write_folded(tmp_path / "run")
    (folder / "metrics.json").unlink()
    (folder / "predictions" / "test.parquet").unlink()
    state = folder / "folds" / "03" / "state.json"
    state.write_text(state.read_text().replace("finished", "interrupted"))
    (folder / "folds" / "03" / "metrics.json").unlink()
    page = write_report(folder).read_text()
    assert "2 of the 3 folds begun are finished" in page
    assert "The folds are pooled and judged as one when all of them are finished." in page
    assert ">pooled<" not in page
    assert "there is no score of it on test" in page


def test_the_hundredth_fold_comes_last(tmp_path: Path) -> None:
    for number in (100, 99, 11):
        (tmp_path / "folds" / str(number)).mkdir(parents=True)
        (tmp_path / "folds" / str(number) / "config.yaml").write_text("name: x\n")
    (tmp_path / "config.yaml").write_text("name: x\n")
    assert read_run(tmp_path).fold_names == ["11", "99", "100"]
