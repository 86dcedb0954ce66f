"""Other packages' detectors beside polyhead's diagnosis, on the same runs of the fault benchmark.

    pip install torchmortem==0.1.1 torch-audit==0.3.0 trainproof==0.22.0 lightning
    python benchmarks/rivals.py --out rivals.jsonl           # 20 faults in three doses, 36 healthy runs, decoys
    python benchmarks/rivals.py --out rivals.jsonl --show    # print the tables of what was made

Each detector has the settings of its own page and its own thresholds, and sees the very run that polyhead trains: two
hang in its loop, which leaves the run as it is to the last bit, the others read what it wrote. Two faults in
three are of kinds that these detectors speak of, by `CAUSES` in faults/rivals.py; the others lie in labels, splits,
metrics and the balance of tasks, where they can see a consequence at most. An alarm is a warning or worse. Recall says
little beside many false alarms: both stand in one row. What is not installed is left out, and said.

The faults are from polyhead's own catalogue, and polyhead reads more than the others are given: labels, splits and
metrics. About 30 minutes on one thread.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from faults import rivals
from faults.case import BenchCase
from faults.fault import DOSES
from faults.hearing import POLYHEAD, SPOKEN_OF, Heard, broken, hear, sick_looking, sound

SORTS = ("healthy", "fault", "decoy")


def table(runs: Sequence[Heard], severe: bool = False) -> list[str]:
    """A line for each detector: faulty runs that it sounds at, those whose cause it names, those where it does so by an
    alarm that the same run without the fault does not raise, and what it says of runs without a fault."""
    lines = [
        "| detector | sounds at mild, medium, severe | all doses | names the cause | and not on the healthy twin "
        "| healthy runs it sounds at | alarms a healthy run | decoys |",
        "|---|---|---|---|---|---|---|---|",
    ]
    names = list(dict.fromkeys(name for one in runs for name in one.said))
    rows = {name: [name] for name in names} | {"all but polyhead together": [one for one in names if one != POLYHEAD]}
    by_name = {one.name: one for one in runs}
    of = {sort: [one for one in runs if one.sort == sort] for sort in SORTS}
    for title, own in rows.items():
        hits = {sort: [bool(one.alarms(own, severe)) for one in of[sort]] for sort in SORTS}
        doses = [[hit for hit, one in zip(hits["fault"], of["fault"], strict=True) if one.dose == d] for d in DOSES]
        cells = [
            ", ".join(f"{sum(dose)}/{len(dose)}" for dose in doses),
            share(hits["fault"]),
            share([bool(one.naming(one.causes, own, severe)) for one in of["fault"]]),
            share([_new(one, by_name.get(one.twin), own, severe) for one in of["fault"]]),
            share(hits["healthy"]),
            f"{np.mean([len(one.alarms(own, severe)) for one in of['healthy']]):.2f}" if of["healthy"] else "-",
            f"{sum(hits['decoy'])}/{len(hits['decoy'])}",
        ]
        lines.append(" | ".join([f"| {title}", *cells]) + " |")
    return lines


def _new(one: Heard, twin: Heard | None, own: Sequence[str], severe: bool) -> bool:
    said = set(one.naming(one.causes, own, severe))
    return bool(said - set(twin.alarms(own, severe) if twin is not None else ()))


def share(hits: Sequence[bool]) -> str:
    """The share of hits, and Wilson's interval of 95 %."""
    if not hits:
        return "-"
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return f"{np.mean(hits):.2f} ({interval.low:.2f} to {interval.high:.2f})"


def shown(heard: Sequence[Heard]) -> list[str]:
    """All tables: the whole sample, its two halves, what each calls worse than a warning; then alarms by name."""
    runs = [one for one in heard if one.ran and not one.unfit]
    faulty = {
        "all faults": [one for one in runs if one.causes],
        "faults of kinds that other detectors speak of": [one for one in runs if SPOKEN_OF & set(one.causes)],
        "faults of other kinds": [one for one in runs if one.causes and not SPOKEN_OF & set(one.causes)],
    }
    others = [one for one in runs if not one.causes]
    unfit, refused = [one.name for one in heard if one.unfit], [one.name for one in heard if not one.ran]
    lines = [f"{len(faulty['all faults'])} runs with a fault, {len(others)} without; left out:"]
    lines += [f"  {', '.join(unfit) or 'none'}, since they fail the criteria of health"]
    lines += [f"  {', '.join(refused) or 'none'}, since polyhead refuses to train them"]
    for title, own in faulty.items():
        lines += ["", f"{title}:", "", *table([*own, *others])]
    lines += ["", "only what a detector calls worse than a warning:", "", *table(runs, severe=True)]
    lines += ["", "alarms at healthy runs and decoys:"]
    for name in dict.fromkeys(name for one in runs for name in one.said):
        counts = Counter(alarm for one in others for alarm in one.said.get(name, {}))
        lines.append(f"  {name}: {', '.join(f'{alarm} {count}' for alarm, count in counts.most_common()) or 'none'}")
    return lines


class Book:
    """What was heard so far, a line for each run in a file."""

    def __init__(self, path: Path, work: Path, absent: Sequence[str]) -> None:
        self._path, self._work, self._absent = path, work, absent

    @property
    def runs(self) -> list[Heard]:
        """All of them."""
        lines = self._path.read_text().splitlines() if self._path.is_file() else []
        return [Heard(**json.loads(line)) for line in lines]

    def fill(self, cases: Iterable[BenchCase], mine: Callable[[int], bool]) -> None:
        """Hear those of the cases that are not in the file yet."""
        known = {one.name for one in self.runs}
        self._work.mkdir(parents=True, exist_ok=True)
        for case in (one for number, one in enumerate(cases) if mine(number) and one.name not in known):
            found = hear(case, self._work, self._absent)
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(found)) + "\n")
            told = {name: sorted(own) for name, own in found.said.items() if own}
            print(f"{found.seconds:5.1f} s {case.name}: {found.unfit} {told}", flush=True)


def main() -> None:
    """Hear all cases that are not yet in the file, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=20, help="how many, each in three doses")
    parser.add_argument("--healthy", type=int, default=4, help="runs of each recipe, and of loops of one's own")
    parser.add_argument("--out", type=Path, default=Path("rivals.jsonl"), help="a line a run; what is there stays")
    parser.add_argument("--show", action="store_true", help="train nothing, print the tables of the file")
    parser.add_argument("--only", choices=SORTS, nargs="+", default=list(SORTS), help="runs of these sorts")
    parser.add_argument("--part", default="1/1", help="I/N: every N-th case only, to share the work")
    work = Path(tempfile.gettempdir()) / "polyhead-rivals"
    parser.add_argument("--folder", type=Path, default=work, help="for what is in work")
    options = parser.parse_args()
    absent = rivals.missing()
    print("".join(f"{name}: {why}\n" for name, why in absent.items()), end="")
    book = Book(options.out, options.folder, list(absent))
    part, parts = map(int, options.part.split("/"))

    def mine(number: int) -> bool:
        return number % parts == part - 1

    for sort in () if options.show else options.only:
        if sort == "healthy":
            book.fill(sound(options.healthy), mine)
        elif sort == "fault":
            fit: dict[str, list[int]] = {}
            for one in book.runs:
                if one.sort == "healthy" and not one.unfit:
                    fit.setdefault(one.recipe, []).append(one.seed)
            book.fill(broken(options.faults, fit, options.healthy), mine)
        else:
            book.fill(sick_looking(1), mine)
    print("\n".join(["", *shown(book.runs)]))


if __name__ == "__main__":
    main()
