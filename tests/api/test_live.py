"""Findings while a run trains: told once, within a share of the time, and ending the run where that is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from polyhead.api import live
from polyhead.api.live import LiveDiagnosis, stopped_by_finding
from polyhead.cli.progress import PlainProgress
from polyhead.diagnosis.finding import Finding, Scope, Severity
from polyhead.trace.folder import RunFolder
from polyhead.training.watcher import EpochReport, Watcher, Watchers

FROZEN = Path(__file__).parent.parent / "diagnosis" / "frozen" / "machines"
DEAD = Finding("error", "no gradient reaches life", Scope(task="life"), (), id="orphan-head")


def report(epoch: int, seconds: float = 3600.0) -> EpochReport:
    losses: dict[str, Any] = {"train": {}, "val": {}}
    return EpochReport(epoch, 9, 1.0, 1.0, {}, 0.5, False, seconds, "", losses, {}, 1e-3)


class Told(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_finding(self, text: str) -> None:
        self.lines.append(text)


class Clock:
    """A clock that moves only when somebody looks for findings."""

    def __init__(self, costs: Sequence[float]) -> None:
        self.now, self._costs, self.looks = 0.0, list(costs), 0

    def monotonic(self) -> float:
        return self.now

    def look(self, run: Path) -> list[Finding]:
        self.now += self._costs[min(self.looks, len(self._costs) - 1)]
        self.looks += 1
        return []


def watching(monkeypatch: pytest.MonkeyPatch, findings: Sequence[Finding], stop_on: Sequence[str] = ()) -> Any:
    """A live diagnosis that finds these, begun, and who is told."""
    told = Told()
    one = LiveDiagnosis(told, stop_on)
    monkeypatch.setattr(one, "_look", lambda run: list(findings))
    one.on_start(Path("run"), ("life",), 9, 5)
    return one, told


def test_an_error_is_told_once(monkeypatch):
    one, told = watching(monkeypatch, [DEAD])
    assert [one.on_epoch(report(epoch)) for epoch in (1, 2, 3)] == [None, None, None]
    assert told.lines == ["epoch 1: error orphan-head: no gradient reaches life"]


def test_another_fold_is_another_run(monkeypatch):
    one, told = watching(monkeypatch, [DEAD])
    one.on_epoch(report(1))
    one.on_start(Path("another"), ("life",), 9, 5)
    one.on_epoch(report(1))
    assert len(told.lines) == 2


@pytest.mark.parametrize(
    ("severity", "stop_on", "told", "ends"),
    [
        ("error", (), True, False),
        ("warning", (), False, False),
        ("note", (), False, False),
        ("error", ("orphan-head",), True, True),
        ("warning", ("orphan-head",), True, True),
        ("note", ("orphan-head",), True, False),
        ("error", ("non-finite",), True, False),
    ],
)
def test_what_is_told_and_what_ends(monkeypatch, severity: Severity, stop_on: tuple[str, ...], told: bool, ends: bool):
    one, display = watching(monkeypatch, [DEAD.changed(severity=severity)], stop_on)
    assert one.on_epoch(report(1)) == ("finding: orphan-head" if ends else None)
    assert bool(display.lines) == told


def test_looking_stays_within_its_share(monkeypatch):
    """A look takes 1 s, an epoch 20 s: by hand, 2 % of 20 n s are k looks where n >= 2.5 k, so 40 of 100 epochs."""
    clock = Clock([1.0])
    monkeypatch.setattr(live.time, "monotonic", clock.monotonic)
    one = LiveDiagnosis(Watcher(), ())
    monkeypatch.setattr(one, "_look", clock.look)
    one.on_start(Path("run"), ("life",), 100, 5)
    for epoch in range(1, 101):
        one.on_epoch(report(epoch, 20.0 * epoch))
        assert clock.now <= max(0.02 * 20 * epoch, 1.0), "all looks, but for the first, whose cost is not known"
    assert clock.looks == 40


def test_a_short_run_is_not_looked_at_but_where_it_may_end_by_it(monkeypatch):
    for stop_on, looks in (((), 0), (("orphan-head",), 3)):
        clock = Clock([0.1])
        one = LiveDiagnosis(Watcher(), stop_on)
        monkeypatch.setattr(one, "_look", clock.look)
        one.on_start(Path("run"), ("life",), 3, 5)
        for epoch in (1, 2, 3):
            one.on_epoch(report(epoch, 1.0 * epoch))
        assert clock.looks == looks


def test_plain_progress_prints_it_on_standard_error(monkeypatch, capsys):
    display = PlainProgress()
    one = LiveDiagnosis(display, ())
    monkeypatch.setattr(one, "_look", lambda run: [DEAD])
    both = Watchers([display, one])
    both.on_start(Path("run"), ("life",), 9, 5)
    for epoch in (1, 2):
        assert both.on_epoch(report(epoch)) is None
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("error orphan-head: no gradient reaches life") == 1


def test_a_finding_of_a_real_trace(tmp_path, monkeypatch):
    """The head of life gets no gradient in any step: an error that is announced, and ends where asked."""
    import polars as pl

    run = tmp_path / "run"
    shutil.copytree(FROZEN, run)
    for path in (run / "trace" / "steps").glob("*.parquet"):
        frame = pl.read_parquet(path, glob=False)
        frame.with_columns(pl.lit(float("inf")).alias("loss.life")).write_parquet(path)
    told = Told()
    one = LiveDiagnosis(told, ["non-finite"])
    one.on_start(run, ("life",), 9, 5)
    assert one.on_epoch(report(3)) == "finding: non-finite"
    assert [line for line in told.lines if line.startswith("epoch 3: error non-finite: life:")]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.mark.parametrize(
    ("reason", "id"), [(None, None), ("epochs", None), ("finding: below-floor", "below-floor"), ("my finding: x", None)]
)
def test_what_ended_a_run(folder, reason, id):
    folder.write("state.json", {"status": "finished", "stopped_by": reason})
    assert stopped_by_finding(folder.path) == id


def test_what_ended_a_fold(folder):
    folder.write("state.json", {"status": "finished"})
    folder.fold(1).write("state.json", {"status": "finished", "stopped_by": "epochs"})
    assert stopped_by_finding(folder.path) is None
    folder.fold(2).write("state.json", {"status": "finished", "stopped_by": "finding: non-finite"})
    assert stopped_by_finding(folder.path) == "non-finite"


def test_a_run_without_state_was_not_ended(tmp_path):
    assert stopped_by_finding(tmp_path) is None
