"""Where to balance: do gradients compared at a cheap place lead to the step that all shared parameters lead to?

    OMP_NUM_THREADS=1 python benchmarks/places.py hydraulic_1hz.npz fact_events.csv.gz

Three networks train with `balance: floor`. Every so many steps the tasks' gradients are compared at several places, and
in the steps before, over the parameters: so that weights found there, 1 to 16 steps ago, can be tried now. The step
that some weights make is always taken over all shared parameters, and compared with the one that a method makes of
weights found over all shared parameters: first both on the very batch of the sample, then both on the mean gradients of
eight other batches, which a batch's own noise has no part in.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from torch import Tensor, nn

from polyhead import api
from polyhead.balance import GradientBalance, Terms, build_balance
from polyhead.config.balance import Balance as BalanceOptions
from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.trace.folder import RunFolder
from polyhead.training.descent import task_losses
from polyhead.training.feed import Batch
from polyhead.training.fit import train_step
from polyhead.training.jacobian import inner_products
from polyhead.training.preparation import prepare
from polyhead.training.replay import StatisticsAtRest
from polyhead.training.session import Session

EXAMPLE = Path(__file__).parent.parent / "examples" / "hydraulic.yaml"
METHODS = ("upgrad", "pcgrad", "cagrad", "nash", "mgda", "imtl")
PERIOD, AGES, OTHERS = 30, (1, 2, 4, 8, 16), 8
PARTS = 4  # a batch's first such part is looked at alone
FULL, PLAIN, PART, OTHER = "parameters", "plain sum", f"1/{PARTS} of the batch", "another batch"
PLACES = ("features", "outer products", "block", PART, OTHER)
MEAN, MOVED = "mean of the five", "features to plain sum"
Matrix = NDArray[np.float64]


def bearings() -> tuple[Experiment, Source]:
    """The simulated study, smaller: four tasks, life unknown for bearings taken out early."""
    options = ["data.bearings=96", "model.backbone.channels=[32,32,32,32]", "train.batch_size=32", "train.epochs=5"]
    experiment = api.load(api.study_config("bearings"), options).experiment
    return experiment, api.read(experiment.data)


def hydraulic(path: Path) -> tuple[Experiment, Source]:
    """The example with a ResNet: five tasks, every label known."""
    options = [f"data.path={path.resolve()}", "model.backbone={name: resnet1d, channels: [24, 48, 96], stem_stride: 1}"]
    experiment = api.load(EXAMPLE, [*options, "train.batch_size=32", "train.epochs=7"]).experiment
    return experiment, api.read(experiment.data)


def showers(path: Path) -> tuple[Experiment, Source]:
    """FACT telescope: image parameters; where a shower came from is known for a third of the events only."""
    table = polars.read_csv(path, infer_schema_length=None)
    truth = ("corsika", "ceres", "source_position", "true_", "run_", "event_", "incident", "pointing", "aux", "index")
    numbers = table.select(polars.selectors.numeric())
    inputs = [name for name in numbers.columns if not name.startswith(truth)]
    values = numbers.select(inputs).to_numpy().astype(np.float32)
    whole = np.isfinite(values).all(axis=0) & (values.std(axis=0) > 0)
    columns = {
        "gamma": (table["sample"] != "proton").cast(polars.Int64).to_numpy(),
        "energy": np.log10(table["corsika_event_header_total_energy"].to_numpy()),
        "impact": np.log10(table["ceres_event_basic_impact"].to_numpy()),
        "disp": np.log10(table["true_disp_mm"].cast(polars.Float64).abs().fill_null(np.nan).to_numpy()),
        "sign": table["true_sign"].cast(polars.Float64).fill_null(np.nan).to_numpy(),
    }
    tasks = {name: {"kind": "regression"} for name in ("energy", "impact", "disp")}
    experiment = Experiment.model_validate(
        {
            "name": "showers",
            "data": {"reader": "npz", "split": {"by": "window", "fractions": [0.8, 0.1, 0.1]}},
            "tasks": {"gamma": {"kind": "binary"}, **tasks, "sign": {"kind": "binary"}},
            "model": {"backbone": {"name": "mlp", "hidden": [128, 128, 64]}},
            "train": {"batch_size": 64, "epochs": 12},
        }
    )
    names = tuple(name for name, keep in zip(inputs, whole, strict=True) if keep)
    return experiment, Source({"image": InputArray(values[:, whole], names)}, columns)


@dataclass
class Look:
    """Inner products (task, task) by place, and seconds by what they took, of one batch; `present` (task,)."""

    present: NDArray[np.bool_]
    gramians: dict[str, Matrix] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class Watch:
    """Processor seconds from one call to the next."""

    def __init__(self) -> None:
        self._since = time.process_time()

    def __call__(self) -> float:
        before, self._since = self._since, time.process_time()
        return self._since - before


def rows_of(shared: Tensor, at: Sequence[nn.Parameter], arrived: Sequence[Tensor]) -> list[Tensor]:
    """Each task's gradient over these parameters, flattened."""
    made = (torch.autograd.grad(shared, at, one, retain_graph=True) for one in arrived)
    return [torch.cat([part.flatten() for part in parts]) for parts in made]


def look(session: Session, batch: Batch, everywhere: bool) -> tuple[Look, Tensor]:
    """Compare the gradients of the losses in units on a batch, leaving no trace in the session; returns those over the
    shared parameters (task, parameter) too."""
    with StatisticsAtRest(session.raw), torch.random.fork_rng():
        known = session.known([batch])
        found = Look((known > 0).numpy())
        watch = Watch()
        forward = session.forward(batch, cut=True)
        each = task_losses(session, batch, forward.outputs, known)
        found.seconds["forward"] = watch()
        shared, features = forward.shared[0], forward.features[0]
        arrived = [
            torch.autograd.grad(unit * loss, features, allow_unused=True, materialize_grads=True)[0]
            for unit, loss in zip(session.units, each, strict=True)
        ]
        found.seconds["heads"] = watch()
        rows = rows_of(shared, session.backbone, arrived)
        found.gramians[FULL] = inner_products(rows).numpy()
        found.seconds[FULL] = watch()
        if everywhere:
            found.gramians["features"] = inner_products([one.flatten() for one in arrived]).numpy()
            found.seconds["features"] = watch()
            seen = features.detach()
            outer = [torch.einsum("bct,bdt->cd", one, seen).flatten() for one in arrived]
            found.gramians["outer products"] = inner_products(outer).numpy()
            found.seconds["outer products"] = watch()
            found.gramians["block"] = inner_products(rows_of(shared, session.raw.last_block, arrived)).numpy()
            found.seconds["block"] = watch()
    return found, torch.stack(rows)


@dataclass
class Sample:
    """What was seen of one batch: at every place; of its first part and of another batch; of batches that many steps
    ago; and of eight other batches together."""

    here: Look
    elsewhere: dict[str, Look]
    before: dict[int, Look]
    others: Look

    def gramian(self, place: str) -> tuple[Matrix, NDArray[np.bool_]]:
        """(task, task), and which tasks are in it."""
        seen = self.elsewhere.get(place, self.here)
        return seen.gramians[place if place in seen.gramians else FULL], seen.present

    def tried(self, method: str, draw: int) -> dict[str, Matrix]:
        """The weights (task,) that a method finds in each way."""
        found = {PLAIN: np.ones(len(self.here.present))}
        found |= {place: weights_of(method, *self.gramian(place), draw) for place in (FULL, *PLACES)}
        for age, seen in self.before.items():
            found[f"{age} ago"] = weights_of(method, seen.gramians[FULL], seen.present, draw)
        gramians, present = zip(*((seen.gramians[FULL], seen.present) for seen in self.before.values()), strict=True)
        found[MEAN] = weights_of(method, np.mean(gramians, axis=0), np.any(present, axis=0), draw)
        return found


def look_around(session: Session, steps: Sequence[Any], number: int, recent: dict[int, Look]) -> Sample:
    """All there is to see at the next step, which is `number` of `steps`."""
    own = steps[number][0]
    here, _ = look(session, session.feed.batch(own), True)
    part, _ = look(session, session.feed.batch(own[: len(own) // PARTS]), False)
    indices = [steps[(number + 1 + other) % len(steps)][0] for other in range(OTHERS)]
    seen = [look(session, session.feed.batch(index), False) for index in indices]
    others = Look(np.any([one.present for one, _ in seen], axis=0))
    others.gramians[FULL] = inner_products(list(torch.stack([rows for _, rows in seen]).mean(dim=0))).numpy()
    return Sample(here, {PART: part, OTHER: seen[0][0]}, recent, others)


def samples(experiment: Experiment, source: Source, seed: int) -> tuple[Session, list[Sample]]:
    """Train, and look every PERIOD steps."""
    experiment = experiment.model_copy(update={"seed": seed})
    prepared = prepare(experiment, source)
    made: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder:
        session = Session(prepared, RunFolder.create(Path(folder), "places", datetime.now()))
        recent: dict[int, Look] = {}
        for _ in range(experiment.train.epochs):
            steps = session.steps_of(session.epoch)
            session.log.begin(len(steps))
            for number, parts in enumerate(steps):
                phase = -session.total % PERIOD
                whole = len(parts[0]) == experiment.train.batch_size
                if (phase in AGES or phase == 0) and whole:
                    if phase:
                        recent[phase], _ = look(session, session.feed.batch(parts[0]), False)
                    elif recent:
                        made.append(look_around(session, steps, number, recent))
                        recent = {}
                train_step(session, parts)
                session.total += 1
            session.epoch += 1
    return session, made


def weights_of(method: str, gramian: Matrix, present: NDArray[np.bool_], draw: int) -> Matrix:
    """What a fresh balance of this method finds (task,), 1 where a task is absent; `draw` numbers what is random."""
    terms = Terms(tuple(map(str, range(len(gramian)))), (1.0,) * len(gramian), draw)
    balance = build_balance(TypeAdapter(BalanceOptions).validate_python({"method": method}), terms)
    assert isinstance(balance, GradientBalance)
    tasks = np.flatnonzero(present & (gramian.diagonal() > 0))
    weights = np.ones(len(gramian))
    if len(tasks):
        weights[tasks] = balance.weigh(gramian[np.ix_(tasks, tasks)], np.ones(len(tasks)), tasks)
    return weights


def cosine(gramian: Matrix, one: Matrix, other: Matrix) -> float:
    """Between the steps that two weightings make of gradients with these inner products."""
    return float(one @ gramian @ other / np.sqrt((one @ gramian @ one) * (other @ gramian @ other)))


def steps(method: str, taken: Sequence[Sample], others: bool) -> dict[str, float]:
    """Mean cosine of each way's step with that of the weights found over all parameters, both made of the gradients of
    the batch itself or of the `others`."""
    found: dict[str, list[float]] = {}
    for draw, sample in enumerate(taken):
        judge = sample.others if others else sample.here
        best = weights_of(method, judge.gramians[FULL], judge.present, draw)
        for name, weights in sample.tried(method, draw).items():
            mine, its = weights * judge.present, best * judge.present
            found.setdefault(name, []).append(cosine(judge.gramians[FULL], mine, its))
            if name == "features":
                plain = np.ones(len(mine)) * judge.present
                found.setdefault(MOVED, []).append(cosine(judge.gramians[FULL], mine, plain))
    return {name: statistics.fmean(each) for name, each in found.items()}


def opposed(taken: Sequence[Sample], others: bool) -> dict[str, float]:
    """Share of tasks that a step of UPGrad points against, in the gradients of the batch itself or of the `others`."""
    found: dict[str, list[float]] = {}
    for draw, sample in enumerate(taken):
        judge = sample.others if others else sample.here
        full, present = judge.gramians[FULL], judge.present
        for name, weights in sample.tried("upgrad", draw).items():
            along = full @ (weights * present)
            least = -1e-6 * np.sqrt(full.diagonal() * (weights @ full @ weights))  # float32 gradients
            found.setdefault(name, []).append(float((along < least)[present].mean()))
    return {name: statistics.fmean(each) for name, each in found.items()}


def cosines(gramian: Matrix) -> Matrix:
    """Cosines of the pairs, NaN where a gradient is zero."""
    length = np.sqrt(gramian.diagonal())
    with np.errstate(invalid="ignore"):
        found: Matrix = (gramian / length / length[:, None])[np.triu_indices(len(gramian), 1)]
    return found


def agreement(place: str, taken: Sequence[Sample]) -> list[str]:
    """Cells: correlation, mean absolute difference and sign agreement of the pairs' cosines with those over all
    parameters, and the share of pairs in conflict."""
    here = np.concatenate([cosines(sample.gramian(place)[0]) for sample in taken])
    full = np.concatenate([cosines(sample.gramian(FULL)[0]) for sample in taken])
    known = np.isfinite(here) & np.isfinite(full)
    here, full = here[known], full[known]
    related = np.corrcoef(here, full)[0, 1] if here.std() > 0 else np.nan
    apart, signs = np.abs(here - full).mean(), ((here < 0) == (full < 0)).mean()
    return [f"{related:.2f}", f"{apart:.2f}", f"{signs:.2f}", f"{(here < 0).mean():.2f}"]


def price(taken: Sequence[Sample], tasks: int) -> dict[str, float]:
    """Time of a step that balances at each place over that of the plain sum; forward and backward only."""

    def middle(what: str) -> float:
        return statistics.median(sample.here.seconds[what] for sample in taken)

    once = middle(FULL) / tasks
    plain = middle("forward") + middle("heads") + once
    part = statistics.median(sum(sample.elsewhere[PART].seconds.values()) for sample in taken)
    extra = {place: middle(place) for place in PLACES if place in taken[0].here.seconds}
    extra |= {FULL: middle(FULL) - once, PART: part, PLAIN: 0.0}
    return {place: (plain + one) / plain for place, one in extra.items()}


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """Print it in Markdown."""
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def report(taken: Mapping[str, Sequence[Sample]], tasks: Mapping[str, int]) -> None:
    """Print the tables."""
    places = [FULL, *PLACES]
    prices = {model: price(each, tasks[model]) for model, each in taken.items()}
    head = ["model", "place", "correlation", "difference", "same sign", "in conflict", "time"]
    table(
        head,
        (
            [model, place, *agreement(place, each), f"{prices[model][place]:.2f}" if place in prices[model] else ""]
            for model, each in taken.items()
            for place in places
        ),
    )
    ages = tuple(f"{age} ago" for age in AGES)
    keys = [(model, method) for model in taken for method in METHODS]
    own = {key: steps(key[1], taken[key[0]], False) for key in keys}
    fresh = {key: steps(key[1], taken[key[0]], True) for key in keys}
    for found, columns in (
        (own, (PLAIN, *PLACES, MOVED)),
        (own, (PLAIN, OTHER, *ages, MEAN)),
        (fresh, (PLAIN, "features", "outer products", "block", FULL, PART, ages[2], ages[4], MEAN)),
    ):
        table(
            ["model", "method", *columns],
            ([*key, *(f"{found[key][column]:.3f}" for column in columns)] for key in keys),
        )
    ways = (PLAIN, FULL, *PLACES, MEAN)
    table(
        ["model", "gradients of", *ways],
        (
            [model, "others" if others else "the batch", *(f"{opposed(each, others)[way]:.3f}" for way in ways)]
            for model, each in taken.items()
            for others in (False, True)
        ),
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hydraulic", type=Path)
    parser.add_argument("showers", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    taken: dict[str, list[Sample]] = {}
    tasks: dict[str, int] = {}
    for experiment, source in (bearings(), hydraulic(arguments.hydraulic), showers(arguments.showers)):
        model = f"{experiment.name}, {experiment.model.backbone.name}"
        for seed in range(arguments.seeds):
            began = time.perf_counter()
            session, found = samples(experiment, source, seed)
            taken.setdefault(model, []).extend(found)
            tasks[model] = len(session.tasks)
            seconds = time.perf_counter() - began
            print(f"{model}, seed {seed}: {session.total} steps, {len(found)} samples, {seconds:.0f} s", flush=True)
    report(taken, tasks)


if __name__ == "__main__":
    main()
