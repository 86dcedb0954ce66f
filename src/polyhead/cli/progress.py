"""Progress on standard error: one live line with a column per task, or plain lines where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyhead.training.selection import primary
from polyhead.training.watcher import EpochReport, Watcher

_BESIDE = 34
"""Characters that epoch, bar and time take of the line."""


def build_watcher() -> Watcher:
    """The display that suits standard error."""
    return LiveProgress() if sys.stderr.isatty() else PlainProgress()


def _skill(value: float | None) -> str:
    return "  –  " if value is None else f"{value:5.2f}"


class PlainProgress(Watcher):
    """A line per epoch."""

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        print(f"run {run}: {epochs} epochs of {steps} steps; below, skill on val", file=sys.stderr)

    def on_epoch(self, report: EpochReport) -> None:
        each = "  ".join(f"{task} {_skill(primary(scores).skill)}" for task, scores in report.scores.items())
        star = " *" if report.best else ""
        print(
            f"epoch {report.epoch}/{report.epochs}  loss {report.train_loss:.3f} / {report.val_loss:.3f}"
            f"  skill {_skill(report.skill)}  {each}  {report.seconds:.0f} s{star}",
            file=sys.stderr,
            flush=True,
        )
        if report.left_out:
            print(f"epoch {report.epoch}: {report.left_out}", file=sys.stderr, flush=True)

    def on_finding(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def on_phase(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class LiveProgress(Watcher):
    """One line that moves: epoch, steps, and the skill of each task on validation."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[skills]}"),
            TimeRemainingColumn(compact=True),
            console=Console(file=sys.stderr, highlight=False),
            transient=False,
        )
        self._task: Any = None
        self._steps = 0

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        line = f"run {run}: {epochs} epochs of {steps} steps; below, skill on val"
        self._progress.console.print(line, markup=False)  # a path may hold brackets
        self._steps = steps
        skills = self._fitting(dict.fromkeys(tasks))
        self._task = self._progress.add_task("epoch 1", total=epochs * steps, skills=skills)
        self._progress.start()

    def on_step(self, epoch: int, step: int) -> None:
        done = epoch * self._steps + step + 1
        self._progress.update(self._task, completed=done, description=f"epoch {epoch + 1}")

    def on_epoch(self, report: EpochReport) -> None:
        skills = {task: primary(scores).skill for task, scores in report.scores.items()}
        self._progress.update(self._task, skills=self._fitting(skills))
        if report.left_out:
            self._progress.console.print(f"epoch {report.epoch}: {report.left_out}", markup=False)

    def on_finding(self, text: str) -> None:
        self._progress.console.print(text, markup=False)

    def _fitting(self, skills: Mapping[str, float | None]) -> str:
        """Every task's skill, or, where the terminal is too narrow, how many have one and the least."""
        room = self._progress.console.width - _BESIDE
        if sum(len(task) + 8 for task in skills) - 2 <= room:
            return "  ".join(f"{task} {_colour(skill)}" for task, skill in skills.items())
        known = {task: skill for task, skill in skills.items() if skill is not None}
        if not known:
            return f"{len(skills)} tasks"
        above, least = sum(skill > 0 for skill in known.values()), min(known, key=known.__getitem__)
        return f"{above} of {len(skills)} above 0, least {least} {_colour(known[least])}"

    def on_phase(self, text: str) -> None:
        self._progress.stop()
        print(text, file=sys.stderr, flush=True)

    def on_end(self, error: BaseException | None) -> None:
        self._progress.stop()


def _colour(skill: float | None) -> str:
    """Red at or below the floor, green well above it."""
    if skill is None:
        return "[dim]  –  [/]"
    return f"[{'red' if skill <= 0 else 'yellow' if skill < 0.3 else 'green'}]{skill:5.2f}[/]"
