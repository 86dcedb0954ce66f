"""Does balancing help? Every balance beside networks of one task each: same split, seed, first weights and budget.

    OMP_NUM_THREADS=1 python benchmarks/balances.py hydraulic_1hz.npz fact_events.csv.gz --out balances.jsonl

Three sets: simulated bearings, the hydraulic test rig in held-out blocks of neighbouring cycles, and air showers seen
by the FACT telescope. Each finished run is a line of --out, and what stands there is not run again: an interrupted
study goes on, a changed one needs another file. Then the tables of docs/explanation/balancing_compared.md are printed.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import numpy as np
import torch
from scipy.stats import t as student

from polyhead import train
from polyhead.api import load, study_config
from polyhead.training.watcher import EpochReport, Watcher
from showers import showers

Config = Path | dict[str, Any]
Row = dict[str, Any]
Key = tuple[str, int, str, str | None]

SINGLE, AGAIN, DEFAULT, PLAIN = "single", "floor again", "floor", "sum"
ARMS: dict[str, str] = {
    "sum": "sum",
    "floor": "floor",
    AGAIN: "floor",
    "kendall": "kendall",
    "gls": "gls",
    "famo": "famo",
    "pcgrad, features": "{method: pcgrad, at: features}",
    "pcgrad, parameters": "{method: pcgrad, at: parameters}",
    "cagrad, parameters": "{method: cagrad, at: parameters}",
    "nash, features": "{method: nash, at: features}",
    "nash, parameters": "{method: nash, at: parameters}",
}
"""What is written under `balance`. `floor again` differs from `floor` in nothing but the seed of weights and order."""
SETS = ("bearings", "hydraulic", "showers")
EXAMPLE = Path(__file__).parent.parent / "examples" / "hydraulic.yaml"
BEARINGS = (
    "data.bearings=240",
    "data.snapshots=6",
    "data.samples=2144",
    "data.split.fractions=[0.6, 0.1, 0.3]",
    "model.backbone.channels=[32, 32, 32, 32, 32, 32]",
    "model.backbone.stem_stride=16",
    "train.epochs=12",
    "train.batch_size=32",
    "train.lr=1e-2",
)
HYDRAULIC = (
    "data.split={by: group, fractions: [0.6, 0.15, 0.25]}",
    "model.backbone.channels=[32, 32, 32, 32]",
    "model.backbone.stem_kernel=4",
    "model.backbone.stem_stride=2",
    "train.epochs=25",
    "train.batch_size=32",
    "train.lr=1e-2",
)
"""What makes runs short. Rates and epochs were chosen by the validation skill of sum and floor on seed 100."""


@dataclass(frozen=True)
class Case:
    """One run: all tasks under the balance `arm`, or `task` alone."""

    set: str
    config: Config
    overrides: tuple[str, ...]
    seed: int
    arm: str
    task: str | None = None

    @property
    def key(self) -> Key:
        """What tells it from the other runs of the study."""
        return self.set, self.seed, self.arm, self.task


class Clock(Watcher):
    """CPU seconds of training and of each step but the first of an epoch; on a busy machine a clock's say little."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.began = self.ended = self._last = math.nan

    def on_start(self, run: Path, tasks: tuple[str, ...], epochs: int, steps: int) -> None:
        self.began = time.process_time()

    def on_step(self, epoch: int, step: int) -> None:
        now = time.process_time()
        if step:
            self.steps.append(now - self._last)
        self._last = now

    def on_epoch(self, report: EpochReport) -> None:
        self.ended = time.process_time()


def run(case: Case) -> Row:
    """Train it; the skill of each task's primary metric on test and validation, and the CPU time it took."""
    torch.set_num_threads(1)
    # Gradients for the trace cost backward passes of their own, which are not what is timed here.
    overrides = [*case.overrides, "trace.every=1000", f"balance={ARMS.get(case.arm, DEFAULT)}"]
    overrides += [f"seed={case.seed + 1000 * (case.arm == AGAIN)}", f"data.split.seed={case.seed}"]
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        done = train(case.config, overrides, out=folder, tasks=[case.task] if case.task else [], watcher=clock)
    skills = {split: primary_skills(done.metrics[split]) for split in ("val", "test")}
    took = {"seconds": clock.ended - clock.began, "step": float(np.quantile(clock.steps, 0.25))}
    return {"set": case.set, "seed": case.seed, "arm": case.arm, "task": case.task, **skills, **took}


def primary_skills(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Skill of each task's primary metric."""
    return {
        task: score["skill"]
        for task, scores in metrics.items()
        for score in scores.values()
        if isinstance(score, dict) and score.get("primary")
    }


def cases(configs: Mapping[str, tuple[Config, tuple[str, ...]]], seeds: Iterable[int]) -> Iterator[Case]:
    """Every run, a seed of all sets after the other, so that a study cut short is whole in its first seeds."""
    for seed in seeds:
        for name, (config, overrides) in configs.items():
            for task in load(config, overrides).experiment.enabled:
                yield Case(name, config, overrides, seed, SINGLE, task)
            for arm in ARMS:
                yield Case(name, config, overrides, seed, arm)


def study(wanted: Sequence[Case], out: Path, jobs: int) -> list[Row]:
    """The rows of these runs, from `out` or run now and written there."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    known = {key_of(row) for row in rows}
    missing = [case for case in wanted if case.key not in known]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool, out.open("a") as file:
        futures = {pool.submit(run, case): case.key for case in missing}
        for number, future in enumerate(as_completed(futures), 1):
            failed = future.exception()
            print(f"{number}/{len(missing)} {futures[future]} {failed or ''}", file=sys.stderr, flush=True)
            if not failed:
                rows.append(future.result())
                file.write(json.dumps(rows[-1]) + "\n")
                file.flush()
    keys = {case.key for case in wanted}
    return [row for row in rows if key_of(row) in keys]


def key_of(row: Row) -> Key:
    """The key of the run that a row came from."""
    return row["set"], row["seed"], row["arm"], row["task"]


Skills = dict[tuple[str, int, str], dict[str, float]]
"""(set, seed, arm) to the test skill of each task; the nets of one task are together the arm `single`."""


def skills_of(rows: Iterable[Row]) -> Skills:
    """Test skills by set, seed and arm."""
    skills: Skills = {}
    for row in rows:
        skills.setdefault((row["set"], row["seed"], row["arm"]), {}).update(row["test"])
    return skills


def change(skills: Skills, name: str, arm: str, against: str) -> dict[int, float]:
    """By seed the mean over tasks of the arm's skill less that of `against`, in points (hundredths)."""
    seeds = sorted({seed for one, seed, _ in skills if one == name})
    pairs = {seed: (skills.get((name, seed, arm)), skills.get((name, seed, against))) for seed in seeds}
    return {
        seed: 100 * mean(ours[task] - theirs[task] for task in theirs)
        for seed, (ours, theirs) in pairs.items()
        if ours and theirs and ours.keys() == theirs.keys()
    }


def interval(changes: Mapping[int, float]) -> str:
    """Mean and half width of the 95 % t interval over seeds."""
    values = list(changes.values())
    if len(values) < 2:
        return "".join(f"{value:+.1f}" for value in values)
    half = float(student.ppf(0.975, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
    return f"{mean(values):+.1f} ± {half:.1f}"


def table(name: str, rows: Sequence[Row], skills: Skills) -> Iterator[str]:
    """The table of one set: changes, skill of each task (mean over seeds), time; an arm without runs has no line."""
    ours = [row for row in rows if row["set"] == name]
    tasks = list(dict.fromkeys(row["task"] for row in ours if row["task"]))
    yield f"| {name} | against single | against floor | {' | '.join(tasks)} | CPU s of training | step / sum |"
    yield "|---" * (len(tasks) + 5) + "|"
    plain = {row["seed"]: row["step"] for row in ours if row["arm"] == PLAIN}
    for arm in (SINGLE, *ARMS):
        took = [row for row in ours if row["arm"] == arm]
        if not took:
            continue
        held = [one for (where, _, which), one in skills.items() if (where, which) == (name, arm)]
        each = [[100 * one[task] for one in held if task in one] for task in tasks]
        means = " | ".join(f"{mean(values):.1f}" if values else "" for values in each)
        changes = " | ".join(interval(change(skills, name, arm, to)) if arm != to else "" for to in (SINGLE, DEFAULT))
        seconds = sum(row["seconds"] for row in took) / len(held)
        ratio = f"{median(row['step'] / plain[row['seed']] for row in took):.2f}" if arm != SINGLE else ""
        yield f"| {arm} | {changes} | {means} | {seconds:.0f} | {ratio} |"


def together(names: Sequence[str], skills: Skills) -> Iterator[str]:
    """The changes averaged over the sets, seed by seed, and those of each set against single nets."""
    yield f"| all sets | against single | against floor | {' | '.join(names)} |"
    yield "|---" * (len(names) + 3) + "|"
    for arm in ARMS:
        alone, beside = ([change(skills, name, arm, to) for name in names] for to in (SINGLE, DEFAULT))
        if all(alone):
            means = " | ".join(f"{mean(one.values()):+.1f}" for one in alone)
            against = interval(over_sets(beside)) if arm != DEFAULT else ""
            yield f"| {arm} | {interval(over_sets(alone))} | {against} | {means} |"


def over_sets(changes: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Mean over the sets of each seed that all of them have."""
    seeds = sorted(set.intersection(*(set(one) for one in changes)))
    return {seed: mean(one[seed] for one in changes) for seed in seeds}


def main() -> None:
    """Run what is missing and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hydraulic", type=Path, help="hydraulic_1hz.npz")
    parser.add_argument("showers", type=Path, help="fact_events.csv.gz")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        configs: dict[str, tuple[Config, tuple[str, ...]]] = {
            "bearings": (study_config("bearings"), BEARINGS),
            "hydraulic": (EXAMPLE, (f"data.path={given.hydraulic.resolve()}", *HYDRAULIC)),
            "showers": (showers(given.showers, Path(folder)), ()),
        }
        configs = {name: configs[name] for name in given.sets}
        rows = study(list(cases(configs, given.seeds)), given.out, given.jobs)
    skills = skills_of(rows)
    for name in configs:
        print("\n".join(table(name, rows, skills)) + "\n")
    if len(configs) > 1:
        print("\n".join(together(list(configs), skills)))


if __name__ == "__main__":
    main()
