"""Faults of a loop of one's own (rows 7, 15, 18, 21, 24, 25, 48 to 50, 53 to 57), in three doses each."""

from __future__ import annotations

from faults.fault import UNLEARNED, WILD, Fault, nothing

ONE_LEFT = UNLEARNED | {"orphan-head", "frozen-parameters"}
ALL = {"loop": ("kind", "faulty", "life")}
KIND, YES, LIFE = {"loop": ("kind",)}, {"loop": ("faulty",)}, {"loop": ("life",)}
"""Tasks that a fault is aimed at."""
CODE = ("code",)
"""No key mends a loop of one's own; its text does."""

FAULTS = (
    Fault(
        "55",
        ("frozen-parameters", "orphan-head"),
        ({"fixed": ("trunk.0",)}, {"fixed": ("trunk",)}, {"fixed": ("trunk", "heads.life")}),
        nothing,
        ALL,
        CODE,
        UNLEARNED,
        called="fixed",
    ),
    Fault(
        "7",
        ("orphan-head", "frozen-parameters"),
        ({"forgotten": ("kind",)}, {"forgotten": ("life",)}, {"forgotten": ("kind", "life")}),
        nothing,
        {"loop": ("kind", "life")},
        CODE,
        ONE_LEFT,
        called="forgotten",
    ),
    Fault(
        "53",
        ("orphan-head", "ignores-input"),
        ({"detached": ("life",)}, {"detached": ("faulty",)}, {"detached": ("faulty", "life")}),
        nothing,
        {"loop": ("faulty", "life")},
        CODE,
        ONE_LEFT,
        called="detached",
    ),
    Fault(
        "11",
        ("constant-output", "orphan-head", "dead-units", "head-range"),
        ({"life_end": -1.0}, {"life_end": -3.0}, {"life_end": -10.0}),
        nothing,
        LIFE,
        CODE,
        ONE_LEFT | {"vanishing-gradient", "initial-loss"},
        called="dying",
    ),
    Fault(
        "50",
        ("dead-units",),
        ({"bias": -1.0}, {"bias": -2.0}, {"bias": -4.0}),
        nothing,
        ALL,
        CODE,
        ONE_LEFT | {"vanishing-gradient", "rank-collapse", "learning-rate", "constant-output"},
        called="dead-trunk",
    ),
    Fault(
        "49",
        ("vanishing-gradient",),
        (
            {"activation": "sigmoid", "hidden": (32,) * 4},
            {"activation": "sigmoid", "hidden": (32,) * 8},
            {"activation": "sigmoid", "hidden": (32,) * 16},
        ),
        nothing,
        ALL,
        CODE,
        ONE_LEFT | {"rank-collapse", "learning-rate", "dead-units"},
        called="sigmoids",
    ),
    Fault(
        "49",
        ("exploding-gradient", "learning-rate", "non-finite"),
        tuple({"bursts": share, "optimizer": "sgd", "lr": 1e-3} for share in (0.05, 0.1, 0.3)),
        nothing,
        ALL,
        CODE,
        WILD,
        called="bursts",
    ),
    Fault(
        "54",
        ("initial-loss",),
        ({"head": 10.0}, {"head": 30.0}, {"head": 100.0}),
        nothing,
        ALL,
        CODE,
        frozenset(
            ("loss-dominance", "exploding-gradient", "learning-rate", "overfitting", "stale-checkpoint", *UNLEARNED)
        ),
        called="heads-far-off",
    ),
    Fault(
        "57",
        ("loss-contract",),
        ({"softmaxes": 1}, {"softmaxes": 2}, {"softmaxes": 3}),
        nothing,
        {"loop": ("kind", "faulty")},
        CODE,
        UNLEARNED | {"vanishing-gradient"},
        called="softmax-again",
    ),
    Fault(
        "57",
        ("loss-contract", "loss-dominance", "initial-loss"),
        ({"sums": ("life",)}, {"sums": ("kind",)}, {"sums": ("kind", "life")}),
        nothing,
        ALL,
        CODE,
        UNLEARNED | {"learning-rate", "exploding-gradient"},
        called="summed",
    ),
    Fault(
        "24",
        ("broadcast-target",),
        ({"broadcast": 0.3}, {"broadcast": 0.7}, {"broadcast": 1.0}),
        nothing,
        ALL,
        CODE,
        UNLEARNED | {"degenerate-r2", "batch-averaged-metric", "misaligned-target", "missing-class", "overfitting"},
        called="first-label",
    ),
    Fault(
        "25",
        ("misaligned-target", "loss-contract", "constant-output"),
        ({"columns": ("life",)}, {"columns": ("life",), "lr": 1e-2}, {"columns": ("life",), "epochs": 30}),
        nothing,
        LIFE,
        CODE,
        UNLEARNED,
        called="column-against-row",
    ),
    Fault(
        "48",
        ("non-finite",),
        ({"logarithm": 400}, {"logarithm": 200}, {"logarithm": 20}),
        nothing,
        ALL,
        CODE,
        WILD,
        called="logarithm",
    ),
    Fault(
        "18",
        ("metric-scale", "impossible-metrics"),
        ({"claims": "scaled"},) * 3,
        nothing,
        {"loop": ()},
        CODE,
        reach="static",
        called="scaled-errors",
    ),
    Fault(
        "15",
        ("batch-averaged-metric", "impossible-metrics"),
        ({"claims": "batches 0.25"}, {"claims": "batches 0.6"}, {"claims": "batches 0.96"}),
        nothing,
        {"loop": ()},
        CODE,
        frozenset(("inverted-score", "below-floor", "below-majority")),
        reach="static",
        called="batch-means",
    ),
    Fault(
        "21",
        ("unmeasured-task",),
        ({"silent": ("life",)}, {"silent": ("kind",)}, {"silent": ("kind", "life")}),
        nothing,
        {"loop": ()},
        CODE,
        reach="static",
        called="unheard",
    ),
)
SOUND: tuple[dict[str, object], ...] = (
    {},
    {"activation": "gelu", "hidden": (64,)},
    {"optimizer": "sgd", "lr": 1e-2},
    {"lr": 1e-3, "epochs": 25},
    {"hidden": (32, 32, 32), "epochs": 10},
)
"""Sound loops beside the plain one, which is the twin of every fault."""
SPARSE: dict[str, object] = {"hidden": (256,), "bias": -0.6}
"""A wide layer of which four units in five are silent for any one window and none for all: a decoy."""
