"""Names of a configuration that must fit each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.errors import InputError

from .cases import BEARINGS

METRICS = {
    "classification": ["macro_f1", "accuracy"],
    "binary": ["auroc", "f1"],
    "regression": ["r2", "mae", "rmse"],
    "forecast": ["r2", "mae"],
    "masked": ["r2", "mae"],
}


def load(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "b.yaml"
    assert before in BEARINGS
    path.write_text(BEARINGS.replace(before, after))
    load_experiment(path, metrics_of=METRICS.__getitem__)


MONITOR = "monitor: val/skill"
REFUSED = [
    (MONITOR, "monitor: test/skill", 17, "what is chosen by test is a validation set; write val/skill"),
    (MONITOR, "monitor: test/rul/mae", 17, "what is chosen by test is a validation set"),
    (MONITOR, "monitor: val/skil", 17, "found 'val/skil'; did you mean val/skill?"),
    (MONITOR, "monitor: vall/loss", 17, "did you mean val/loss?"),
    (MONITOR, "monitor: train/skill", 17, "expected val/skill"),
    (MONITOR, "monitor: skill", 17, "expected val/skill, val/loss"),
    (MONITOR, "monitor: val/rul", 17, "did you mean val/rul/METRIC?"),
    (MONITOR, "monitor: val/rul/mae/x", 17, "expected val/skill"),
    (MONITOR, "monitor: val/rull/mae", 17, "unknown task 'rull'; did you mean rul?"),
    (MONITOR, "monitor: val/rul/mea", 17, "unknown metric of rul 'mea'; did you mean mae?"),
    (MONITOR, "monitor: val/fault/mae", 17, "unknown metric of fault 'mae'"),
    ("{kind: classification, target: fault}", "{kind: classification, target: falt}", 11, "did you mean fault?"),
    ("{kind: binary, target: is_faulty,", "{kind: binary,", 12, "tasks.anomaly.target: unknown target 'anomaly'"),
    (
        "bounds: [0, 1]",
        "metrics: [mae, rsme]",
        13,
        "metrics[1]: unknown metric of kind regression 'rsme'; did you mean",
    ),
    (
        "kind: forecast, input: signal, channels: [drive_end], horizon: 96",
        "kind: masked",
        14,
        "tasks.next: masked hides samples of the window, so that fault, anomaly, rul would see the holes; leave it out",
    ),
    ("input: signal", "input: signl", 14, "tasks.next.input: unknown input 'signl'; did you mean signal?"),
    ("  window: ", "  scaling: {singal: none}\n  window: ", 8, "unknown input 'singal'; did you mean signal?"),
    ("  path: data/cwru.npz\n", "", 3, "missing required key data.path, which reader npz reads"),
    (
        "branches: none",
        "branches: {kind: attention, tasks: {falt: {attention: tanh}}}",
        15,
        "model.branches.tasks.falt: unknown task 'falt'; did you mean fault? (valid: fault, anomaly, rul, next)",
    ),
    (
        "{method: floor}",
        "{method: kendall, start: {rull: 2}}",
        16,
        "balance.start.rull: unknown task 'rull'",
    ),
    (
        "{method: floor}",
        "{method: softmax, min_share: 0.25}",
        16,
        "balance.min_share: 0.25 for each of 4 tasks leaves nothing to weigh; write less than 0.25",
    ),
    ("{method: floor}", "{method: kendall, min_share: 0.9}", 16, "write less than 0.25"),
    ("  rul:   ", "  r.l:   ", 13, "task name 'r.l': expected letters, digits, _ and - only"),
    ("  rul:   ", "  r/l:   ", 13, "task name 'r/l'"),
]


@pytest.mark.parametrize(("before", "after", "line", "part"), REFUSED)
def test_refused(tmp_path: Path, before: str, after: str, line: int, part: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, before, after)
    assert caught.value.where == f"{tmp_path / 'b.yaml'}:{line}"
    assert part in caught.value.line


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MONITOR, "monitor: val/loss"),
        (MONITOR, "monitor: train/loss"),
        (MONITOR, "monitor: val/rul/mae"),
        (MONITOR, "monitor: train/fault/macro_f1"),
        ("bounds: [0, 1]", "metrics: [mae]"),
        ("  window: ", "  scaling: {signal: none}\n  window: "),
        ("stratify: fault", "stratify: [fault]"),
        ("stratify: fault, ", ""),
        ("  rul:   ", "  rul:   "),
        ("{method: floor}", "{method: kendall, start: {rul: 2, fault: 0.3}, min_share: 0.24}"),
        ("{method: floor}", "{method: softmax, min_share: 0.249}"),
    ],
)
def test_near_misses(tmp_path: Path, before: str, after: str) -> None:
    load(tmp_path, before, after)


def test_the_primary_metric_can_always_be_monitored_and_others_only_where_reported(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BEARINGS.replace("bounds: [0, 1]", "metrics: [mae]"))
    load_experiment(path, ["train.monitor=val/rul/r2"], metrics_of=METRICS.__getitem__)
    with pytest.raises(InputError, match=r"rmse is not among the metrics of rul; add it to tasks.rul.metrics"):
        load_experiment(path, ["train.monitor=val/rul/rmse"], metrics_of=METRICS.__getitem__)


def test_a_disabled_task_cannot_be_monitored_and_needs_no_window(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BEARINGS)
    with pytest.raises(InputError, match=r"task rul is disabled; enabled: fault, anomaly or next"):
        load_experiment(path, ["tasks.rul.enabled=false", "train.monitor=val/rul/r2"])
    load_experiment(path, ["tasks.next.enabled=false", "data.window=null"])


def test_a_share_is_of_the_enabled_tasks_and_the_advice_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BEARINGS)
    three = ["tasks.next.enabled=false", "balance.method=softmax"]
    load_experiment(path, [*three, "balance.min_share=0.332"])
    with pytest.raises(InputError, match=r"0.334 for each of 3 tasks leaves nothing to weigh; write less than 0.333$"):
        load_experiment(path, [*three, "balance.min_share=0.334"])
    load_experiment(path, ["tasks.next.enabled=false", "balance.method=kendall", "balance.start={next: 2}"])


@pytest.mark.parametrize("key", ["inputs", "targets"])
def test_file_readers_need_inputs_and_targets(tmp_path: Path, key: str) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BEARINGS)
    with pytest.raises(InputError, match=rf"missing required key data.{key}: reader npz has none of its own"):
        load_experiment(path, [f"data.{key}={{}}", "data.split.stratify=null"])


def test_a_generator_brings_its_own() -> None:
    values = {
        "name": "x",
        "data": {"reader": "bearings", "split": {"stratify": "fault"}, "scaling": {"signal": "none"}},
        "tasks": {"fault": {"kind": "classification"}},
    }
    load_experiment(values)


def test_without_metrics_of_names_of_metrics_are_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BEARINGS)
    load_experiment(path, ["tasks.rul.metrics=[made_up]", "train.monitor=val/rul/made_up"])
