"""Faults planted in simulated data and configurations, each in three doses, and which other ids rightly follow.

A fault edits a recipe; what undoes the edit is the true fix. Faults that training cannot show are looked at by
`polyhead.check`, the others in a small run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import polyhead
from planted_case import POORLY, UNLEARNED, WILD, PlantedCase
from planted_recipes import Recipe, made
from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.errors import InputError

DOSES = ("mild", "medium", "severe")
Plant = Callable[[Recipe, Any], None]


@dataclass(frozen=True)
class Fault:
    """`doses` are given to `plant` one by one; `static` says that no run is needed."""

    id: str
    recipe: str
    doses: Sequence[Any]
    follows: frozenset[str]
    plant: Plant
    static: bool = False


FAULTS: list[Fault] = []


def fault(
    id: str, recipe: str, doses: Sequence[Any], follows: Iterable[str] = (), static: bool = False
) -> Callable[[Plant], Plant]:
    """Register the decorated plant."""

    def register(plant: Plant) -> Plant:
        FAULTS.append(Fault(id, recipe, doses, frozenset(follows), plant, static))
        return plant

    return register


def faults() -> Iterator[PlantedCase]:
    """A case for each fault and dose."""
    for number, one in enumerate(FAULTS):
        for dose, value in zip(DOSES, one.doses, strict=True):
            name = f"{one.plant.__name__}-{dose}"
            yield PlantedCase(name, one.id, dose, one.follows, _diagnosed(one, value, 1000 + number))


def healthy(recipes: Mapping[str, int]) -> Iterator[PlantedCase]:
    """Runs of which nothing is wrong, so many seeds of each recipe; network, balance and loop go round with them."""
    for name, seeds in recipes.items():
        for seed in range(seeds):
            recipe = made(name, 300 + seed, seed)
            yield PlantedCase(f"healthy-{name}-{seed}", None, "none", frozenset(), _of(recipe))


def _of(recipe: Recipe) -> Callable[[Path], Diagnosis]:
    return lambda folder: trained(recipe, folder)


def _diagnosed(one: Fault, value: Any, seed: int) -> Callable[[Path], Diagnosis]:
    def diagnose(folder: Path) -> Diagnosis:
        recipe = made(one.recipe, seed)
        one.plant(recipe, value)
        return polyhead.check(recipe.write(folder)) if one.static else trained(recipe, folder)

    return diagnose


def trained(recipe: Recipe, folder: Path) -> Diagnosis:
    """Train unless that has been done; diagnose the run, also one that ended early, or what training refuses."""
    done, mark = folder / "done", recipe.digest()
    if not done.is_file() or done.read_text() != mark:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(InputError, ArithmeticError):  # a run that a fault ends is diagnosed as it is
            polyhead.train(recipe.write(folder), out=folder / "runs", report=False)
        done.write_text(mark)
    runs = sorted((folder / "runs").rglob("state.json"))
    return polyhead.diagnose(runs[-1].parent) if runs else polyhead.check(recipe.write(folder))


# balance between tasks


@fault("loss-dominance", "detector", (3, 10, 40), UNLEARNED | {"learning-rate", "exploding-gradient"})
def large_energy(r: Recipe, scale: float) -> None:
    r.arrays["energy"] = scale * (r.arrays["energy"] - 37.5) / 10
    r.put(tasks__energy__scale="none", balance={"method": "sum"})


@fault("loss-dominance", "kinetics", (3, 10, 40), UNLEARNED | {"learning-rate", "exploding-gradient"})
def large_rate(r: Recipe, scale: float) -> None:
    r.arrays["rate"] = scale * (r.arrays["rate"] - 0.22) / 0.1
    r.put(tasks__rate={"kind": "regression", "scale": "none", "loss_fn": "mse"}, balance={"method": "sum"})


@fault("weight-lag", "detector", (1e-3, 1e-4, 1e-8), {"loss-dominance", "weight-pinned"})
def slow_weights(r: Recipe, lr: float) -> None:
    r.put(balance={"method": "kendall", "lr": lr, "start": 1.0})


@fault("weight-lag", "kinetics", (1e-3, 1e-4, 1e-8), {"loss-dominance", "weight-pinned"})
def slow_weights_again(r: Recipe, lr: float) -> None:
    r.put(balance={"method": "kendall", "lr": lr, "form": "half"})


@fault("weight-collapse", "radio", (1.0, 0.5, 0.2), POORLY | {"loss-dominance", "weight-pinned"})
def cold_softmax(r: Recipe, temperature: float) -> None:
    r.put(balance={"method": "softmax", "temperature": temperature}, train__epochs=20)


@fault("weight-collapse", "machines", (0.5, 0.2, 0.05), POORLY | {"loss-dominance", "weight-pinned"})
def cold_softmax_again(r: Recipe, temperature: float) -> None:
    r.put(balance={"method": "softmax", "temperature": temperature})


@fault("weight-pinned", "radio", (0.05, 0.15, 0.3), UNLEARNED | {"loss-dominance", "weight-collapse", "weak-slice"})
def held_weights(r: Recipe, share: float) -> None:
    r.put(balance={"method": "softmax", "temperature": 0.05, "min_share": share}, train__epochs=16)


@fault("gradient-conflict", "detector", (2, 1, -1), UNLEARNED | {"rank-collapse", "dead-units", "vanishing-gradient"})
def narrow_backbone(r: Recipe, width: int) -> None:
    r.put(model={"backbone": {"name": "mlp", "hidden": [64, abs(width)]}}, trace={"every": 1})
    if width < 0:
        r.arrays["x"] = r.arrays["x"] + r.rng.normal(size=r.arrays["x"].shape).astype("f4")


@fault("rank-collapse", "radio", (3, 2, 1), UNLEARNED | {"gradient-conflict", "dead-units", "vanishing-gradient"})
def bottleneck(r: Recipe, width: int) -> None:
    r.put(model={"backbone": {"name": "mlp", "hidden": [96, width, 64]}})


@fault("orphan-head", "kinetics", (["lag"], ["rate"], ["lag", "rate"]), UNLEARNED | {"frozen-parameters"})
def weightless(r: Recipe, tasks: list[str]) -> None:
    for task in tasks:
        r.config["tasks"][task]["weight"] = 0.0


@fault("orphan-head", "detector", (["arrival"], ["energy"], ["arrival", "energy"]), UNLEARNED | {"frozen-parameters"})
def unlabelled_training(r: Recipe, tasks: list[str]) -> None:
    part = r.parts()
    for task in tasks:
        r.arrays[task] = np.where(part == "train", np.nan, r.arrays[task])


@fault("negative-total-loss", "detector", (8, 16, 24), {"incomparable-loss", "stale-checkpoint", "monitor-key"})
def total_chooses(r: Recipe, epochs: int) -> None:
    r.put(balance={"method": "kendall", "lr": 0.05}, train__epochs=epochs, train__monitor="val/loss")


@fault("incomparable-loss", "radio", (0.05, 0.2, 0.5), {"negative-total-loss", "stale-checkpoint", "overfitting"})
def moving_weights(r: Recipe, lr: float) -> None:
    r.put(balance={"method": "kendall", "lr": lr}, train__epochs=20, train__monitor="val/loss")


# outputs and metrics


@fault(
    "probability-collapse",
    "kinetics",
    (0.1, 0.04, 0.02),
    UNLEARNED | {"class-imbalance", "loss-dominance", "untuned-threshold", "missing-class"},
)
def rare_and_drowned(r: Recipe, share: float) -> None:
    lag = r.arrays["lag"]
    wanted = int(share * (lag == 0).sum())
    yes = r.rng.permutation(np.flatnonzero(lag == 1))[:wanted]
    r.keep(np.sort(np.concatenate([np.flatnonzero(lag == 0), yes])))
    r.arrays["rate"] = (r.arrays["rate"] - 0.22) * 1000
    r.put(tasks__rate={"kind": "regression", "scale": "none", "loss_fn": "mse"}, balance={"method": "sum"})


@fault("below-floor", "detector", (1.0, 0.5, 0.25), POORLY)
def unrelated_target(r: Recipe, share: float) -> None:
    runs = np.unique(r.arrays["run"])
    r.keep(r.arrays["run"] < len(runs) * share)
    r.arrays["energy"] = r.rng.permutation(r.arrays["energy"])
    r.put(train__epochs=25, balance={"method": "sum"})


@fault("below-majority", "kinetics", (3.0, 10.0, 30.0), POORLY | {"untuned-threshold", "class-imbalance"})
def yes_to_all(r: Recipe, weight: float) -> None:
    r.arrays["lag"] = (r.rng.random(len(r.arrays["lag"])) < 0.2).astype(int)
    r.put(tasks__lag__pos_weight=weight)


@fault("inverted-score", "kinetics", (0.6, 0.8, 1.0), POORLY)
def flipped_in_training(r: Recipe, share: float) -> None:
    part, assay = r.parts(), r.arrays["assay"]
    hit = r.rng.random(assay.max() + 1)[assay] < share
    r.arrays["lag"] = np.where((part == "train") & hit, 1 - r.arrays["lag"], r.arrays["lag"])


@fault("untuned-threshold", "machines", (0.1, 0.03, 0.01), (UNLEARNED - {"stalled-training"}) | {"class-imbalance"})
def light_yes(r: Recipe, weight: float) -> None:
    r.put(tasks__faulty__pos_weight=weight)


@fault("untuned-threshold", "kinetics", (10.0, 30.0, 100.0), (UNLEARNED - {"stalled-training"}) | {"class-imbalance"})
def heavy_yes(r: Recipe, weight: float) -> None:
    r.put(tasks__lag__pos_weight=weight)


@fault("degenerate-r2", "kinetics", (1e-1, 1e-2, 1e-3), POORLY)
def narrow_test(r: Recipe, spread: float) -> None:
    part = r.parts()
    reach = r.arrays["reach"]
    r.keep((part == "train") | (part == "val") | (np.abs(reach - 1.2) < 0.75 * spread * 5))
    kept = r.arrays["part"] == "test"
    r.arrays["reach"] = np.where(kept, 1.2 + (r.arrays["reach"] - 1.2) * spread, r.arrays["reach"])


# labels and targets


def _filled(r: Recipe, share: float, value: float) -> None:
    r.put(tasks__life={"kind": "regression"})  # with bounds training refuses values outside them
    r.arrays["life"] = np.where(r.rng.random(len(r.arrays["life"])) < share, value, r.arrays["life"])


@fault("filled-labels", "machines", (0.05, 0.2, 0.6), {"clipped-target"}, static=True)
def filled_far(r: Recipe, share: float) -> None:
    _filled(r, share, 1000.0)


@fault("filled-labels", "machines", (0.05, 0.2, 0.6), {"clipped-target"}, static=True)
def filled_minus_one(r: Recipe, share: float) -> None:
    _filled(r, share, -1.0)


@fault("filled-labels", "machines", (0.05, 0.2, 0.6), {"clipped-target"}, static=True)
def filled_at_edge(r: Recipe, share: float) -> None:
    _filled(r, share, 0.0)


@fault("filled-labels", "machines", (0.05, 0.2, 0.6), {"clipped-target"}, static=True)
def filled_inside(r: Recipe, share: float) -> None:
    _filled(r, share, 0.5)


@fault(
    "filled-labels",
    "detector",
    (0.05, 0.2, 0.6),
    POORLY | {"head-range", "clipped-target", "degenerate-r2", "loss-dominance", "missing-class"},
)
def filled_run(r: Recipe, share: float) -> None:
    energy = r.arrays["energy"]
    r.arrays["energy"] = np.where(r.rng.random(len(energy)) < share, 999.0, energy)


@fault("proxy-label", "kinetics", (0.05, 0.02, 0.0), {"class-imbalance"}, static=True)
def same_twice(r: Recipe, noise: float) -> None:
    slow = (r.arrays["rate"] < 0.2).astype(int)
    r.arrays["slow"] = np.where(r.rng.random(len(slow)) < noise, 1 - slow, slow)
    r.put(data__targets__slow="slow", tasks__slow={"kind": "binary"})


@fault("proxy-label", "machines", (0.05, 0.02, 0.0), (), static=True)
def fault_again(r: Recipe, noise: float) -> None:
    bad = (r.arrays["fault"] != "ball").astype(int)
    r.arrays["faulty"] = np.where(r.rng.random(len(bad)) < noise, 1 - bad, bad)


@fault("clipped-target", "detector", (0.05, 0.15, 0.3), {"filled-labels", "weak-slice"})
def clipped_both(r: Recipe, share: float) -> None:
    energy = r.arrays["energy"]
    r.arrays["energy"] = np.clip(energy, *np.quantile(energy, [share, 1 - share]))


@fault("clipped-target", "kinetics", (0.05, 0.15, 0.3), {"filled-labels", "weak-slice"})
def clipped_above(r: Recipe, share: float) -> None:
    reach = r.arrays["reach"]
    r.arrays["reach"] = np.minimum(reach, np.quantile(reach, 1 - share))


@fault("head-range", "machines", (0.8, 0.5, 0.2), {"clipped-target"}, static=True)
def low_ceiling(r: Recipe, top: float) -> None:
    r.put(tasks__life__bounds=[0, top])


@fault("head-range", "machines", (0.8, 0.5, 0.2), POORLY | {"dead-units", "clipped-target"})
def low_ceiling_run(r: Recipe, top: float) -> None:
    r.put(tasks__life__bounds=[0, top])


@fault("swapped-targets", "detector", (0.3, 0.6, 1.0), POORLY | {"misaligned-target"})
def swapped_angles(r: Recipe, share: float) -> None:
    part, run = r.parts(), r.arrays["run"]
    hit = (part == "train") & (r.rng.random(run.max() + 1)[run] < share)
    r.arrays["angle"] = np.where(hit[:, None], r.arrays["angle"][:, ::-1], r.arrays["angle"])


@fault("swapped-targets", "detector", (0.3, 0.6, 1.0), POORLY | {"misaligned-target", "shortcut"})
def swapped_tasks(r: Recipe, share: float) -> None:
    part, run = r.parts(), r.arrays["run"]
    hit = (part == "train") & (r.rng.random(run.max() + 1)[run] < share)
    energy, arrival = r.arrays["energy"], r.arrays["arrival"] * 3
    r.arrays |= {"energy": np.where(hit, arrival, energy), "arrival": np.where(hit, energy, arrival)}


@fault("misaligned-target", "drive", (1, 5, 25), POORLY)
def shifted_in_training(r: Recipe, steps: int) -> None:
    part, unit = r.parts(), r.arrays["unit"]
    for one in np.unique(unit[part == "train"]):
        rows = unit == one
        for task in ("torque", "speed"):
            r.arrays[task][rows] = np.roll(r.arrays[task][rows], steps)


@fault("periodic-target", "heading", (0.05, 0.2, 0.5), {"below-floor", "weak-slice", "loss-metric-divergence"})
def over_the_seam(r: Recipe, share: float) -> None:
    hit = r.rng.random(len(r.arrays["angle"])) < share
    turn = np.where(hit, np.pi + r.rng.uniform(-0.3, 0.3, len(hit)) - r.arrays["angle"], 0)
    z = (r.arrays["x"][:, 0] + 1j * r.arrays["x"][:, 1]) * np.exp(1j * turn)[:, None]
    r.arrays["x"] = np.stack([z.real, z.imag], axis=1).astype("f4")
    r.arrays["angle"] = np.mod(r.arrays["angle"] + turn + np.pi, 2 * np.pi) - np.pi


def _small_energies(r: Recipe, least: float) -> None:
    energy = r.arrays["energy"]
    new = np.exp(r.rng.uniform(np.log(least), np.log(55), len(energy)))
    r.arrays["x"] = (r.arrays["x"] * (new / energy)[:, None, None]).astype("f4")
    r.arrays["energy"] = new
    r.put(tasks__energy__loss_fn="relative_l1")


@fault("relative-loss-near-zero", "detector", (1e-1, 1e-3, 1e-6), (), static=True)
def near_zero(r: Recipe, least: float) -> None:
    _small_energies(r, least)


@fault(
    "relative-loss-near-zero",
    "detector",
    (1e-1, 1e-3, 1e-6),
    UNLEARNED | {"loss-dominance", "exploding-gradient", "weak-slice"},
)
def near_zero_run(r: Recipe, least: float) -> None:
    _small_energies(r, least)


@fault("reweighting-blowup", "detector", (1, 3, 10), (), static=True)
def lone_windows(r: Recipe, far: float) -> None:
    rows = np.flatnonzero(r.parts() == "train")[:3]
    r.arrays["energy"][rows] = 55 + 35 * far * np.array([0.8, 0.9, 1.0])
    r.put(reweighting={"energy": {"nbins": 30}})


# time and inputs


def _stepped(r: Recipe, ratio: float) -> None:
    """Sample every 1 or `ratio` seconds, half of the assays each, over the same curve."""
    fresh = made("kinetics", int(r.config["seed"]), steps=(0.3, 0.3 * ratio))
    r.arrays = fresh.arrays


@fault("erased-sampling-rate", "kinetics", (3, 10, 33), UNLEARNED | {"missing-dt"}, static=True)
def scaled_clock(r: Recipe, ratio: float) -> None:
    _stepped(r, ratio)
    r.put(data__scaling={"time": "per_recording"})


@fault("missing-dt", "kinetics", (3, 10, 33), {"shortcut"}, static=True)
def no_clock(r: Recipe, ratio: float) -> None:
    _stepped(r, ratio)
    _by_sample(r)


def _by_sample(r: Recipe) -> None:
    """One row a sample with its time stamp, each curve a recording; the network gets no time."""
    n, samples = len(r.arrays["lag"]), r.arrays["t"].shape[-1]
    once = {name: np.repeat(r.arrays[name], samples) for name in ("assay", "rate", "reach", "lag")}
    curve = np.repeat(np.arange(n), samples)
    r.arrays = once | {"x": r.arrays["x"].reshape(-1, 1), "t": r.arrays["t"].ravel().astype("f8"), "curve": curve}
    r.config["data"].pop("scaling")
    r.put(data__inputs={"signal": {"key": "x", "axes": ["sample", "channel"]}}, data__time="t", data__group="curve")
    r.put(data__window={"length": samples}, data__split={"by": "assay"})


@fault("padded-time", "kinetics", (0.1, 0.3, 0.6), {"clipped-target"}, static=True)
def padded(r: Recipe, share: float) -> None:
    n, samples = len(r.arrays["lag"]), r.arrays["t"].shape[-1]
    real = np.where(r.rng.random(n) < 0.5, int((1 - share) * samples), samples)
    last = np.minimum(np.arange(samples), real[:, None] - 1)[:, None]
    for name in ("x", "t"):
        r.arrays[name] = np.take_along_axis(r.arrays[name], last, axis=2)


@fault("erased-offset", "kinetics", (1.5, 0.5, 0.0), {"erased-amplitude"}, static=True)
def levelled(r: Recipe, noise: float) -> None:
    level = r.rng.uniform(-2, 2, len(r.arrays["lag"]))
    assay = r.arrays["assay"]
    level = level[np.unique(assay, return_index=True)[1]][assay]
    r.arrays["x"] = (r.arrays["x"] + level[:, None, None]).astype("f4")
    r.arrays["start"] = 6.5 + level + noise * r.rng.normal(size=len(level))
    r.put(data__scaling__signal="per_recording", data__targets__start="start", tasks__start={"kind": "regression"})


@fault("erased-amplitude", "machines", (1.0, 0.3, 0.0), {"erased-offset"}, static=True)
def equally_loud(r: Recipe, noise: float) -> None:
    wear = r.rng.uniform(0, 1, 40)[r.arrays["unit"]]
    r.arrays["x"] = (r.arrays["x"] * (0.5 + 2 * wear)[:, None, None]).astype("f4")
    r.arrays["wear"] = wear + noise * 0.29 * r.rng.normal(size=len(wear))
    r.put(data__scaling__signal="per_recording", data__targets__wear="wear", tasks__wear={"kind": "regression"})
    r.config["tasks"].pop("next")  # a forecast of what is scaled by recording is refused


FIELDS = {0.8: [1, 2, 4, 5], 0.5: [1, 2, 4], 0.25: [1, 2]}
"""Dilations that reach so much of 64 samples, with two convolutions of 3 a block and a first one of 5."""


@fault("short-receptive-field", "echo", (0.8, 0.5, 0.25), UNLEARNED)
def near_sighted(r: Recipe, share: float) -> None:
    spacing = FIELDS[share]
    r.config["model"]["backbone"] |= {"channels": [24] * len(spacing), "dilations": spacing}


@fault("padded-time", "kinetics", (0.1, 0.3, 0.6), {"clipped-target"}, static=True)
def padded_with_zeros(r: Recipe, share: float) -> None:
    n, samples = len(r.arrays["lag"]), r.arrays["t"].shape[-1]
    real = np.where(r.rng.random(n) < 0.5, int((1 - share) * samples), samples)
    for name in ("x", "t"):
        r.arrays[name] = np.where(np.arange(samples) < real[:, None, None], r.arrays[name], 0).astype("f4")


@fault("unscaled-input", "detector", (1e1, 1e3, 1e5), WILD | {"loss-dominance", "feature-drift"})
def raw_units(r: Recipe, scale: float) -> None:
    r.arrays["x"] = (r.arrays["x"] * scale).astype("f4")
    r.put(data__scaling={"signal": "none"}, model={"backbone": {"name": "mlp", "hidden": [64, 64]}})


@fault("unscaled-input", "machines", (1e1, 1e3, 1e5), WILD)
def raw_offset(r: Recipe, offset: float) -> None:
    r.arrays["x"] = (r.arrays["x"] + offset).astype("f4")
    r.put(data__scaling={"signal": "none"})


SHIFTED = POORLY | {"feature-drift", "inverted-score", "degenerate-r2"}


@fault("shifted-input", "detector", (1.3, 2.0, 5.0), SHIFTED)
def test_gain(r: Recipe, gain: float) -> None:
    part = r.parts()
    r.arrays["x"] = np.where((part == "test")[:, None, None], gain * r.arrays["x"], r.arrays["x"]).astype("f4")


@fault("shifted-input", "kinetics", (0.5, 2.0, 5.0), SHIFTED)
def test_offset(r: Recipe, spreads: float) -> None:
    part = r.parts()
    moved = r.arrays["x"] + spreads * r.arrays["x"].std()
    r.arrays["x"] = np.where((part == "test")[:, None, None], moved, r.arrays["x"]).astype("f4")


@fault("window-contract", "machines", (0.1, 0.3, 0.6), {"missing-class", "class-imbalance"}, static=True)
def short_recordings(r: Recipe, share: float) -> None:
    n = len(r.arrays["life"])
    r.arrays["real"] = np.where(r.rng.random(40)[r.arrays["unit"]] < share, 90, 144)[:n]
    r.put(data__lengths="real", data__window__short="drop")


# splits


@fault("split-leakage", "machines", (58, 32, 6), {"overfitting"}, static=True)
def overlapping(r: Recipe, stride: int) -> None:
    r.put(data__window={"length": 64, "stride": stride}, data__split={"by": "window", "allow_overlap": True})


@fault("split-leakage", "detector", (0.02, 0.1, 0.5), {"overfitting"}, static=True)
def copied(r: Recipe, share: float) -> None:
    n = len(r.arrays["run"])
    rows = r.rng.permutation(n)[: int(share * n)]
    fresh = {name: np.concatenate([values, values[rows]]) for name, values in r.arrays.items()}
    fresh["run"] = np.concatenate([r.arrays["run"], 1000 + np.arange(len(rows)) // 15])
    r.arrays = fresh


@fault("fit-before-split", "detector", ("minmax", "sensor", "all"), (), static=True)
def scaled_ahead(r: Recipe, how: str) -> None:
    x = r.arrays["x"] * (1 + 0.6 * r.rng.random(50)[r.arrays["run"]])[:, None, None]
    x = x + r.rng.normal(size=50)[r.arrays["run"]][:, None, None]
    if how == "minmax":
        x = (x - x.min(axis=(0, 2), keepdims=True)) / np.ptp(x, axis=(0, 2), keepdims=True)
    else:
        axis = (0, 2) if how == "sensor" else (0, 1, 2)
        x = (x - x.mean(axis=axis, keepdims=True)) / x.std(axis=axis, keepdims=True)
    r.arrays["x"] = x.astype("f4")
    r.put(data__scaling={"signal": "none"})


LACKING = {"class-imbalance", "weak-slice", "shifted-input", "below-majority", "below-floor", "shortcut"}


@fault("missing-class", "machines", ("val", "test", "train"), LACKING, static=True)
def lacking_class(r: Recipe, place: str) -> None:
    part, unit, kind = r.parts(), r.arrays["unit"], r.arrays["fault"]
    other = {"val": "train", "test": "train", "train": "test"}[place]
    move = np.isin(unit, np.unique(unit[(kind == "outer") & (part == place)]))
    r.arrays["part"] = np.where(move, other, part)


@fault("missing-class", "radio", ("val", "test", "train"), LACKING | POORLY)
def lacking_modulation(r: Recipe, place: str) -> None:
    part = r.parts()
    r.keep((part != place) | (r.arrays["modulation"] != "pam"))


@fault("class-imbalance", "radio", (0.1, 0.04, 0.02), {"missing-class", "weak-slice"} | UNLEARNED)
def rare_modulation(r: Recipe, share: float) -> None:
    r.arrays["x"] = (r.arrays["x"] + 0.8 * r.rng.normal(size=r.arrays["x"].shape)).astype("f4")
    r.keep((r.arrays["modulation"] != "pam") | (r.rng.random(len(r.arrays["noise"])) < 4 * share / 1.3))


# loss and optimisation


@fault(
    "variance-game",
    "kinetics",
    (0.03, 0.3, 1.0),
    POORLY | {"negative-total-loss", "incomparable-loss", "exploding-gradient", "non-finite"},
)
def free_variance(r: Recipe, noise: float) -> None:
    r.keep(r.arrays["assay"] < 30)
    r.arrays["x"] = (r.arrays["x"] + noise * r.rng.standard_t(2.5, size=r.arrays["x"].shape)).astype("f4")
    loss = {"name": "gaussian_nll", "beta": 0.0, "logvar_clamp": [-50, 50], "calibrate": False}
    r.put(tasks__rate__loss_fn=loss, train__epochs=25)


@fault("non-finite", "detector", (1.0, 10.0, 100.0), WILD | {"loss-dominance"})
def sgd_without_clip(r: Recipe, lr: float) -> None:
    r.put(train__optimizer="sgd", train__lr=lr, train__clip_norm=None, balance={"method": "sum"})
    r.put(model__backbone__norm="none", tasks__angle__loss_fn="mse", train__non_finite="skip")


@fault("exploding-gradient", "radio", (0.1, 0.3, 1.0), WILD)
def sgd_too_fast(r: Recipe, lr: float) -> None:
    r.put(train__optimizer="sgd", train__lr=lr, train__clip_norm=None, model__backbone__norm="none")


@fault("learning-rate", "radio", (9e-3, 9e-2, 9e-1), WILD | {"schedule-pathology"})
def rate_too_high(r: Recipe, lr: float) -> None:
    r.put(train__lr=lr)


@fault("learning-rate", "detector", (9e-3, 9e-2, 9e-1), WILD | {"schedule-pathology"})
def rate_too_high_again(r: Recipe, lr: float) -> None:
    r.put(train__lr=lr)


@fault("learning-rate", "kinetics", (1e-4, 3e-6, 1e-8), UNLEARNED | {"frozen-parameters", "schedule-pathology"})
def rate_too_low(r: Recipe, lr: float) -> None:
    r.put(train__lr=lr)


@fault("stalled-training", "radio", (1e-3, 1e-4, 1e-5), UNLEARNED | {"learning-rate", "schedule-pathology"})
def clipped_to_nothing(r: Recipe, norm: float) -> None:
    r.put(train__optimizer="sgd", train__lr=0.01, train__clip_norm=norm)


# generalisation


@fault(
    "overfitting",
    "radio",
    (0.5, 0.2, 0.08),
    POORLY | {"untuned-threshold", "schedule-pathology", "missing-class"},
)
def few_sessions(r: Recipe, share: float) -> None:
    part, session = r.parts(), r.arrays["session"]
    wanted = np.unique(session[part == "train"])
    wanted = wanted[: max(2, int(share * len(wanted)))]
    r.keep((part != "train") | np.isin(session, wanted))
    r.put(train__epochs=25, train__weight_decay=0.0)


@fault("overfitting", "kinetics", (0.5, 0.2, 0.08), POORLY | {"untuned-threshold", "schedule-pathology"})
def few_assays(r: Recipe, share: float) -> None:
    part, assay = r.parts(), r.arrays["assay"]
    r.arrays["x"] = (r.arrays["x"] + 0.1 * r.rng.normal(size=r.arrays["x"].shape)).astype("f4")
    wanted = np.unique(assay[part == "train"])
    r.keep((part != "train") | np.isin(assay, wanted[: max(2, int(share * len(wanted)))]))
    r.put(train__epochs=25, train__weight_decay=0.0)


CHOSEN = POORLY | {"monitor-key", "schedule-pathology", "incomparable-loss", "negative-total-loss"}


@fault("stale-checkpoint", "radio", (12, 20, 30), CHOSEN)
def chosen_by_training(r: Recipe, epochs: int) -> None:
    part = r.parts()
    r.keep((part != "train") | (r.arrays["session"] % 3 == 0))
    r.put(train__epochs=epochs, train__monitor="val/noise/accuracy", train__weight_decay=0.0)


@fault("monitor-key", "radio", ("train/loss", "train/modulation/accuracy", "train/noise/mae"), CHOSEN)
def watched_training(r: Recipe, key: str) -> None:
    r.put(train__monitor=key, train__epochs=16)


@fault("schedule-pathology", "kinetics", (1e-3, 5e-4, 2e-4), UNLEARNED | {"learning-rate"})
def stopped_early(r: Recipe, lr: float) -> None:
    r.put(train__lr=lr, train__weight_decay=0.0)


@fault("schedule-pathology", "radio", (0.5, 0.3, 0.1), UNLEARNED | {"learning-rate"})
def cut_early(r: Recipe, factor: float) -> None:
    schedule = {"name": "plateau", "patience": 1, "factor": factor}
    r.put(train__epochs=24, train__schedule=schedule, train__lr=1e-3, train__monitor="val/noise/accuracy")


@fault("weak-slice", "detector", (1.0, 3.0, 8.0), {"shifted-input", "information-ceiling", "below-floor"})
def noisy_site(r: Recipe, noise: float) -> None:
    site = r.arrays["run"] % 5
    own = noise * r.rng.normal(size=r.arrays["x"].shape)
    r.arrays["x"] = (r.arrays["x"] + np.where((site == 3)[:, None, None], own, 0)).astype("f4")
    r.arrays["site"] = np.array(["a", "b", "c", "d", "e"])[site]
    r.put(data__slices=["site"], data__split={"fractions": [0.5, 0.1, 0.4]})


@fault("information-ceiling", "radio", (1, 2, 3), {"weak-slice"})
def hopeless_levels(r: Recipe, levels: int) -> None:
    snr = r.rng.integers(6, size=len(r.arrays["noise"]))
    noise = np.where(snr < levels, 8.0, 0.1)[:, None, None] * r.rng.normal(size=r.arrays["x"].shape)
    r.arrays |= {"x": (r.arrays["x"] + noise).astype("f4"), "snr_db": snr * 6 - 20}
    r.put(data__slices=["snr_db"], data__split={"fractions": [0.4, 0.1, 0.5]})
    r.config["tasks"].pop("noise")
    r.config["data"]["targets"].pop("noise")


@fault("shortcut", "kinetics", (0.8, 0.95, 1.0), {"missing-dt", "proxy-label"}, static=True)
def rate_tells(r: Recipe, share: float) -> None:
    assay = r.arrays["assay"]
    yes = r.rng.integers(2, size=70)
    fast = np.where(r.rng.random(70) < share, yes, 1 - yes)[assay]
    r.arrays |= {"lag": yes[assay], "hz": np.where(fast, 3.0, 1.0)}
    r.arrays["t"] = (np.arange(48) / r.arrays["hz"][:, None])[:, None].astype("f4")
    _by_sample(r)


@fault("shortcut", "machines", (0.8, 0.95, 1.0), {"proxy-label"}, static=True)
def digits_tell(r: Recipe, share: float) -> None:
    outer = np.unique(r.arrays["unit"][r.arrays["fault"] == "outer"])
    coarse = np.isin(np.arange(40), outer) ^ (r.rng.random(40) > share)
    step = np.where(coarse, 0.05, 0.001)[r.arrays["unit"]][:, None, None]
    r.arrays["x"] = (np.round(r.arrays["x"] / step) * step).astype("f4")


@fault("feature-drift", "detector", (1, 2, 4), SHIFTED | {"shifted-input"})
def dead_in_test(r: Recipe, sensors: int) -> None:
    part = r.parts()
    r.arrays["x"][part == "test", :sensors] = 0


@fault("feature-drift", "detector", (0.5, 0.2, 0.05), {"shifted-input", "clipped-target"} | POORLY)
def saturated(r: Recipe, level: float) -> None:
    top = level * r.arrays["x"].max(axis=(0, 2), keepdims=True)
    r.arrays["x"] = np.minimum(r.arrays["x"], top)
