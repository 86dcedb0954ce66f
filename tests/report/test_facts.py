"""What stands in the head of a page about how tasks were balanced and what was left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyhead.report.facts import facts, words
from polyhead.report.run import Run


def told(balance: dict[str, Any] | None = None, **state: Any) -> dict[str, str]:
    configuration = {"balance": balance} if balance else {}
    return dict(facts(Run(Path(), "", {}, state, {"configuration": configuration}, {}, {})))


@pytest.mark.parametrize(
    ("balance", "share", "text"),
    [
        ({"method": "floor"}, 0.0, "floor, 0.0 % of the time of the steps"),
        ({"method": "gls", "form": "log"}, None, "gls"),
        ({"method": "nash", "at": "features", "every": 1}, 0.034, "nash at features, 3.4 % of the time of the steps"),
        ({"method": "upgrad", "at": "block", "every": 4}, None, "upgrad at block every 4 steps"),
    ],
)
def test_balance(balance, share, text):
    assert told(balance, balance_share=share)["balance"] == text


def test_a_folder_of_another_program_says_nothing_of_it():
    assert not {"balance", "left out", "processes"} & set(told())


def test_steps_that_were_left_out_and_processes():
    found = told(left_out=3, step=40, processes=2)
    assert found["left out"] == "3 of 40 steps, whose loss or gradient was not finite"
    assert found["processes"] == "2"
    assert not {"left out", "processes"} & set(told(left_out=0, step=40, processes=1))


def test_the_words_of_a_configuration():
    config = "name: x\nnotes: |\n  first\n  second\nhypothesis: ''\ntags: [a, 2024]\n"
    run = Run(Path(), config, {}, {}, {}, {}, {})
    assert words(run) == [("notes", "first\nsecond"), ("tags", "a, 2024")]
    assert words(Run(Path(), "name: x\nnotes:\ntags: []\n", {}, {}, {}, {}, {})) == []
