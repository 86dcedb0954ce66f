"""The arithmetic that the pages work out, by scikit-learn and numpy and by polyhead's own scores."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score

from polyhead.scoring.board import fit_reference, score_task
from polyhead.scoring.prediction import Prediction

from .pages import DOCS

FLOORS = (DOCS / "explanation" / "floors.md").read_text()
POOLED = (DOCS / "explanation" / "pooled.md").read_text()
SAID = " ".join(FLOORS.split())


def _prediction(truth: np.ndarray, pred: np.ndarray) -> Prediction:
    return Prediction(truth=truth, pred=pred, mask=np.ones(len(truth), bool), recording=np.arange(len(truth)))


def test_the_worked_classes_are_right() -> None:
    truth = np.repeat([0, 1, 2], [6, 3, 1])
    pred = np.array([0, 0, 0, 0, 0, 1, 1, 1, 0, 0])
    always = np.zeros(10, dtype=int)
    scores = score_task("classification", _prediction(truth, pred), fit_reference("classification", always, classes=3))
    for name, value, floor, skill in (
        ("macro_f1", f1_score(truth, pred, average="macro"), 0.25, 0.305),
        ("accuracy", accuracy_score(truth, pred), 0.6, 0.25),
    ):
        assert scores[name].value == pytest.approx(value)
        assert scores[name].floor == pytest.approx(floor)
        assert scores[name].skill == pytest.approx(skill, abs=5e-4)
    assert "= **0.479**; floor 0.750 / 3 = **0.250**; skill (0.479 − 0.250) / (1 − 0.250) = **0.305**" in SAID
    assert "7 of 10 = **0.7**; floor 6 of 10 = **0.6**; skill (0.7 − 0.6) / (1 − 0.6) = **0.25**" in SAID
    assert f1_score(truth, pred, average="macro") == pytest.approx(0.479, abs=5e-4)


def test_the_worked_number_is_right() -> None:
    truth, pred = np.array([100.0, 200, 300, 600]), np.array([150.0, 250, 250, 500])
    assert re.findall(r"^\| (\d+) \| (\d+) \| \d+ \| \d+ \|$", FLOORS, flags=re.MULTILINE) == [
        (f"{a:g}", f"{b:g}") for a, b in zip(truth, pred, strict=True)
    ]
    scores = score_task("regression", _prediction(truth, pred), fit_reference("regression", np.array([200.0, 500.0])))
    constant = np.full(4, 350.0)
    assert scores["mae"].value == pytest.approx(mean_absolute_error(truth, pred)) == pytest.approx(62.5)
    assert scores["mae"].floor == pytest.approx(mean_absolute_error(truth, constant)) == pytest.approx(175)
    assert scores["mae"].skill == pytest.approx(0.643, abs=5e-4)
    assert scores["r2"].value == pytest.approx(r2_score(truth, pred)) == pytest.approx(0.875)
    assert scores["r2"].floor == pytest.approx(r2_score(truth, constant)) == pytest.approx(-0.071, abs=5e-4)
    assert scores["r2"].skill == pytest.approx(0.883, abs=5e-4)
    for told in ("**62.5 h**", "**175 h**", "**0.643**", "**0.875**", "**−0.071**", "**0.883**"):
        assert told in FLOORS


def test_the_worked_marks_are_right() -> None:
    truth = (np.arange(10_000) < 721).astype(int)
    floor = float(f1_score(truth, np.ones_like(truth)))
    for told, expected in (("0.1345", floor), ("0.099", (0.22 - floor) / (1 - floor)), ("0.155", floor / (1 - floor))):
        assert float(told) == pytest.approx(expected, abs=5e-4)
        assert f"{told}**" in FLOORS


def test_the_counter_examples_of_averaging_are_right() -> None:
    batches = [([1, 0, 0, 0], [1, 0, 0, 0]), ([1, 1, 1, 1], [0, 0, 0, 1])]
    each = [f1_score(truth, pred) for truth, pred in batches]
    pooled = f1_score(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))
    assert (np.mean(each), pooled) == pytest.approx((0.7, 0.571), abs=5e-4)
    numbers = [([10, 11], [10.5, 10.5]), ([20, 21], [20.5, 20.5])]
    assert [r2_score(*batch) for batch in numbers] == [0, 0]
    assert r2_score(*(np.concatenate(parts) for parts in zip(*numbers, strict=True))) == pytest.approx(0.990, abs=5e-4)
    assert np.sqrt(np.mean([0, 0, 100, 100])) == pytest.approx(7.07, abs=5e-3)
    for told in ("| 0.700 |", "**0.571**", "| 0.000 |", "**0.990**", "7.07"):
        assert told in POOLED


def test_what_a_loss_is_divided_by_is_right() -> None:
    page = " ".join((DOCS / "explanation" / "missing.md").read_text().split())
    known = np.ma.masked_invalid([[2.0, 4, 6], [12, np.nan, np.nan]])
    assert known.mean() == 6
    assert known.mean(axis=1).mean() == 8
    assert "(2 + 4 + 6 + 12) / 4 = 6" in page
    assert "(4 + 12) / 2 = 8" in page


def test_the_figures_of_leakage_are_those_of_the_studies() -> None:
    page = (DOCS / "explanation" / "splits.md").read_text()
    rig = (DOCS / "studies" / "hydraulic.md").read_text()
    for ours, theirs in (("cycles at random", "random"), ("whole blocks of 45 neighbours", "blocks")):
        (row,) = re.findall(rf"^\| {ours} \|(.*)$", page, flags=re.MULTILINE)
        assert f"| {theirs} | network |{row}" in rig
    cwru = (DOCS / "studies" / "cwru.md").read_text()
    (means,) = re.findall(r"^\| new diameter \| mean \|(.*)$", cwru, flags=re.MULTILINE)
    assert means.split()[0] == "0.973"
    assert "0.746 ± 0.010 | 0.478 |" in means
    for told in ("0.973", "0.746", "0.478"):
        assert told in page
