"""What compare prints: everything, in order, and within 80 columns for three runs."""

from __future__ import annotations

from typing import Any

import pytest
from rich import console

from polyhead.cli.comparison import comparison_lines


def score(value: float, **more: Any) -> dict[str, Any]:
    fixed = {"split": "test", "metric": "macro_f1", "unit": "", "direction": "higher", "reason": None, "n": 100}
    told = {"interval": [value - 0.05, value + 0.05], "floor": 0.1712, "floor_predictor": "majority", "skill": 0.5}
    return {"value": value} | fixed | told | {"difference": None, "best": False} | more


def difference(value: float, interval: list[float] | None, reason: str | None = None) -> dict[str, Any]:
    return {"from": "A", "value": value, "interval": interval, "reason": reason}


def described(name: str, **more: Any) -> dict[str, Any]:
    course = {"epochs": 12, "of_epochs": 50, "best_epoch": 9, "stopped_by": "early_stopping", "seconds": 75.0}
    told = {"run": f"runs/{name}/1", "name": name, "stamp": "20260102-030405", "status": "finished", "split": "test"}
    rest = {"seed": 1, "parameters": 51782, "folds": 0, "hypothesis": "", "notes": "", "tags": []}
    return told | course | rest | more


RESULT: dict[str, Any] = {
    "runs": {
        "A": described("plain"),
        "B": described("faster", hypothesis="a higher rate\nhelps"),
        "C": described("third", tags=["x", "y"]),
    },
    "differences": {"train.lr": {"A": 0.001, "B": 0.01, "C": 0.001}, "balance.form": {"C": "log_var"}},
    "cautions": [{"weight": "weak", "text": "`fault` has no score in D.", "task": "fault"}],
    "tasks": {
        "fault": {
            "A": score(0.8123),
            "B": score(0.9123, difference=difference(0.1, [0.0512, 0.1512]), best=True),
            "C": score(0.8223, difference=difference(0.01, [-0.0412, 0.0512])),
        },
        "life": {
            "A": score(-0.1234, metric="r2"),
            "B": score(-0.1034, metric="r2", difference=difference(0.02, None, "no interval: fewer than 8 recordings")),
            "C": None,
        },
    },
    "repetitions": [
        {
            "runs": ["A", "C"],
            "seeds": [1, 2],
            "tasks": {
                "fault": {"metric": "macro_f1", "unit": "", "n": 2}
                | {part: {"mean": 0.6123, "sd": 0.0312} for part in ("value", "skill")}
            },
        }
    ],
}


def test_everything_in_order_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    comparison_lines(RESULT)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, lines)) <= 80
    wanted = [
        "A  plain 20260102-030405  runs/plain/1",
        "Ahead of any other by more than chance: B in fault; in the other task no run is.",
        "with care: fault has no score in D.",
        "train.lr      0.001  0.01  0.001",
        "balance.form  –      –     log_var",
        "fault      A   0.812   [0.762, 0.862]    0.171  0.50",
        " macro F1  B*  0.912   [0.862, 0.962]    0.171  0.50   +0.100 [0.051, 0.151]",
        "           C   0.822   [0.772, 0.872]    0.171  0.50   +0.010 [−0.041, 0.051]",
        "no pairs or no interval in B: no interval: fewer than 8 recordings",
        "A, C: one configuration, seeds 1, 2",
        "fault  macro F1  0.612 ± 0.031  0.612 ± 0.031  2",
        "stopped by  stopped early  stopped early  stopped early",
        "B  hypothesis: a higher rate helps",
        "C  tags: x, y",
    ]
    assert [line for line in lines if line in wanted] == wanted


def test_equal_configurations_and_no_scores(capsys: pytest.CaptureFixture[str]) -> None:
    comparison_lines(RESULT | {"differences": {}, "tasks": {}, "repetitions": [], "cautions": []})
    out = capsys.readouterr().out
    assert "The configurations are the same, defaults filled in." in out
    assert "\nTasks" not in out
    assert "\x1b" not in out


def test_long_keys_are_broken_at_dots_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three runs in a terminal of 80 columns, where long values leave the keys little room."""
    wide = console.Console
    monkeypatch.setattr(console, "Console", lambda **options: wide(**options | {"width": 80}))
    values = {run: ["overheated", "blocked", "worn", "missing", "unknown"] for run in "ABC"}
    keys = ["data.targets.Zustand.missing", "tasks.remaining_life_of_bearing.balance.form"]
    comparison_lines(RESULT | {"differences": dict.fromkeys(keys, values)})
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    table = out[out.index("What differs") : out.index("Tasks")]
    first = [line.split()[0] for line in table.splitlines()[2:] if line[:1].strip()]
    assert first == ["data.targets.Zustand.missing", "tasks.", "remaining_life_of_bearing.", "balance.form"]
    assert table.count('["overheated",') == 6
