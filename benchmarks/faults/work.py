"""Making cases in worker processes that stay, and keeping their outcomes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import polyhead
from faults.case import BenchCase, Looked, Outcome, outcome_of
from faults.decoys import DECOYS

_CASES: dict[str, BenchCase] = {}
"""The cases of this stage; workers are forked once it is filled."""


@dataclass
class Workplace:
    """Where runs and outcomes are kept, and how many processes share the work."""

    folder: Path
    jobs: int = 1
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def runs(self) -> Path:
        """A folder for each case."""
        return self.folder / "runs"

    def load(self) -> None:
        """Outcomes of an earlier call."""
        path = self.folder / "outcomes.json"
        told = json.loads(path.read_text()) if path.is_file() else []
        self.outcomes = {one["name"]: outcome_of(one) for one in told}

    def save(self) -> None:
        """Write all outcomes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps([one.as_dict() for one in self.outcomes.values()], indent=0)
        (self.folder / "outcomes.json").write_text(text)

    def make(self, cases: Sequence[BenchCase], again: bool = True) -> list[Outcome]:
        """Make or find each case and ask the checks; `again` also where an earlier call has asked them."""
        todo = [one for one in cases if again or one.name not in self.outcomes]
        _CASES.clear()
        _CASES.update({one.name: one for one in todo})
        try:
            for number, outcome in enumerate(self._made([one.name for one in todo]), 1):
                self.outcomes[outcome.name] = outcome
                print(f"{number}/{len(todo)} {line(outcome)}", flush=True)
                if number % 100 == 0:
                    self.save()
        finally:
            self.save()
        return [self.outcomes[one.name] for one in cases]

    def _made(self, names: Sequence[str]) -> Iterator[Outcome]:
        if self.jobs == 1:
            _begin()
            yield from (_outcome(name, self.runs) for name in names)
            return
        with ProcessPoolExecutor(self.jobs, mp_context=get_context("fork"), initializer=_begin) as pool:
            yield from pool.map(_outcome, names, [self.runs] * len(names), chunksize=1)


def line(one: Outcome) -> str:
    """A case in a line."""
    said = ", ".join(f"{alarm.id} {alarm.severity}" for alarm in one.alarms)
    scored = "" if one.score is None else f" score {one.score:.2f} of {one.twin or 0:.2f}"
    return f"{one.train_s:.1f}+{one.diagnose_s:.1f} s {one.name}:{scored} {said} {one.unfit} {one.refused}".rstrip()


def _begin() -> None:
    import torch

    torch.set_num_threads(1)


def _outcome(name: str, runs: Path) -> Outcome:
    case = _CASES[name]
    folder = runs / name
    looked = case.make(folder)
    known = Outcome(
        case.name,
        case.sort,
        case.kind,
        case.recipe,
        case.seed,
        case.fault.name if case.fault else "",
        case.dose,
        looked.said,
        looked.refused,
        looked.train_s,
        looked.diagnose_s,
    )
    told = _of_fault(case, looked, runs, known) if case.fault else {"unfit": _unfit(case, folder)}
    return outcome_of(known.as_dict() | dict(told) | {"checks": _source()})


@cache
def _source() -> str:
    """Names the source of all checks, as this process loaded it."""
    files = sorted(Path(polyhead.__file__).parent.glob("diagnosis/**/*.py"))
    return hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()[:12]


def _unfit(case: BenchCase, folder: Path) -> str:
    """Which criterion of health a run without a fault fails, or that a decoy does not look sick."""
    from faults.harm import unhealthy
    from faults.loops import unsound

    if case.kind != "run":
        return unsound(folder) if case.kind == "loop" else ""
    decoy = next((one for one in DECOYS if case.name.startswith(f"decoy-{one.name}-")), None)
    return unhealthy(folder) or ("" if decoy is None or decoy.looks(folder) else "does not look sick")


def _of_fault(case: BenchCase, looked: Looked, runs: Path, known: Outcome) -> dict[str, object]:
    """What only a planted fault has: scores of it and of its twin, and when it could have been told."""
    from faults import loops
    from faults.detection import first_epoch
    from faults.harm import score

    fault = case.fault
    assert fault is not None
    told: dict[str, object] = {"unseen": looked.skipped.get(fault.id, "")}
    tasks = fault.harms.get(case.recipe, ())
    if not tasks:
        return told
    folder, twin = runs / case.name, runs / f"healthy-{case.recipe}-{case.seed}"
    if case.kind == "loop":
        twin = runs / f"loop-healthy-{case.seed}"
        return told | {"score": loops.score(folder, tasks), "twin": loops.score(twin, tasks)}
    told |= {"score": score(folder, tasks, fault.by), "twin": score(twin, tasks, fault.by)}
    if set(known.ids) & set(fault.causes) and (folder / "run").is_dir():
        seen, epochs = first_epoch(folder / "run", fault.causes)
        told |= {"seen_epoch": seen, "epochs": epochs}
    return told
