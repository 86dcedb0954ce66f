"""Findings while a run trains: what can no longer succeed is said at once, and ends the run where it is asked to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from polyhead.trace.folder import RunFolder
from polyhead.training.watcher import EpochReport, Watcher

if TYPE_CHECKING:
    from polyhead.diagnosis.finding import Finding

ANNOUNCED = ("non-finite", "orphan-head", "weight-collapse", "frozen-parameters")
"""Checks of what more epochs do not mend."""
STRETCHES = 20
"""Latest files of steps that are looked at: enough for persistence, and no slower after a thousand epochs."""
ENDED = "finding: "
"""What state.json's `stopped_by` begins with where a finding ended the run; the check's id follows."""
SHARE = 0.02
"""Of the training time that looking may take where the run need not end by it."""
FIRST_LOOK = 0.5
"""Seconds that a look is taken for before one was had; what a short run could not be told in time stands at its end."""


class LiveDiagnosis(Watcher):
    """Looks at the trace after each epoch and tells the display what it finds, each finding once.

    Errors are announced. A finding of a check in `stop_on` that is as bad as a warning ends the run.
    """

    def __init__(self, display: Watcher, stop_on: Sequence[str]) -> None:
        self._display = display
        self._stop_on = tuple(stop_on)
        self._told: set[str] = set()
        self._run: Path | None = None
        self._spent = self._last = 0.0

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        self._run = run
        self._told.clear()  # a fold is a run of its own
        self._spent = 0.0

    def on_epoch(self, report: EpochReport) -> str | None:
        """Look, unless looking has taken more than its share of the time."""
        if self._run is None or not self._may_look(report.seconds):
            return None
        began = time.monotonic()
        findings = self._look(self._run)
        self._last = time.monotonic() - began
        self._spent += self._last
        for one in findings:
            if one.fingerprint not in self._told and (one.severity == "error" or one.id in self._stop_on):
                self._told.add(one.fingerprint)
                self._display.on_finding(f"epoch {report.epoch}: {one.severity} {one.id}: {one.what}")
        ends = next((one for one in findings if one.id in self._stop_on and one.severity != "note"), None)
        return None if ends is None else f"{ENDED}{ends.id}"

    def _may_look(self, seconds: float) -> bool:
        """Whether another look like the last fits into its share of `seconds`; always where the run may end by it."""
        return bool(self._stop_on) or self._spent + max(self._last, FIRST_LOOK) <= SHARE * seconds

    def _look(self, run: Path) -> Sequence[Finding]:
        from polyhead.diagnosis.catalogue import chosen
        from polyhead.diagnosis.diagnose import diagnose
        from polyhead.diagnosis.folder import read_folder

        checks = chosen(list(dict.fromkeys((*ANNOUNCED, *self._stop_on))))
        return diagnose(read_folder(run, STRETCHES), checks).findings


def stopped_by_finding(run: Path) -> str | None:
    """The id of the check that ended a run, or one of its folds; None where none did."""
    from polyhead.diagnosis.opening import folds_of

    for path in (run, *folds_of(run)):
        state = RunFolder(path).read("state.json") if (path / "state.json").is_file() else {}
        reason = str(state.get("stopped_by") or "")
        if reason.startswith(ENDED):
            return reason.removeprefix(ENDED)
    return None
