"""A store is kept up to date, and no trouble of it reaches the training."""

from __future__ import annotations

import json

import pytest

from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.tracking.tracker import Tracker
from polyhead.training.watcher import InterruptedRunError

from .cases import experiment, metrics, report, run_folder


class Memory:
    """A store in memory, which can be away."""

    name = "mlflow"

    def __init__(self, held: int = 0) -> None:
        self.held, self.away, self.lost_at_once = held, False, False
        self.told: list[object] = []
        self.epochs: dict[int, dict[str, float]] = {}

    def begin(self, card, record) -> int:
        self._reach()
        self.told.append(("begin", card.name, record.get("id")))
        record.setdefault("id", f"of {card.name}")
        self.away = self.away or self.lost_at_once
        self._reach()
        return self.held

    def log(self, epoch, values) -> None:
        self._reach()
        assert epoch not in self.epochs
        self.epochs[epoch] = dict(values)

    def conclude(self, epoch, values, files) -> None:
        self._reach()
        self.told.append((epoch, values["test/skill"], [path.name for path in files]))

    def end(self, outcome) -> None:
        self._reach()
        self.told.append(outcome)

    def _reach(self) -> None:
        if self.away:
            raise ConnectionError("no  route\nto host")


@pytest.fixture
def run(tmp_path):
    return run_folder(tmp_path / "machine" / "stamp")


def test_a_run_from_its_start_to_its_end(run, capsys):
    store = Memory()
    tracker = Tracker(store, experiment(), {"val/wear/mae": "wear_mae"})
    tracker.on_start(run, ("state", "wear"), 2, 5)
    for epoch in (1, 2):
        tracker.on_epoch(report(epoch))
    tracker.on_finish(run, metrics())
    tracker.on_end(None)
    assert store.told == [
        ("begin", "stamp", None),
        (2, 0.5, ["report.html", "config.yaml", "shares.png"]),
        "finished",
    ]
    assert [one["wear_mae"] for one in store.epochs.values()] == [2.0, 4.0]
    assert json.loads((run / "tracking.json").read_text()) == {
        "schema_version": 1,
        "mlflow": {"id": "of stamp", "finished": True},
    }
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (InterruptedRunError, "interrupted"),
        (KeyboardInterrupt, "interrupted"),
        (InputError, "failed"),
        (ZeroDivisionError, "failed"),
    ],
)
def test_how_a_run_ended(run, error, outcome):
    store = Memory()
    tracker = Tracker(store, experiment(), {})
    tracker.on_start(run, (), 2, 5)
    tracker.on_end(InterruptedRunError(run) if error is InterruptedRunError else error("why"))
    assert store.told[-1] == outcome


def test_going_on_logs_only_what_the_store_lacks(run):
    """The store of a killed run lacks an epoch that the run's own tables have."""
    (run / "tracking.json").write_text('{"schema_version": 1, "mlflow": {"id": "old"}, "wandb": {"id": "w"}}')
    (run / "trace").mkdir()
    (run / "trace" / "epoch_metrics.csv").write_text("epoch,train_loss\n1,10\n2,20\n3,30\n")
    store = Memory(held=2)
    tracker = Tracker(store, experiment(), {})
    tracker.on_start(run, (), 9, 5)
    tracker.on_epoch(report(4))
    assert store.told == [("begin", "stamp", "old")]
    assert list(store.epochs) == [3, 4]
    assert (store.epochs[3], store.epochs[4]["train/loss"]) == ({"epoch": 3.0, "train/loss": 30.0}, 0.25)
    assert json.loads((run / "tracking.json").read_text())["wandb"] == {"id": "w"}


@pytest.mark.parametrize("since", ["start", "epoch"])
def test_a_store_that_is_away_for_a_while(run, capsys, since):
    store = Memory()
    tracker = Tracker(store, experiment(), {})
    store.away = since == "start"
    tracker.on_start(run, (), 4, 5)
    for epoch in (1, 2, 3):
        store.away = store.away or epoch == 2
        tracker.on_epoch(report(epoch))
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "track.mlflow: cannot be written (ConnectionError: no route to host);"
        " training goes on, and what is missing is logged when it ends"
    )
    store.away = False
    tracker.on_finish(run, metrics())
    assert list(store.epochs) == [1, 2, 3]
    assert store.told[-1] == "finished"
    assert capsys.readouterr().err == ""


def test_a_run_that_was_made_before_its_store_went_away_is_not_made_again(run):
    store = Memory()
    tracker = Tracker(store, experiment(), {})
    store.lost_at_once = True
    tracker.on_start(run, (), 4, 5)
    store.away = store.lost_at_once = False
    tracker.on_finish(run, metrics())
    assert store.told[:2] == [("begin", "stamp", None), ("begin", "stamp", "of stamp")]


def test_a_store_that_stays_away(run, capsys):
    store = Memory()
    tracker = Tracker(store, experiment(), {})
    fold = run_folder(run / "folds" / "01")
    tracker.on_start(fold, (), 4, 5)
    store.away = True
    tracker.on_epoch(report(1))
    tracker.on_finish(fold, metrics())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1] == (
        "track.mlflow: cannot be written (ConnectionError: no route to host);"
        f" the run folder holds everything, `polyhead train --resume {run}` logs what is missing"
    )


def test_each_fold_is_a_run_and_so_are_all_of_them(run):
    store = Memory()
    tracker = Tracker(store, experiment(), {})
    for number in ("01", "02"):
        fold = run_folder(run / "folds" / number)
        tracker.on_start(fold, (), 1, 5)
        tracker.on_finish(fold, metrics())
    (run / "state.json").write_text('{"schema_version": 1, "status": "finished", "folds": ["a", "b"]}')
    tracker.on_finish(run, metrics())
    begun = [one[1] for one in store.told if one[0] == "begin"]
    assert begun == ["stamp fold 01", "stamp fold 02", "stamp"]
    assert [one[0] for one in store.told if isinstance(one[0], int)] == [2, 2, 0]
    assert store.told.count("finished") == 3


def test_a_fold_that_finished_while_the_store_was_away_is_told_with_all_of_them(run):
    """Resuming trains no finished fold again, so that nothing but the end of the whole tells of it."""
    store = Memory()
    first = Tracker(store, experiment(), {})
    for number in ("01", "02"):
        fold = run_folder(run / "folds" / number)
        RunFolder(fold).write("metrics.json", metrics())
        first.on_start(fold, (), 1, 5)
        store.away = number == "01"
        first.on_finish(fold, metrics())
        store.away = False
    assert store.told.count("finished") == 1
    again = Tracker(store, experiment(), {})
    again.on_finish(run, metrics())
    begun = [one for one in store.told if one[0] == "begin"]
    assert begun[2:] == [("begin", "stamp fold 01", "of stamp fold 01"), ("begin", "stamp", None)]
    assert store.told.count("finished") == 3
