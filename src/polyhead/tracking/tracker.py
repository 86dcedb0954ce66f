"""A watcher that keeps a store up to date with a run, and lets no trouble of the store reach the training."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.trace.folder import RunFolder
from polyhead.tracking.card import card_of
from polyhead.tracking.history import history
from polyhead.tracking.names import of_epoch, of_final, renamed
from polyhead.tracking.store import Outcome, Store, said
from polyhead.training.watcher import EpochReport, InterruptedRunError, Watcher

RECORD = "tracking.json"
_FINISHED = "finished"  # in a record: the store knows how the run ended
_PAGES = ("report.html", "report.md", "metrics.json", "config.yaml")


class Tracker(Watcher):
    """Each network that is trained is a run of its own in the store, and so are the pooled folds.

    Epochs wait here until the store has them. After the first failure it is left alone until the run ends, so that a
    server which is away costs one waiting, and is then told everything it missed.
    """

    def __init__(self, store: Store, experiment: Experiment, names: Mapping[str, str]) -> None:
        self._store, self._experiment, self._names = store, experiment, names
        self._run: Path | None = None

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        self._take(run)
        self._try(self._catch_up)

    def on_epoch(self, report: EpochReport) -> None:
        self._waiting[report.epoch] = of_epoch(report)
        if not self._failed:
            self._try(self._catch_up)

    def on_finish(self, run: Path, metrics: dict[str, Any]) -> None:
        if self._run is None:  # the folds' pooled predictions: nothing was trained
            self._finish_folds(run)
            self._take(run)
        self._close("finished", metrics)

    def on_end(self, error: BaseException | None) -> None:
        if self._run is not None:
            stopped = error is None or isinstance(error, InterruptedRunError | KeyboardInterrupt)
            self._close("interrupted" if stopped else "failed", None)

    def _finish_folds(self, run: Path) -> None:
        """Tell the store of folds that finished while it was away, or just before the process was killed."""
        for fold in sorted(run.glob("folds/*")):
            if _FINISHED not in self._records(fold).get(self._store.name, {}):
                self._take(fold)
                self._close("finished", RunFolder(fold).read("metrics.json"))

    def _take(self, run: Path) -> None:
        self._run = run
        self._begun = self._failed = False
        self._waiting: dict[int, dict[str, float]] = {}

    def _begin(self) -> None:
        """Make or find the run, and let wait what of its history the store does not hold."""
        assert self._run is not None
        records = self._records(self._run)
        record = records.setdefault(self._store.name, {})
        known = dict(record)
        try:
            held = self._store.begin(card_of(self._experiment, self._run), record)
        finally:
            if record != known:  # a run that was made before something failed is gone on with
                RunFolder(self._run).write(RECORD, records)
        earlier = history(self._run, self._experiment)
        self._waiting = {epoch: one for epoch, one in (earlier | self._waiting).items() if epoch > held}
        self._begun = True

    def _records(self, run: Path) -> dict[str, Any]:
        return RunFolder(run).read(RECORD) if (run / RECORD).exists() else {}

    def _catch_up(self) -> None:
        if not self._begun:
            self._begin()
        for epoch in sorted(self._waiting):
            self._store.log(epoch, renamed(self._waiting[epoch], self._names))
            del self._waiting[epoch]

    def _close(self, outcome: Outcome, metrics: Mapping[str, Any] | None) -> None:
        assert self._run is not None
        run = self._run

        def last() -> None:
            self._catch_up()
            if metrics is not None:
                values = renamed(of_final(metrics, self._experiment), self._names)
                self._store.conclude(_judged_epoch(run), values, _files(run))
            self._store.end(outcome)
            if metrics is not None:
                records = self._records(run)
                records.setdefault(self._store.name, {})[_FINISHED] = True  # some keep no record
                RunFolder(run).write(RECORD, records)

        self._try(last, ends=True)
        self._run = None

    def _try(self, action: Callable[[], None], ends: bool = False) -> None:
        """Do something with the store. A border to foreign code: whatever it raises is said in a line, once."""
        try:
            action()
        except Exception as error:
            self._failed = True
            assert self._run is not None
            whole = self._run.parent.parent if self._run.parent.name == "folds" else self._run
            then = (
                f"the run folder holds everything, `polyhead train --resume {whole}` logs what is missing"
                if ends
                else "training goes on, and what is missing is logged when it ends"
            )
            print(f"track.{self._store.name}: cannot be written ({said(error)}); {then}", file=sys.stderr, flush=True)


def _judged_epoch(run: Path) -> int:
    """The epoch of best.ckpt; 0 for pooled folds, of which each has its own."""
    best = RunFolder(run).read("state.json").get("best")
    return int(best["epoch"]) if best else 0


def _files(run: Path) -> list[Path]:
    """What is worth looking at in a tracker: pages, figures, metrics and configuration. Predictions and checkpoints can
    be large, and stay in the folder, whose path the run carries."""
    pages = [run / name for name in _PAGES]
    return [path for path in (*pages, *sorted((run / "figures").glob("*"))) if path.is_file()]
