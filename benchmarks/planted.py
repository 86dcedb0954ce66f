"""How often each check speaks on planted faults, and how often it is right: what a finding's confidence rests on.

    python benchmarks/planted.py                 # print the table
    python benchmarks/planted.py --write         # and write src/polyhead/diagnosis/precision.json

Cases are small runs, checks before training, loops under a Monitor and tables of metrics, simulated, with a fault of
shared knowledge planted in three doses or with none. The ids that may rightly be said of each are declared with it,
before anything is run. An alarm is a warning or an error; a check counts once for a case however many tasks it names.
No threshold is chosen on these cases: misses and false alarms stand beneath the table as they are.

Runs are kept in a folder and made once, unless their data or configuration change; what the checks say of them is
always made anew. About 25 minutes on one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest

import polyhead
from planted_case import PlantedCase
from planted_faults import faults, healthy
from planted_loops import loops
from planted_tables import tables
from polyhead.diagnosis.catalogue import GROUPS
from polyhead.errors import InputError

VERSION = "v1"
WRITTEN = Path(polyhead.__file__).parent / "diagnosis" / "precision.json"
HEALTHY = {"detector": 10, "radio": 10, "kinetics": 10, "drive": 10, "machines": 5}


@dataclass(frozen=True)
class Outcome:
    """What was said of a case: the worst severity of each id that warns or worse, how many findings of each severity,
    ids that only note, and why the check of the planted fault could not look, where it could not."""

    case: PlantedCase
    said: Mapping[str, str]
    counts: Mapping[str, int]
    noted: frozenset[str] = frozenset()
    unseen: str = ""

    @property
    def found(self) -> bool:
        return self.case.plants in self.said


def all_cases() -> list[PlantedCase]:
    """The whole planted set."""
    return [*tables(), *loops(), *faults(), *healthy(HEALTHY)]


def outcome(case: PlantedCase, folder: Path) -> Outcome:
    """Make the case, or find it, and ask all checks."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            diagnosis = case.diagnose(folder / case.name)
    except InputError as error:
        return Outcome(case, {}, {}, unseen=str(error))
    said: dict[str, str] = {}
    counts = dict.fromkeys(("error", "warning", "note"), 0)
    for one in diagnosis.findings:
        counts[one.severity] += 1
        if one.severity != "note" and said.get(one.id) != "error":
            said[one.id] = one.severity
    noted = frozenset(one.id for one in diagnosis.findings) - said.keys()
    told = diagnosis.checks.get(case.plants or "", "ran")
    return Outcome(case, said, counts, noted, "" if told == "ran" else told)


def precision(outcomes: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """Alarms of each id and how many of them are accepted; only those that spoke."""
    told: dict[str, dict[str, int]] = {}
    for id in (id for ids in GROUPS.values() for id in ids):
        spoke = [one for one in outcomes if id in one.said]
        if spoke:
            told[id] = {"right": sum(id in one.case.accepted for one in spoke), "alarms": len(spoke)}
    return dict(sorted(told.items()))


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """A line for each check: its own planted cases, those found by dose, alarms, right ones and precision."""
    told = precision(outcomes)
    lines = [
        "| check | planted | found mild, medium, severe | alarms | right | precision |",
        "|---|---|---|---|---|---|",
    ]
    for id in (id for ids in GROUPS.values() for id in ids):
        own = [one for one in outcomes if one.case.plants == id]
        if not own and id not in told:
            continue
        doses = [[one.found for one in own if one.case.dose == dose] for dose in ("mild", "medium", "severe")]
        found = ", ".join(f"{sum(dose)}/{len(dose)}" for dose in doses) if own else "-"
        right, alarms = (told[id]["right"], told[id]["alarms"]) if id in told else (0, 0)
        share = f"{right / alarms:.2f} ({_interval(right, alarms)})" if alarms else "-"
        lines.append(f"| {id} | {len(own)} | {found} | {alarms} | {right} | {share} |")
    return lines


def _interval(right: int, alarms: int) -> str:
    interval = binomtest(right, alarms).proportion_ci(method="wilson")
    return f"{interval.low:.2f} to {interval.high:.2f}"


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """Recall by dose over all faults, precision over all alarms, and what was said where nothing is wrong."""
    planted = [one for one in outcomes if one.case.plants]
    lines = []
    for dose in ("mild", "medium", "severe"):
        own = [one for one in planted if one.case.dose == dose]
        if own:
            hit = sum(one.found for one in own)
            some = sum(bool(set(one.said) & one.case.accepted) for one in own)
            lines.append(
                f"{dose}: {hit} of {len(own)} found by their own check ({_interval(hit, len(own))}), {some} by any"
            )
    told = precision(outcomes).values()
    right, alarms = sum(one["right"] for one in told), sum(one["alarms"] for one in told)
    if alarms:
        lines.append(f"alarms: {right} of {alarms} right ({_interval(right, alarms)})")
    for kind in ("runs and loops", "tables"):
        own = [one for one in outcomes if not one.case.plants and ("-table-" in one.case.name) == (kind == "tables")]
        if own:
            bad = sum("error" in one.said.values() for one in own)
            errors, warned = (sum(one.counts.get(s, 0) for one in own) for s in ("error", "warning"))
            lines.append(
                f"healthy {kind}: {len(own)}; with an error {bad} ({_interval(bad, len(own))});"
                f" {errors / len(own):.3f} errors and {warned / len(own):.3f} warnings each"
            )
    return lines


def details(outcomes: Sequence[Outcome]) -> list[str]:
    """Every miss with what was said instead, and every alarm that is not accepted."""
    lines = ["", "misses:"]
    for one in outcomes:
        if one.case.plants and not one.found:
            own = "a note" if one.case.plants in one.noted else one.unseen or "ran, silent"
            lines.append(f"  {one.case.name} ({one.case.plants}): {own}; others: {_words(one.said) or 'none'}")
    lines += ["", "false alarms:"]
    for one in outcomes:
        wrong = {id: severity for id, severity in one.said.items() if id not in one.case.accepted}
        if wrong:
            lines.append(f"  {one.case.name} ({one.case.plants or 'healthy'}): {_words(wrong)}")
    return lines


def _words(said: Mapping[str, str]) -> str:
    return ", ".join(f"{id} {severity}" for id, severity in said.items())


def write(told: Mapping[str, Mapping[str, int]], path: Path) -> None:
    """precision.json, one check a line."""
    lines = [f"    {json.dumps(id)}: {json.dumps(dict(counts))}" for id, counts in told.items()]
    head = f'{{\n  "version": {json.dumps(VERSION)},\n  "checks": {{\n'
    path.write_text(head + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")


def main() -> None:
    """Make or find every case, print the table, and write precision.json where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write precision.json into the package")
    parser.add_argument("--only", nargs="+", help="only cases whose names begin so; writes nothing")
    parser.add_argument(
        "--part", default="1/1", help="I/N: make every N-th case only, to share the work; writes nothing"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "polyhead-planted", help="where runs are kept"
    )
    options = parser.parse_args()
    os.nice(2)
    part, parts = map(int, options.part.split("/"))
    cases = [one for one in all_cases() if not options.only or one.name.startswith(tuple(options.only))]
    outcomes = []
    for number, case in enumerate(cases):
        if number % parts == part - 1:
            began = time.perf_counter()
            outcomes.append(outcome(case, options.folder))
            last = outcomes[-1]
            print(f"{time.perf_counter() - began:5.1f} s {case.name}: {_words(last.said)} {last.unseen}", flush=True)
    print("\n".join(["", *table(outcomes), "", *summary(outcomes), *details(outcomes)]))
    if options.write and not options.only and parts == 1:
        write(precision(outcomes), WRITTEN)


if __name__ == "__main__":
    main()
