"""Runs of the benchmark with other packages' detectors listening: which runs, and what each detector says of them."""

from __future__ import annotations

import json
import shutil
import time
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faults import logs, rivals
from faults.case import BenchCase, Looked, Made
from faults.cases import decoys, faulty, healthy
from faults.harm import unhealthy
from faults.loops import loops, unsound
from faults.recipes import drawn, there
from faults.running import trained
from faults.watching import Losses, Watch, anomalies, watching

SPOKEN_OF = frozenset(id for ids in rivals.CAUSES.values() for id in ids)
"""Kinds of fault that some detector names."""
POLYHEAD = "polyhead"
WITHOUT_STYLE = "torch-audit, no style or speed rules"
BY_STEP, BY_EPOCH = "trainproof, a log of steps", "trainproof, a log of epochs"
BESIDE = "trainproof compare, a sound twin given"
AFTER = ("turbine",)
"""Recipes that came after runs and faults were drawn; without them the draw stays what it was."""


@dataclass(frozen=True)
class Heard:
    """What each detector said of a run: {detector: {alarm: whether worse than a warning}}; `ran` is False
    where training refuses the fault, `unfit` says which criterion of health a run without a fault fails."""

    name: str
    sort: str
    recipe: str
    seed: int
    dose: str
    causes: list[str]
    said: dict[str, dict[str, bool]]
    ran: bool = True
    unfit: str = ""
    seconds: float = 0.0
    fault: str = ""

    def alarms(self, detectors: Sequence[str], severe: bool = False) -> list[str]:
        """Names of their alarms, of all or of the worse ones."""
        own = [one for name in detectors for one in self.said.get(name, {}).items()]
        return sorted({alarm for alarm, worse in own if worse or not severe})

    def naming(self, causes: Collection[str], detectors: Sequence[str], severe: bool = False) -> list[str]:
        """Names of those alarms that say one of `causes`."""
        said = self.alarms(detectors, severe)
        return [alarm for alarm in said if set(causes) & set(rivals.CAUSES.get(alarm, (alarm,)))]

    @property
    def twin(self) -> str:
        """Name of the healthy run that this one would be without its fault."""
        return f"loop-healthy-{self.seed}" if self.recipe == "loop" else f"healthy-{self.recipe}-{self.seed}"


def sound(seeds: int) -> Iterator[BenchCase]:
    """So many healthy runs of every recipe, and plain loops of one's own."""
    yield from healthy(_drawn_from(), seeds)
    yield from (one for one in loops(seeds, seeds) if one.sort == "healthy")


def _drawn_from() -> list[str]:
    return [name for name in there() if name not in AFTER]


def broken(count: int, fit: Mapping[str, Collection[int]], seeds: int) -> Iterator[BenchCase]:
    """So many faults that training can show, in all doses, each in one recipe on one of `seeds` whose healthy run is
    `fit`.

    Two in three of kinds that other detectors speak of, one of the rest, drawn once and for all.
    """
    rng = np.random.default_rng(2026)
    pool: dict[bool, dict[str, dict[str, dict[int, list[BenchCase]]]]] = {True: {}, False: {}}
    every = {name: range(seeds) for name in _drawn_from()}
    for case in (*faulty(every), *(one for one in loops(seeds, 0) if one.sort == "fault")):
        if case.fault is not None and case.fault.reach == "run":
            places = pool[bool(SPOKEN_OF & set(case.fault.causes))].setdefault(case.fault.name, {})
            places.setdefault(case.recipe, {}).setdefault(case.seed, []).append(case)
    for spoken, wanted in ((True, count - count // 3), (False, count // 3)):
        for name in sorted(rng.permutation(sorted(pool[spoken]))[:wanted].tolist()):
            places = pool[spoken][name]
            recipe = str(rng.choice(sorted(places)))
            for seed in [one for one in rng.permutation(seeds).tolist() if one in fit.get(recipe, ())][:1]:
                yield from places[recipe][seed]


def sick_looking(seeds: int) -> Iterator[BenchCase]:
    """Decoys: healthy runs that look sick."""
    yield from decoys(there(), seeds)
    yield from (one for one in loops(seeds, 0) if one.sort == "decoy")


def hear(case: BenchCase, folder: Path, absent: Sequence[str]) -> Heard:
    """Make the case with all detectors listening, and ask each."""
    place = folder / case.name
    shutil.rmtree(place, ignore_errors=True)
    losses = Losses()
    hooks: list[Watch] = [losses]
    hooks += [rivals.Torchmortem()] if "torchmortem" not in absent else []
    hooks += [rivals.TorchAudit()] if "torch_audit" not in absent else []
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with watching(hooks) as hung:
            looked = case.make(place)
        said = {POLYHEAD: _own(looked)} | {one.name: dict(hung.get(one.name, {})) for one in hooks[1:]}
        if "torch-audit" in said:
            style = rivals.STYLE
            said[WITHOUT_STYLE] = {id: worse for id, worse in said["torch-audit"].items() if not id.startswith(style)}
        run = next((path.parent for path in place.rglob("state.json")), None)
        ran = run is not None and logs.has_steps(run)
        if run is not None and ran:
            said |= _read(case, run, losses.heard, folder, absent)
    unfit = "" if case.fault else unsound(place) if case.kind == "loop" else unhealthy(place)
    shutil.rmtree(place, ignore_errors=True)
    causes = list(case.fault.causes) if case.fault else []
    about = (case.name, case.sort, case.recipe, case.seed, case.dose, causes)
    return Heard(*about, said, ran, unfit, time.perf_counter() - began, case.fault.name if case.fault else "")


def _own(looked: Looked) -> dict[str, bool]:
    said: dict[str, bool] = {}
    for one in looked.said:
        if one.severity != "note":
            said[one.id] = said.get(one.id, False) or one.severity == "error"
    return said


def _read(
    case: BenchCase, run: Path, losses: Sequence[float], folder: Path, absent: Sequence[str]
) -> dict[str, dict[str, bool]]:
    """What those say that read a run's record."""
    said: dict[str, dict[str, bool]] = {}
    log = logs.epochs(run, losses)
    if "trainproof" not in absent:
        said[BY_STEP], said[BY_EPOCH] = dict(rivals.trainproof(logs.steps(run, losses))), dict(rivals.trainproof(log))
        if case.sort != "decoy":
            own = folder / f"{case.name}.jsonl"
            _write(log, own)
            said[BESIDE] = dict(rivals.trainproof_beside(own, _twin(case, folder)))
    if "lightning" not in absent:
        wrong = logs.is_broken(run, losses)
        judged = [float(one["eval_loss"]) for one in log if one["eval_loss"] is not None]
        judged += [float("nan")] if wrong and len(judged) < len(log) else []  # polyhead ended it in that epoch
        said["Lightning"] = dict(rivals.early_stopping(judged)) if judged else {}
        if wrong:
            with anomalies() as raised:
                case.make(folder / f"{case.name}-anomaly")
            said["Lightning"] |= raised
            shutil.rmtree(folder / f"{case.name}-anomaly", ignore_errors=True)
    return said


def _twin(case: BenchCase, folder: Path) -> Path:
    """The log of a run known to be good: of a fault the same run without it, of a healthy run the same configuration
    begun from another seed."""
    name = f"twin-{case.sort}-{case.recipe}-{case.seed}" + ("" if case.fault else f"-{case.name}")
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        make = _made_again(case) if case.fault is None else _made_sound(case)
        losses = Losses()
        with watching([losses]):
            make(folder / name)
        run = next(one.parent for one in (folder / name).rglob("state.json"))
        _write(logs.epochs(run, losses.heard), path)
        shutil.rmtree(folder / name)
    return path


def _made_sound(case: BenchCase) -> Made:
    if case.kind == "loop":
        return _looped(case.seed, {})
    return lambda folder: trained(drawn(case.recipe, case.seed), folder)


def _made_again(case: BenchCase) -> Made:
    if case.kind == "loop":
        return _looped(case.seed + 100, {})
    recipe = drawn(case.recipe, case.seed)
    recipe.config["seed"] = case.seed + 1000
    return lambda folder: trained(recipe, folder)


def _looped(seed: int, changed: Mapping[str, Any]) -> Made:
    def make(folder: Path) -> Looked:
        from faults.loops.loop import Loop, run

        folder.mkdir(parents=True)
        run(Loop(seed=seed, **changed), folder)
        return Looked(())

    return make


def _write(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
