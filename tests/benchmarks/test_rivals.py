"""Other packages' detectors beside polyhead's: what they hear, and that they change nothing. None need be installed."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from torch import nn

from polyhead.diagnosis.catalogue import GROUPS

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def at_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The benchmarks' modules, for one test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in {one for one in sys.modules if one.partition(".")[0] == "faults"} - before:
        del sys.modules[name]


class Ear:
    """A detector that notes what it is shown."""

    name = "ear"

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.model: nn.Module | None = None

    def begin(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model = model
        self.given = {id(one) for group in optimizer.param_groups for one in group["params"]}

    def step(self, loss: float) -> None:
        self.losses.append(loss)

    def end(self) -> dict[str, bool]:
        return {"heard": True}


def short(seed: int = 0) -> Any:
    from faults.recipes import drawn

    recipe = drawn("heading", seed)
    recipe.keep(recipe.recording < 20)
    recipe.put(train__epochs=2)
    return recipe


def test_a_watch_sees_every_step_of_a_training_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    from faults.running import trained
    from faults.watching import watching

    ear = Ear()
    with watching([ear]) as said:
        trained(short(), tmp_path / "watched")
    trained(short(), tmp_path / "alone")

    steps = pl.read_parquet(tmp_path / "watched" / "run" / "trace" / "steps" / "*.parquet").sort("step")
    assert ear.losses == pytest.approx(steps["total_loss"].to_list(), rel=1e-6)  # recorded in float64, heard in float32
    assert ear.model is not None
    assert {id(one) for one in ear.model.parameters()} <= ear.given
    assert said == {"ear": {"heard": True}}
    scores = [(tmp_path / name / "run" / "metrics.json").read_text() for name in ("watched", "alone")]
    assert scores[0] == scores[1]


def test_a_watch_sees_every_step_of_a_loop_under_a_monitor(tmp_path: Path) -> None:
    from faults.loops.loop import Loop, run
    from faults.watching import watching

    ear = Ear()
    with watching([ear]) as said:
        run(Loop(seed=1, epochs=2), tmp_path)
    steps = pl.concat([pl.read_parquet(one) for one in tmp_path.rglob("*.parquet") if one.parent.name == "steps"])
    assert ear.losses == pytest.approx(steps.sort("step")["total_loss"].to_list(), rel=1e-5)
    assert said == {"ear": {"heard": True}}


def test_causes_are_ids_of_checks() -> None:
    from faults.rivals import CAUSES

    known = {id for ids in GROUPS.values() for id in ids}
    assert {id for ids in CAUSES.values() for id in ids} <= known


def test_an_alarm_counts_once_by_its_worst_level_and_what_only_informs_not_at_all() -> None:
    from faults.rivals import worst

    found = [("a", "WARN"), ("a", "FAIL"), ("a", "WARN"), ("b", "WARNING"), ("c", "INFO"), ("TP-NO-LOSS", "FAIL")]
    assert worst(found) == {"a": True, "b": False}


def test_a_cause_is_named_by_its_id_or_by_a_rule_that_stands_for_it() -> None:
    from faults.hearing import Heard

    said = {"polyhead": {"below-floor": False}, "torchmortem": {"Dead units": True}, "Lightning": {}}
    one = Heard("x", "fault", "ph", 0, "mild", ["dead-units"], said)
    assert [one.naming(one.causes, [name]) for name in said] == [[], ["Dead units"], []]
    assert one.twin == "healthy-ph-0"
    assert one.alarms(["polyhead", "torchmortem"], severe=True) == ["Dead units"]


def test_a_log_of_epochs_keeps_the_epoch_that_was_never_closed(tmp_path: Path) -> None:
    from faults.logs import epochs, is_broken, steps

    trace = tmp_path / "trace"
    (trace / "steps").mkdir(parents=True)
    for epoch, losses in ((1, [3.0, 1.0]), (2, [2.0, 0.0])):
        rows = {"step": [2 * epoch - 2, 2 * epoch - 1], "epoch": [epoch] * 2, "total_loss": losses}
        rows |= {"total_grad_norm": [0.5, 1.5], "lr": [0.1, 0.2], "seconds": [0.01, 0.03]}
        pl.DataFrame(rows).write_parquet(trace / "steps" / f"{epoch}.parquet")
    (trace / "epoch_metrics.csv").write_text("epoch,train_loss,val_loss\n1,2.0,2.5\n")
    heard = [3.0, 1.0, 2.0, math.nan]  # what a monitor was not told stands in the record as something else
    first, second = epochs(tmp_path, heard)
    assert first == {"step": 1, "loss": 2.0, "grad_norm": 1.0, "lr": 0.2, "step_time": 0.02, "eval_loss": 2.5}
    assert math.isnan(second["loss"])
    assert second["eval_loss"] is None
    assert [one["eval_loss"] for one in steps(tmp_path, heard)] == [None, 2.5, None, None]
    assert is_broken(tmp_path, heard)
    assert not is_broken(tmp_path, [3.0, 1.0, 2.0, 4.0])


def test_lightning_stops_at_a_loss_that_is_not_finite() -> None:
    from faults.rivals import early_stopping

    assert early_stopping([1.0, 3.0, 9.0]) == {}
    assert early_stopping([1.0, math.nan, 1.0]) == {"EarlyStopping(check_finite)": True}


def test_anomaly_mode_is_heard_and_other_errors_are_not_swallowed() -> None:
    from faults.watching import anomalies

    with anomalies() as said:
        x = torch.zeros(1, requires_grad=True)
        (x.sqrt() * 0).sum().backward()  # 0 times infinity on the way back
    assert said == {"detect_anomaly": True}
    with pytest.raises(RuntimeError, match="another"), anomalies():
        raise RuntimeError("another")


def test_the_table_counts_runs() -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("rivals_command", BENCHMARKS / "rivals.py")
    assert spec is not None
    assert spec.loader is not None
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    from faults.hearing import Heard

    runs = [
        Heard(f"f{n}", "fault", "ph", n, "mild", ["dead-units"], {"polyhead": {"dead-units": True}}) for n in (0, 1)
    ]
    runs += [Heard("healthy-ph-0", "healthy", "ph", 0, "", [], {"polyhead": {"dead-units": True}})]
    runs += [Heard("u", "healthy", "ph", 1, "", [], {"polyhead": {}}, unfit="next: no score")]
    runs += [Heard("r", "fault", "ph", 1, "mild", ["head-range"], {"polyhead": {}}, ran=False)]
    text = "\n".join(command.shown(runs))
    assert "2 runs with a fault, 1 without" in text
    # Wilson: 2 of 2 is 0.34 to 1.00, 1 of 2 0.09 to 0.91, 1 of 1 0.21 to 1.00; the healthy twin of one sounds as well
    both, half, one = "1.00 (0.34 to 1.00)", "0.50 (0.09 to 0.91)", "1.00 (0.21 to 1.00)"
    assert f"| polyhead | 2/2, 0/0, 0/0 | {both} | {both} | {half} | {one} | 1.00 |" in text
