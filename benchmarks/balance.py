"""What a balance costs: time and memory of forward, backward and balance, beside the plain sum of the losses.

    OMP_NUM_THREADS=1 python benchmarks/balance.py

Every way takes the same windows with weights of its own that start alike, a few steps at a time, all ways taking turns;
a figure is the median over the turns of its time over that of the plain sum in the same turn. Memory is the most that
torch's allocator holds during a step beyond what it held before, as torch.profiler records it. Batches are prepared
beforehand and the optimiser does not move.

References: a full backward pass for each task, whose gradients are flattened and kept (what LibMTL does), and torchjd's
mtl_backward in its chunkings and its autogram engine. They go through the same network and losses and take their
weights from the same solver, so that only the passes differ.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torchjd.aggregation import GramianWeightedAggregator, Weighting
from torchjd.autogram import Engine
from torchjd.autojac import jac_to_grad, mtl_backward

from polyhead.balance import Balance, Sight
from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.trace.folder import RunFolder
from polyhead.training.descent import descend, look, task_losses
from polyhead.training.feed import Batch
from polyhead.training.jacobian import inner_products
from polyhead.training.preparation import Prepared, prepare
from polyhead.training.session import Session

BATCH, SAMPLES, WINDOWS, CLASSES = 32, 1024, 512, 4
MODELS: dict[str, dict[str, Any]] = {
    "tcn": {"name": "tcn", "channels": [56] * 5, "stem_kernel": 16, "stem_stride": 8},
    "resnet1d": {"name": "resnet1d", "channels": [16, 32, 64], "stem_stride": 4},
}
TASKS = (2, 4, 8)
METHOD = "upgrad"
OURS: dict[str, str | dict[str, Any]] = {
    "sum": "sum",
    "gls": "gls",
    "famo": "famo",
    "upgrad, at: features": {"method": METHOD, "at": "features"},
    "upgrad, at: block, every: 4": {"method": METHOD, "at": "block", "every": 4},
    "upgrad, at: block": {"method": METHOD, "at": "block"},
    "upgrad, at: parameters, every: 4": {"method": METHOD, "at": "parameters", "every": 4},
    "upgrad, at: parameters": {"method": METHOD, "at": "parameters"},
}
Step = Callable[[Batch], None]


def experiment(model: str, tasks: int) -> Experiment:
    """Classifications, regressions and binary tasks in turn; every regression lacks a fifth of its labels."""
    kinds = ("classification", "regression", "binary", "regression")
    return Experiment.model_validate(
        {
            "name": "balance",
            "data": {"reader": "npz", "split": {"by": "window", "fractions": [0.8, 0.1, 0.1]}},
            "tasks": {f"task{number}": {"kind": kinds[number % len(kinds)]} for number in range(tasks)},
            "model": {"backbone": MODELS[model]},
            "train": {"batch_size": BATCH, "epochs": 1, "device": "cpu"},
        }
    )


def source(options: Experiment) -> Source:
    """Noise with labels; what is learned does not matter here."""
    rng = np.random.default_rng(0)
    labels = {
        "classification": lambda: rng.integers(0, CLASSES, WINDOWS),
        "binary": lambda: rng.integers(0, 2, WINDOWS),
        "regression": lambda: np.where(rng.random(WINDOWS) < 0.2, np.nan, rng.random(WINDOWS)),
    }
    signal = rng.standard_normal((WINDOWS, 1, SAMPLES), dtype=np.float32)
    columns = {name: labels[task.kind]() for name, task in options.tasks.items()}
    return Source({"signal": InputArray(signal, ("vibration",))}, columns)


def own(session: Session, batch: Batch) -> None:
    """A step as training makes it, but for clipping, optimiser and log."""
    known = session.known([batch])
    made = descend(session, [batch], known, False)
    session.balance.learn(made.losses * session.units, known > 0)
    if session.balance.looks_again:
        after = look(session, [batch], known)
        session.balance.look_again(made.losses * session.units, after * session.units, known > 0)
    session.total += 1


def losses_of(session: Session, batch: Batch) -> tuple[Tensor, list[Tensor]]:
    """The backbone's map and the losses in units."""
    forward = session.forward(batch)
    each = task_losses(session, batch, forward.outputs, session.known([batch]))
    return forward.shared[0], [unit * loss for unit, loss in zip(session.units, each, strict=True)]


def full_passes(session: Session, batch: Batch) -> None:
    """A full backward pass for each task."""
    _, losses = losses_of(session, batch)
    shared = session.backbone
    rows = torch.zeros(len(losses), sum(p.numel() for p in shared))
    for task, loss in enumerate(losses):
        for parameter in shared:
            parameter.grad = None
        loss.backward(retain_graph=task < len(losses) - 1)
        rows[task] = torch.cat([p.grad.flatten() for p in shared if p.grad is not None])
    step = weighed(session.balance, inner_products(list(rows))) @ rows
    for parameter, gradient in zip(shared, torch.split(step, [p.numel() for p in shared]), strict=True):
        parameter.grad = gradient.view_as(parameter)


def weighed(balance: Balance, gramian: Tensor) -> Tensor:
    """The weights (task,) of tasks that are all there."""
    ones = torch.ones(len(gramian))
    weights: Tensor = balance(Sight(ones > 0, ones.double(), gramian.double()))
    return weights


class Same(Weighting[Tensor]):
    """The session's balance as torchjd's aggregators want it."""

    def __init__(self, balance: Balance) -> None:
        super().__init__()
        self.balance = balance

    def forward(self, stat: Tensor, /) -> Tensor:
        """Weights (task,) of a Gramian (task, task)."""
        return weighed(self.balance, stat)


def torchjd_passes(session: Session, chunk: int | None, batch: Batch) -> None:
    """mtl_backward, `chunk` tasks at a time; None is all."""
    features, losses = losses_of(session, batch)
    mtl_backward(losses, features=features, shared_params=session.backbone, parallel_chunk_size=chunk)
    jac_to_grad(session.backbone, GramianWeightedAggregator(Same(session.balance)))


def torchjd_gramian(session: Session, engine: Engine, batch: Batch) -> None:
    """The Gramian without the gradients, then one backward pass."""
    losses = torch.stack(losses_of(session, batch)[1])
    losses.backward(weighed(session.balance, engine.compute_gramian(losses)))


def ways(prepared: Prepared, folder: Path) -> dict[str, tuple[Session, Step]]:
    """All that take turns, each with a session of its own."""

    def begun(balance: str | dict[str, Any]) -> Session:
        options = Experiment.model_validate(prepared.experiment.model_dump(exclude_unset=True) | {"balance": balance})
        return Session(replace(prepared, experiment=options), RunFolder.create(folder, "balance", datetime.now()))

    made: dict[str, tuple[Session, Step]] = {}
    for name, balance in OURS.items():
        session = begun(balance)
        made[name] = session, partial(own, session)
    session = begun(METHOD)
    made["K full backward passes"] = session, partial(full_passes, session)
    for chunk in (1, 2, 4, None):
        if chunk is None or chunk < len(prepared.tasks):
            session = begun(METHOD)
            made[f"torchjd, chunks of {chunk or 'K'}"] = session, partial(torchjd_passes, session, chunk)
    if prepared.experiment.model.backbone.name != "tcn":  # its stem's weights are used outside of its module
        session = begun(METHOD)
        made["torchjd, autogram"] = (
            session,
            partial(torchjd_gramian, session, Engine(session.raw.backbone, batch_dim=None)),
        )
    return made


def peak(session: Session, step: Step, batch: Batch) -> float:
    """The most of memory, in MB, that a step holds beyond what was held before it."""
    session.total = 0
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        step(batch)
    session.optimizer.zero_grad()
    assert watched.profiler is not None
    assert watched.profiler.kineto_results is not None
    changes = [e for e in watched.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = np.cumsum([change.nbytes() for change in sorted(changes, key=lambda e: e.start_ns())])
    return float(held.max()) / 1e6


def turns(made: dict[str, tuple[Session, Step]], stretches: int, steps: int) -> dict[str, list[float]]:
    """Seconds of a step in every stretch but the first, which warms up."""
    session, _ = made["sum"]
    batches = [session.feed.batch(parts[0]) for parts in session.steps_of(0)[:steps]]
    seconds: dict[str, list[float]] = {name: [] for name in made}
    for stretch in range(stretches + 1):
        for name in list(made)[:: 1 if stretch % 2 else -1]:
            session, step = made[name]
            began = time.process_time()
            for batch in batches:
                step(batch)
                session.optimizer.zero_grad()
            if stretch:
                seconds[name].append((time.process_time() - began) / len(batches))
    return seconds


def measured(model: str, tasks: int, stretches: int, steps: int) -> dict[str, tuple[float, float, float]]:
    """For each way: median seconds of a step, median ratio to the plain sum, and peak memory in MB."""
    options = experiment(model, tasks)
    prepared = prepare(options, source(options))
    with tempfile.TemporaryDirectory() as folder:
        made = ways(prepared, Path(folder))
        seconds = turns(made, stretches, steps)
        batch = made["sum"][0].feed.batch(np.asarray(prepared.split["train"][:BATCH]))
        return {
            name: (
                statistics.median(each),
                statistics.median(a / b for a, b in zip(each, seconds["sum"], strict=True)),
                peak(*made[name], batch),
            )
            for name, each in seconds.items()
        }


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stretches", type=int, default=6)
    parser.add_argument("--steps", type=int, default=4, help="a multiple of 4, the longest time between comparisons")
    parser.add_argument("--model", choices=MODELS, nargs="*", default=list(MODELS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for model in arguments.model:
        found = {tasks: measured(model, tasks, arguments.stretches, arguments.steps) for tasks in TASKS}
        base = [found[tasks]["sum"] for tasks in TASKS]
        print(f"\n| {model} | time, K = 2 | 4 | 8 | memory, K = 2 | 4 | 8 |\n|---|---|---|---|---|---|---|")
        plain = [f"{1e3 * one[0]:.1f} ms" for one in base] + [f"{one[2]:.1f} MB" for one in base]
        print(f"| sum | {' | '.join(plain)} |")
        for name in found[TASKS[-1]]:
            rows = [found[tasks].get(name) for tasks in TASKS]
            times = ["" if row is None else f"{row[1]:.2f}" for row in rows]
            memory = ["" if row is None else f"{row[2] / one[2]:.2f}" for row, one in zip(rows, base, strict=True)]
            if name != "sum":
                print(f"| {name} | {' | '.join(times + memory)} |", flush=True)


if __name__ == "__main__":
    main()
