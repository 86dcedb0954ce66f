"""How criteria are read, and which the configuration refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.config.success import Aim, Condition, aim_of, condition_of
from polyhead.errors import InputError

from .cases import BEARINGS, MINIMAL

METRICS = {
    "classification": ["macro_f1", "accuracy"],
    "binary": ["auroc", "f1"],
    "regression": ["r2", "mae", "rmse"],
    "forecast": ["r2", "mae"],
}
JOINT = "joint: {both: {tasks: [fault, anomaly]}}\n"


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("> 0.10", Condition("value", ">", 0.1)),
        (">=0.5", Condition("value", ">=", 0.5)),
        ("  < -1e-3 ", Condition("value", "<", -0.001)),
        ("<= .5", Condition("value", "<=", 0.5)),
        ("improves", Condition("change", ">", 0.0)),
        ("improves >= 20 %", Condition("change", ">=", 0.2)),
        ("improves > 2.5%", Condition("change", ">", 0.025)),
        ("beats floor", Condition("floor")),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    assert condition_of(text) == condition


@pytest.mark.parametrize(
    "text",
    [
        "0.5",
        "= 0.5",
        "== 0.5",
        "> half",
        "> 20 %",
        "improves < 20 %",
        "improves >= 20",
        "improve",
        "beats",
        "",
        "> 1 2",
        3,
    ],
)
def test_what_is_no_condition_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a condition in quotes"):
        condition_of(text)


@pytest.mark.parametrize(
    ("key", "aim"),
    [
        ("span.f1", Aim(None, "span", "f1")),
        ("val.span.f1", Aim("val", "span", "f1")),
        ("val.loss", Aim("val", None, "loss")),
        ("train.skill", Aim("train", None, "skill")),
        ("both", Aim(None, None, "both")),
        ("val.both", Aim("val", None, "both")),
        ("test.f1", Aim(None, "test", "f1")),  # a task may be called so
        ("loss", None),
        ("skill", None),
        ("span", None),
        ("val.span.f1.x", None),
        ("val.", None),
        (".f1", None),
    ],
)
def test_a_key_is_read(key: str, aim: Aim | None) -> None:
    assert aim_of(key, ["both"]) == aim


def load(tmp_path: Path, line: str, *, metrics: bool = True) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(f"{BEARINGS}{JOINT}success:\n  {line}\n")
    load_experiment(path, metrics_of=METRICS.__getitem__ if metrics else None)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (
            'rul.mea: "< 0.1"',
            "success.'rul.mea': unknown metric of rul 'mea'; did you mean mae? (valid: r2, mae, rmse)",
        ),
        ('rull.mae: "< 0.1"', "success: 'rull.mae' names nothing that is scored; did you mean rul.mae?"),
        ('vall.loss: "< 0.1"', "did you mean val.loss?"),
        ('valid.rul.mae: "< 0.1"', "did you mean val.rul.mae?"),
        ('bott: "> 0.1"', "did you mean both?"),
        ('wholly_other: "> 0.1"', "expected TASK.METRIC, SPLIT.TASK.METRIC, SPLIT.loss, SPLIT.skill or the name of"),
        ('test.loss: "< 0.1"', "the total loss of test is not recorded; write val.loss"),
        ("val.loss: beats floor", "val.loss has no floor"),
        ("val.skill: beats floor", 'write val.skill: "> 0"'),
        ("test.rul.mae: improves", "how test.rul.mae changed from the first epoch is not recorded; write val.rul.mae"),
        ("both: improves", "how both changed from the first epoch is not recorded"),
        ("rul.mae: at most 3", "expected a condition in quotes"),
        ("rul.mae: 0.5", "found 0.5"),
        ("rul: {mae: improves}", "expected a condition in quotes"),
    ],
)
def test_refused_with_file_line_and_key(tmp_path: Path, line: str, part: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, line)
    assert caught.value.where == f"{tmp_path / 'b.yaml'}:{len(BEARINGS.splitlines()) + 3}"
    assert part in caught.value.line


@pytest.mark.parametrize(
    "line",
    [
        'rul.mae: "< 0.1"',
        "rul.mae: improves >= 20 %",
        "val.loss: improves >= 20 %",
        "train.loss: improves",
        "test.fault.macro_f1: beats floor",
        "both: beats floor",
        'val.both: "> 0.5"',
        "val.skill: improves",
    ],
)
def test_near_misses(tmp_path: Path, line: str) -> None:
    load(tmp_path, line)


def test_a_metric_that_the_task_does_not_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(f'{BEARINGS.replace("bounds: [0, 1]", "metrics: [mae]")}success: {{rul.rmse: "< 1"}}\n')
    with pytest.raises(InputError, match=r"unknown metric of rul 'rmse'.*valid: r2, mae"):
        load_experiment(path, metrics_of=METRICS.__getitem__)


def test_without_metrics_of_names_of_metrics_are_not_judged(tmp_path: Path) -> None:
    load(tmp_path, 'rul.made_up: "> 1"', metrics=False)


@pytest.mark.parametrize("unused", [None, {}])
def test_there_need_not_be_any(unused: object) -> None:
    assert load_experiment({**MINIMAL, "success": unused}).experiment.success == {}
