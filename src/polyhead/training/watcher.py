"""What the loop tells whoever watches, and how it is told to stop."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from polyhead.scoring.metric import Score


@dataclass(frozen=True)
class EpochReport:
    """One epoch, counted from 1, as it ended: total losses, validation scores by task and metric, the monitor, seconds,
    and what there is to say of steps that were left out.

    `losses` holds each task's own mean loss by split (train and val), None without labels; `weights` the mean weight of
    each over the epoch's steps.
    """

    epoch: int
    epochs: int
    train_loss: float
    val_loss: float
    scores: Mapping[str, Mapping[str, Score]]
    skill: float | None
    best: bool
    seconds: float
    left_out: str
    losses: Mapping[str, Mapping[str, float | None]]
    weights: Mapping[str, float | None]
    lr: float


class Watcher:
    """Watches in silence; a display overrides what it wants to show."""

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        """Training begins or goes on: `steps` per epoch."""

    def on_step(self, epoch: int, step: int) -> None:
        """A step of `epoch` is done; both count from 0."""

    def on_epoch(self, report: EpochReport) -> str | None:
        """An epoch is done and saved; what is returned is why the run ends here, None where it goes on."""

    def on_finding(self, text: str) -> None:
        """Something is wrong with the run that more epochs will not mend."""

    def on_phase(self, text: str) -> None:
        """Something else that takes time begins, such as the final evaluation."""

    def on_finish(self, run: Path, metrics: dict[str, Any]) -> None:
        """The run is judged, and everything is written: metrics as metrics.json holds them, predictions, the page."""

    def on_end(self, error: BaseException | None) -> None:
        """Nothing more comes; `error` is what ended the run before its time."""


class Watchers(Watcher):
    """Several that watch one run."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        for watcher in self._watchers:
            watcher.on_start(run, tasks, epochs, steps)

    def on_step(self, epoch: int, step: int) -> None:
        for watcher in self._watchers:
            watcher.on_step(epoch, step)

    def on_epoch(self, report: EpochReport) -> str | None:
        reasons = [watcher.on_epoch(report) for watcher in self._watchers]
        return next((reason for reason in reasons if reason is not None), None)

    def on_finding(self, text: str) -> None:
        for watcher in self._watchers:
            watcher.on_finding(text)

    def on_phase(self, text: str) -> None:
        for watcher in self._watchers:
            watcher.on_phase(text)

    def on_finish(self, run: Path, metrics: dict[str, Any]) -> None:
        for watcher in self._watchers:
            watcher.on_finish(run, metrics)

    def on_end(self, error: BaseException | None) -> None:
        for watcher in self._watchers:
            watcher.on_end(error)


class InterruptedRunError(Exception):
    """Training was asked to stop; everything is saved in `run`."""

    def __init__(self, run: Path) -> None:
        self.run = run
        super().__init__(
            f"interrupted; everything is saved. Resume with: polyhead train --resume {shlex.quote(str(run))}"
        )


class StopRequest:
    """Set by the first Ctrl-C or SIGTERM; the loop looks at it after each step. A second Ctrl-C ends at once."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take over SIGINT and SIGTERM; outside the main thread, where Python forbids it, change nothing."""
        try:
            before = {number: signal.signal(number, self) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:
            yield
            return
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
