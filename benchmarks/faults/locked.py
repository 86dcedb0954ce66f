"""The locked subset: a few cases whose verdicts a test holds, so that a check that starts or stops firing is seen.

Runs are stored, so that no verdict hangs on the rounding of a processor; what is said before training and of tables is
said anew.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import polyhead
from faults.case import Looked
from faults.cases import planted
from faults.families import FAULTS
from faults.running import checked, looked
from faults.tables import tables

ROOT = Path(__file__).parents[2]
STORED = ROOT / "tests" / "benchmarks" / "locked"
VERDICTS = STORED / "verdicts.json"
HEALTHY = ROOT / "tests" / "diagnosis" / "frozen"
"""Four healthy runs that tests of diagnosis keep."""
RUNS = (
    *(
        "large-target-ph-severe",
        "cold-softmax-iq-severe",
        "filled-off-bearings-severe",
        "flipped-in-training-ph-severe",
    ),
    *("rate-too-high-iq-severe", "padded-ph-severe", "test-offset-ph-severe", "weightless-ph-severe"),
    *("decoy-negative-likelihood", "decoy-truly-accurate", "decoy-long-at-rest"),
)
"""Names of cases without the seed; the first seed that was made is stored."""
BEFORE = (("same-twice", "ph"), ("digits-tell", "bearings"), ("overlapping", "bearings"), ("copied", "iq"))
"""Faults and recipes whose severe dose is looked for before training, with seed 1."""
TABLES = ("table-by-batch-severe-0", "table-mean-said-severe-0", "table-healthy-0")

LEFT_OUT = ("findings.json", "environment.json")
SCRATCH = re.compile(rb"/[\w./-]*/tmp\w+")
"""The folder that a run trained in."""

Verdict = dict[str, str]
"""The worst severity of each id that warns or worse."""


def verdict(told: Looked) -> Verdict:
    """What is held of a case."""
    said: Verdict = {}
    for one in told.said:
        if one.severity != "note" and said.get(one.id) != "error":
            said[one.id] = one.severity
    return dict(sorted(said.items()))


def names() -> tuple[str, ...]:
    """Every case of the subset."""
    stored = sorted(path.stem for path in STORED.glob("*.zip"))
    healthy = sorted(path.name for path in HEALTHY.iterdir() if (path / "state.json").is_file())
    before = [f"check-{fault}-{recipe}" for fault, recipe in BEFORE]
    return (*stored, *(f"frozen-{name}" for name in healthy), *before, *TABLES)


def look(name: str) -> Verdict:
    """Ask all checks of a case of the subset."""
    if name.startswith("check-"):
        fault, recipe = name.removeprefix("check-").rsplit("-", 1)
        one = next(one for one in FAULTS if one.name == fault)
        return verdict(checked(planted(one, recipe, one.doses[-1], 1)))
    if name in TABLES:
        return verdict(next(one for one in tables(1, 1) if one.name == name).make(Path()))
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        if name.startswith("frozen-"):
            shutil.copytree(HEALTHY / name.removeprefix("frozen-"), run)
        else:
            with zipfile.ZipFile(STORED / f"{name}.zip") as held:
                held.extractall(run)
        return verdict(looked(polyhead.diagnose(run)))


def held() -> Mapping[str, Verdict]:
    """The verdicts as the test holds them."""
    return dict(json.loads(VERDICTS.read_text(encoding="utf-8")))


def lock(runs: Path) -> None:
    """Store the runs of the subset anew from the benchmark's folder, and what is said of all now."""
    STORED.mkdir(parents=True, exist_ok=True)
    for name, folder in _made(runs):
        _store(folder / "run", STORED / f"{name}.zip")
    hold()


def hold() -> None:
    """Write what is said of the subset now."""
    told = {name: look(name) for name in names()}
    VERDICTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _made(runs: Path) -> Iterator[tuple[str, Path]]:
    for name in RUNS:
        found = sorted(path for path in runs.glob(f"{name}-*") if (path / "run").is_dir())
        if found:
            yield name, found[0]


def _store(run: Path, path: Path) -> None:
    """The run as a zip file with fixed dates and no folder of its own, so that the same run gives the same file."""
    with zipfile.ZipFile(path, "w") as held:
        for one in sorted(run.rglob("*")):
            if one.is_file() and one.name not in LEFT_OUT:
                content = one.read_bytes()
                if one.suffix in (".json", ".yaml"):
                    content = SCRATCH.sub(b"data", content)
                held.writestr(zipfile.ZipInfo(str(one.relative_to(run))), content, zipfile.ZIP_DEFLATED, 9)
