"""Gradients that vanish on their way to the first layers.

What it finds
    First layers of the backbone whose gradient is less than a thousandth of that of its last layers, late in training,
    while a task stands at its floor.

Why it matters
    Every layer multiplies the gradient on its way down. Where the factors are below one, the first layers, which see
    the signal, hardly move: the network is its random first layers with trained ones on top.

Evidence
    The median norm of the gradient over the weights of the first third of the backbone, over that of its last third,
    in each recorded epoch: over the last fifth of the epochs, and in the first epoch. Biases and normalisations are
    left out, and so are parameters that never had a gradient. How far the worst task came from its floor.

Remedy
    A normalisation between layers, fewer layers, shortcuts around them, a start that keeps the variance, or units that
    do not saturate.

When it can be wrong
    A recurrent or very uneven network has layers of unlike size, and with them unlike norms; the ratio in the first
    epoch shows this. A pretrained backbone that is slowed down on purpose looks the same.

Example
    Nine layers with norms 1e-6, 1e-6, 1e-5, .., 0.1, 0.2, 0.1 have a ratio of 1e-6 / 0.1 = 1e-5. A run that began at
    0.5 has lost a factor of 5e4 on the way.

References
    Bengio, Simard and Frasconi, IEEE Trans. Neural Networks 1994; Glorot and Bengio, AISTATS 2010. AutoTrainer, ICSE
    2021, takes first over last below 1e-3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case, Columns
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import Progress, progress_of

LEAST = 1e-3
"""First over last layers, of AutoTrainer; healthy convolutional runs lie between 1 and 10."""
AT_FLOOR = 0.1
"""A task that came less than a tenth of the way from its floor (deepchecks' gain over a simple model)."""
LAYERS, EPOCHS = 6, 5
"""Weights needed for a first and a last third of two each, and epochs needed to call it sustained."""


@dataclass(frozen=True)
class Depth:
    """First over last layers: the largest of the last fifth of the epochs, and of the first epoch; the worst task; and
    whether the backbone's `norm` is an option that is `none`."""

    late: float
    start: float
    layers: int
    epochs: tuple[int, int]
    worst: Progress | None
    bare: bool


def measure(case: Case) -> Iterator[Depth]:
    """The ratio over epochs, of backbone weights in the order of the network."""
    table = case.gradients or {}
    names = _weights(table)
    if len(names) < LAYERS:
        raise NotCheckedError(f"gradients of {len(names)} weights of the backbone, {LAYERS} are needed")
    norms = np.stack([table[name] for name in names], axis=1)
    rows = np.isfinite(norms).all(axis=1)
    norms = norms[rows]
    if len(norms) < EPOCHS:
        raise NotCheckedError(f"gradients in {len(norms)} epochs, {EPOCHS} are needed")
    third = len(names) // 3
    ratio = np.median(norms[:, :third], axis=1) / np.maximum(np.median(norms[:, -third:], axis=1), 1e-300)
    epochs = table["epoch"][rows] if "epoch" in table else np.arange(1, len(norms) + 1)
    late = max(2, len(ratio) // 5)
    backbone = case.config.model.backbone if case.config else None
    yield Depth(
        late=float(ratio[-late:].max()),
        start=float(ratio[0]),
        layers=len(names),
        epochs=(int(epochs[-late]), int(epochs[-1])),
        worst=next(iter(progress_of(case)), None),
        bare=getattr(backbone, "norm", None) == "none",
    )


def _weights(table: Columns) -> list[str]:
    """Weights below the heads that ever had a gradient, without biases and normalisations."""
    names = [name for name in table if name not in ("epoch", "total_grad_norm") and not name.startswith("heads.")]
    main = [name for name in names if "norm" not in name.lower() and not name.endswith("bias")]
    return [name for name in main if np.nanmax(table[name], initial=0) > 0]


def judge(depth: Depth) -> Finding | None:
    """A warning where a task stands at its floor, an error where its interval ends below a tenth; else a note."""
    if depth.late >= LEAST:
        return None
    worst = depth.worst
    harmed = worst is not None and worst.value < AT_FLOOR
    proven = harmed and worst is not None and worst.interval is not None and worst.upper < AT_FLOOR
    return Finding(
        severity="error" if proven else "warning" if harmed or worst is None else "note",
        what=f"the gradient of the first layers is {depth.late:.2g} of that of the last ones"
        + (f", and {worst.task} is {worst.value:.2g} of the way from its floor" if worst else ""),
        scope=Scope(epochs=depth.epochs, key="model.backbone"),
        evidence=(
            Fact("first over last layers", depth.late, threshold=LEAST, source="AutoTrainer", window="last fifth"),
            Fact("the same in the first epoch", depth.start, source=f"{depth.layers} weights"),
            *((worst.fact(AT_FLOOR),) if worst and harmed else ()),
        ),
        counter_evidence=(worst.fact(AT_FLOOR),) if worst and not harmed else (),
        alternatives=(
            Alternative("dead-units", "the share of channels that are 0: high where units died, 0 where they saturate"),
            Alternative("frozen-parameters", "sums of the first layers: exactly still where they are not trained"),
        ),
        fixes=(
            Fix(
                "normalise between layers",
                {"model.backbone.norm": "group"} if depth.bare else {},
                f"first over last layers above {LEAST:g} from the first epoch on",
                risk="a level that carries the target is divided out of single layers",
            ),
        ),
    )


CHECK = Check(
    id="vanishing-gradient",
    needs=("gradients",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "stalled-training",
        "constant-output",
        "rank-collapse",
        "probability-collapse",
        "below-floor",
        "below-majority",
        "loss-metric-divergence",
    ),
)
