"""Faults of time and inputs (rows 33 to 40, 67 to 69)."""

from __future__ import annotations

import numpy as np

from faults.fault import POORLY, UNLEARNED, WILD, Fault
from faults.recipe import Recipe
from faults.recipes import drawn


def _by_sample(r: Recipe) -> None:
    """One row a sample with its time stamp, each curve a recording; the network gets no time."""
    samples = r.arrays["t"].shape[-1]
    once = {name: np.repeat(r.arrays[name], samples) for name in ("assay", "rate", "reach", "lag")}
    curve = np.repeat(np.arange(len(r.arrays["lag"])), samples)
    r.arrays = once | {"x": r.arrays["x"].reshape(-1, 1), "t": r.arrays["t"].ravel().astype("f8"), "curve": curve}
    r.clean = {}
    r.config["data"].pop("scaling")
    r.put(data__inputs={"signal": {"key": "x", "axes": ["sample", "channel"]}}, data__time="t", data__group="curve")
    r.put(data__window={"length": samples})
    r.config["data"]["split"]["by"] = "assay"


def no_clock(r: Recipe, ratio: float) -> None:
    """Two sampling rates, and no time for the network."""
    fresh = drawn("ph", int(r.config["seed"]), steps=(0.3, 0.3 * ratio))
    r.arrays, r.clean = fresh.arrays, fresh.clean
    _by_sample(r)


def padded(r: Recipe, share: float) -> None:
    """Half of the curves end early; their last sample is repeated, time stamp and all."""
    n, samples = len(r.arrays["lag"]), r.arrays["t"].shape[-1]
    real = np.where(r.rng.random(n) < 0.5, int((1 - share) * samples), samples)
    last = np.minimum(np.arange(samples), real[:, None] - 1)[:, None]
    for name in ("x", "t"):
        r.arrays[name] = np.take_along_axis(r.arrays[name], last, axis=2)


def padded_with_zeros(r: Recipe, share: float) -> None:
    """Half of the curves end early; zeros follow."""
    n, samples = len(r.arrays["lag"]), r.arrays["t"].shape[-1]
    real = np.where(r.rng.random(n) < 0.5, int((1 - share) * samples), samples)
    for name in ("x", "t"):
        r.arrays[name] = np.where(np.arange(samples) < real[:, None, None], r.arrays[name], 0).astype("f4")


def levelled(r: Recipe, noise: float) -> None:
    """A target that is the level of the signal, which scaling by recording takes away."""
    assay = r.recording
    level = r.rng.uniform(-2, 2, assay.max() + 1)[assay]
    r.arrays["x"] = (r.arrays["x"] + level[:, None, None]).astype("f4")
    r.arrays["reach"] = 6.5 + level + noise * r.rng.normal(size=len(level))
    r.clean["reach"] = r.arrays["reach"].copy()
    r.put(data__scaling__signal="per_recording")


def equally_loud(r: Recipe, noise: float) -> None:
    """A target that is the amplitude of the signal, which scaling by recording takes away."""
    wear = r.rng.uniform(0, 1, r.recording.max() + 1)[r.recording]
    r.arrays["x"] = (r.arrays["x"] * (0.5 + 2 * wear)[:, None, None]).astype("f4")
    r.arrays["life"] = wear + noise * 0.29 * r.rng.normal(size=len(wear))
    r.clean["life"] = r.arrays["life"].copy()
    r.put(data__scaling__signal="per_recording", tasks__life={"kind": "regression"})
    r.config["tasks"].pop("next")  # a forecast of what is scaled by recording is refused


FIELDS = {0.8: [1, 2, 4, 5], 0.5: [1, 2, 4], 0.25: [1, 2]}
"""Dilations that reach so much of 64 samples, with two convolutions of 3 a block and a first one of 5."""


def near_sighted(r: Recipe, share: float) -> None:
    """A receptive field of a share of the window."""
    spacing = FIELDS[share]
    r.put(model={"backbone": {"name": "tcn", "channels": [16] * len(spacing), "dilations": spacing, "stem_kernel": 5}})
    r.put(model__backbone__norm="batch")


def raw_units(r: Recipe, scale: float) -> None:
    """Inputs in raw units into fully connected layers."""
    r.arrays["x"] = (r.arrays["x"] * scale).astype("f4")
    name = next(iter(r.config["data"]["inputs"]))
    r.put(data__scaling={name: "none"}, model={"backbone": {"name": "mlp", "hidden": [64, 64]}})


def raw_offset(r: Recipe, offset: float) -> None:
    """Inputs far from zero, not scaled."""
    r.arrays["x"] = (r.arrays["x"] + offset).astype("f4")
    r.put(data__scaling={"signal": "none"})


def test_gain(r: Recipe, gain: float) -> None:
    """The test set is recorded louder."""
    part = r.parts() == "test"
    shape = (-1, *[1] * (r.arrays["x"].ndim - 1))
    r.arrays["x"] = np.where(part.reshape(shape), gain * r.arrays["x"], r.arrays["x"]).astype("f4")


def test_offset(r: Recipe, spreads: float) -> None:
    """The test set lies higher."""
    part = r.parts()
    moved = r.arrays["x"] + spreads * r.arrays["x"].std()
    r.arrays["x"] = np.where((part == "test")[:, None, None], moved, r.arrays["x"]).astype("f4")


def dead_in_test(r: Recipe, sensors: int) -> None:
    """Sensors that are dead in the test set."""
    part = r.parts()
    r.arrays["x"][part == "test", :sensors] = 0


def saturated(r: Recipe, level: float) -> None:
    """Sensors that end at a share of their range."""
    axes = (0, *range(2, r.arrays["x"].ndim))
    top = level * r.arrays["x"].max(axis=axes, keepdims=True)
    r.arrays["x"] = np.minimum(r.arrays["x"], top)


def short_recordings(r: Recipe, share: float) -> None:
    """So many machines have less signal than a window, and are left out without a word."""
    r.arrays["real"] = np.where(r.rng.random(r.recording.max() + 1)[r.recording] < share, 70, 104)
    r.put(data__lengths="real", data__window__short="drop")


def rate_tells(r: Recipe, share: float) -> None:
    """The sampling rate says which label it is."""
    assay = r.recording
    yes = r.rng.integers(2, size=assay.max() + 1)
    fast = np.where(r.rng.random(len(yes)) < share, yes, 1 - yes)[assay]
    r.arrays |= {"lag": yes[assay], "hz": np.where(fast, 3.0, 1.0)}
    r.arrays["t"] = (np.arange(r.arrays["t"].shape[-1]) / r.arrays["hz"][:, None])[:, None].astype("f4")
    _by_sample(r)


def digits_tell(r: Recipe, share: float) -> None:
    """The resolution of the converter says which label it is."""
    unit = r.recording
    outer = np.isin(np.arange(unit.max() + 1), unit[r.arrays["fault"] == "outer"])
    coarse = outer ^ (r.rng.random(len(outer)) > share)
    step = np.where(coarse, 0.05, 0.001)[unit][:, None, None]
    r.arrays["x"] = (np.round(r.arrays["x"] / step) * step).astype("f4")


SHIFTED = POORLY | {"inverted-score", "degenerate-r2"}
SCALING = ("data.scaling.signal", "data.scaling", "data.scaling.*")
FAULTS = (
    Fault("35", ("missing-dt",), (3, 10, 33), no_clock, {"ph": ()}, SCALING, frozenset(("shortcut",)), reach="static"),
    Fault(
        "34",
        ("padded-time",),
        (0.1, 0.3, 0.6),
        padded,
        {"ph": ("rate", "reach")},
        ("data", "data.lengths"),
        POORLY | {"clipped-target"},
    ),
    Fault(
        "34",
        ("padded-time",),
        (0.1, 0.3, 0.6),
        padded_with_zeros,
        {"ph": ("rate", "reach")},
        ("data", "data.lengths"),
        POORLY | {"clipped-target", "feature-drift"},
    ),
    Fault(
        "36",
        ("erased-offset", "erased-amplitude"),
        (1.5, 0.5, 0.0),
        levelled,
        {"ph": ("reach",)},
        SCALING,
        POORLY | {"information-ceiling", "degenerate-r2"},
    ),
    Fault(
        "68",
        ("erased-amplitude", "erased-offset"),
        (1.0, 0.3, 0.0),
        equally_loud,
        {"bearings": ("life",)},
        SCALING,
        POORLY | {"information-ceiling"},
    ),
    Fault(
        "37",
        ("short-receptive-field",),
        (0.8, 0.5, 0.25),
        near_sighted,
        {"echo": ("delay",)},
        ("model.backbone", "model.backbone.dilations", "model.backbone.channels", "model.backbone.kernel"),
        POORLY,
    ),
    Fault(
        "38",
        ("unscaled-input",),
        (1e1, 1e3, 1e5),
        raw_units,
        {"detector": ("angle", "energy", "arrival"), "sarcos": ("torque_1", "torque_2", "torque_3", "torque_7")},
        SCALING,
        WILD | {"loss-dominance", "feature-drift"},
    ),
    Fault(
        "38",
        ("unscaled-input",),
        (1e1, 1e3, 1e5),
        raw_offset,
        {"bearings": ("fault", "faulty", "life"), "turbine": ("mode", "life", "hot", "margin")},
        SCALING,
        WILD | {"loss-dominance"},
    ),
    Fault(
        "39",
        ("shifted-input", "feature-drift"),
        (1.3, 2.0, 5.0),
        test_gain,
        {"sarcos": ("torque_1", "torque_2", "torque_3", "torque_7"), "detector": ("energy",)},
        ("data", "data.augment", "data.scaling", "data.scaling.*", "data.split"),
        SHIFTED,
    ),
    Fault(
        "39",
        ("shifted-input", "feature-drift"),
        (0.5, 2.0, 5.0),
        test_offset,
        {"ph": ("rate", "reach", "lag"), "turbine": ("mode", "life", "margin")},
        ("data", "data.augment", "data.scaling", "data.scaling.*", "data.split"),
        SHIFTED,
    ),
    Fault(
        "69",
        ("feature-drift", "shifted-input"),
        (1, 2, 4),
        dead_in_test,
        {"detector": ("angle", "energy", "arrival"), "turbine": ("mode", "life", "hot", "margin")},
        ("data", "data.inputs", "data.inputs.*", "data.select", "data.augment"),
        SHIFTED,
        held_out=True,
    ),
    Fault(
        "69",
        ("feature-drift",),
        (0.5, 0.2, 0.05),
        saturated,
        {"detector": ("angle", "energy", "arrival"), "turbine": ("mode", "life", "hot", "margin")},
        ("data", "data.inputs", "data.inputs.*", "data.select"),
        POORLY | {"shifted-input", "clipped-target", "information-ceiling"},
        held_out=True,
    ),
    Fault(
        "40",
        ("window-contract",),
        (0.1, 0.3, 0.6),
        short_recordings,
        {"bearings": ()},
        ("data.window", "data.window.short", "data.window.length", "data.window.least"),
        frozenset(("missing-class", "class-imbalance")),
        reach="static",
    ),
    Fault(
        "67",
        ("shortcut",),
        (0.8, 0.95, 1.0),
        rate_tells,
        {"ph": ()},
        ("data", "data.split", "data.inputs", "data.select"),
        frozenset(("missing-dt", "proxy-label")) | UNLEARNED,
        reach="static",
    ),
    Fault(
        "67",
        ("shortcut",),
        (0.8, 0.95, 1.0),
        digits_tell,
        {"bearings": ()},
        ("data", "data.split", "data.inputs", "data.select"),
        frozenset(("proxy-label",)),
        reach="static",
    ),
)
