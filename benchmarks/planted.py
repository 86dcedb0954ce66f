"""How good diagnosis is: healthy runs, decoys and planted faults, and whether what is said of them is right.

    python benchmarks/planted.py                          # everything: about an hour and a half on one core
    python benchmarks/planted.py --jobs 2 --folder FOLDER # two processes; runs and outcomes are kept in FOLDER
    python benchmarks/planted.py --stages faults --only large-target
    python benchmarks/planted.py --stages                 # count what is there, make nothing
    python benchmarks/planted.py --write                  # and write src/polyhead/diagnosis/precision.json
    python benchmarks/planted.py --stages --lock          # and store the locked subset of tests/benchmarks anew
    python benchmarks/planted.py --stages --hold          # the verdicts alone, after a change of checks

Stages: healthy runs of recipes whose network, width, learning rate, balance, loop and size a seed draws; those that
miss the criteria of health (faults/harm.py) are left out before any diagnosis. Decoys: healthy runs that look sick.
Faults of the catalogue in three doses, on seeds whose healthy run is fit; what may rightly be said of each is declared
with it (faults/families). Loops under a Monitor, and tables of metrics. A dose that does not hurt its task over the
pairs with the healthy twins counts as latent. An alarm is a warning or an error.

Runs are kept in the folder and made once, unless data or configuration change; checks are always asked anew. The real
recipe reads sarcos_inv_test.mat, named by --sarcos or POLYHEAD_SARCOS; without it it is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import polyhead
from faults import cases, locked, recipes
from faults.families import FAULTS
from faults.loops import faults as loop_faults
from faults.loops import loops
from faults.page import page
from faults.recipes.sarcos import FILE
from faults.results import Results, counted
from faults.tables import TABLES, tables
from faults.work import Workplace
from polyhead.diagnosis.catalogue import all_checks

VERSION = "v2"
WRITTEN = Path(polyhead.__file__).parent / "diagnosis" / "precision.json"
STAGES = ("healthy", "decoys", "faults", "loops", "tables")
NAMED = {one.name: one for one in (*FAULTS, *loop_faults.FAULTS, *(fault for _, fault in TABLES))}
MARKS = ("<!-- measured -->", "<!-- end of measured -->")
EXTRA = ("drive", "echo", "heading")
"""Recipes that serve a fault or two; a third of the healthy runs of the others."""


def make(place: Workplace, options: argparse.Namespace) -> None:
    """Every stage that is asked for."""
    names = recipes.there()
    only = tuple(options.only or ("",))

    def wanted(some: Iterable[cases.BenchCase]) -> list[cases.BenchCase]:
        return [one for one in some if one.name.startswith(only)]

    if "healthy" in options.stages:
        place.make(wanted(_healthy(names, options.healthy)))
    if "decoys" in options.stages:
        place.make(wanted(cases.decoys(names, options.pairs)))
    if "faults" in options.stages:
        place.make(wanted(cases.faulty(_twins(place, names, options.healthy), options.pairs)))
    if "loops" in options.stages:
        place.make(wanted(loops(options.pairs, options.pairs + 10)))
    if "tables" in options.stages:
        place.make(wanted(tables(3, 30)))


def _healthy(names: tuple[str, ...], seeds: int) -> list[cases.BenchCase]:
    return [one for name in names for one in cases.healthy([name], max(14, seeds // 4) if name in EXTRA else seeds)]


def _twins(place: Workplace, names: tuple[str, ...], seeds: int) -> Mapping[str, list[int]]:
    """Seeds of each recipe whose healthy run meets the criteria."""
    made = [place.outcomes[one.name] for one in _healthy(names, seeds) if one.name in place.outcomes]
    return {name: [one.seed for one in made if one.recipe == name and not one.unfit] for name in names}


def write(found: Results, path: Path) -> None:
    """precision.json, one check a line; what training refuses by itself is said by none."""
    known = {one.id for one in all_checks()}
    told = {id: counts for id, counts in found.alarms().items() if id in known}
    lines = [f"    {json.dumps(id)}: {json.dumps(counts)}" for id, counts in told.items()]
    head = f'{{\n  "version": {json.dumps(VERSION)},\n  "checks": {{\n'
    path.write_text(head + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")


def put(text: str, page: Path) -> None:
    """Write the tables between the two marks of a page, or as a page of their own where there is none."""
    whole = page.read_text(encoding="utf-8") if page.is_file() else "\n".join(MARKS)
    before, _, rest = whole.partition(MARKS[0])
    page.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{rest.partition(MARKS[1])[2]}", encoding="utf-8")


def main() -> None:
    """Make or find every case, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", nargs="*", choices=STAGES, default=list(STAGES))
    parser.add_argument("--only", nargs="+", help="only cases whose names begin so")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the work")
    parser.add_argument("--healthy", type=int, default=54, help="healthy runs of each recipe")
    parser.add_argument("--pairs", type=int, default=cases.PAIRS, help="pairs of a dose and its healthy twins")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "polyhead-faults")
    parser.add_argument("--sarcos", type=Path, help="sarcos_inv_test.mat")
    parser.add_argument("--page", type=Path, help="put the tables between the marks of this file")
    parser.add_argument("--write", action="store_true", help="write precision.json into the package")
    parser.add_argument("--lock", action="store_true", help="store runs and verdicts of the locked subset")
    parser.add_argument("--hold", action="store_true", help="store the verdicts of the locked subset alone")
    options = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # small steps: one thread for each process
    if options.sarcos:
        os.environ[FILE] = str(options.sarcos)
    place = Workplace(options.folder, options.jobs)
    place.load()
    make(place, options)
    found = counted(list(place.outcomes.values()), NAMED)
    text = "\n".join(page(found))
    print("\n" + text)
    if "sarcos" not in recipes.there():
        print(f"\nwithout sarcos: name sarcos_inv_test.mat with --sarcos or {FILE}")
    if options.page:
        put(text, options.page)
    if options.write:
        write(found, WRITTEN)
    if options.lock:
        locked.lock(place.runs)
    elif options.hold:
        locked.hold()


if __name__ == "__main__":
    main()
