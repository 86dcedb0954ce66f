"""Parameters that never move.

What it finds
    Weights whose every digit is the same from the first to the last record although steps were taken at a rate above 0:
    all of them, or those of one part of the network.

Why it matters
    An optimiser moves what it was given and what gets a gradient. A part that was made after the optimiser, detached
    from the loss, or left out of it by a wrong name keeps its random start; the others learn around it, and nothing in
    the losses says so.

Evidence
    The sum of absolute values of each parameter in float64, before the first step and after each recorded epoch; the
    gradient that reached it; the sum over all parameters at sampled steps. Parameters whose sum is 0 all along do not
    count: a bias that starts at 0 before a normalisation has no reason to move. Nor does the output bias of two
    classes: its two gradients are g and -g, so it moves to (b + d, b - d), whose sum is the same.

Remedy
    Give the part to the optimiser; take away the detach or the wrong name; say so where it is meant.

When it can be wrong
    Layers that are frozen on purpose, which get no gradient, are a note. The head of a task without labels stays still
    as well; that of a task of weight 0 is not looked at.

Example
    Sums of a head of 41.25 in every one of 12 epochs, while the backbone goes from 310.2 to 355.7: the head is frozen.
    A float32 weight of 1 that moves by 1e-7 changes its sum; one that moves by less than that does not move at all.

References
    TrainCheck, OSDI 2025, infers that parameters change; TheDeepChecker looks for untrained ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope, Severity
from polyhead.diagnosis.progress import progress_of

RECORDS = 3
"""Two epochs at least, so that no parameter is called frozen for a single odd one."""
AT_FLOOR = 0.1
"""A task that came less than a tenth of the way from its floor (deepchecks' gain over a simple model)."""


@dataclass(frozen=True)
class Still:
    """`still` of `of` parameters of a part that never moved over so many records; the task whose head it is and how far
    that came from its floor; whether a gradient reached them (None where not recorded)."""

    part: str
    still: int
    of: int
    names: tuple[str, ...]
    records: int
    gradient: bool | None
    task: str | None = None
    progress: float | None = None


def measure(case: Case) -> Iterator[Still]:
    """The whole network if nothing moves, else each part of it of which something does not."""
    steps, rates = case.steps or {}, (case.steps or {}).get("lr", (case.epochs or {}).get("lr", np.ones(1)))
    if not np.nan_to_num(rates, nan=0).max(initial=0) > 0:
        raise NotCheckedError("no step was taken at a learning rate above 0")
    table = {name: values for name, values in (case.parameters or {}).items() if name != "epoch"}
    moving = {name: values for name, values in table.items() if np.nanmax(np.abs(values), initial=0) > 0}
    records = len(next(iter(moving.values()), ()))
    if records >= RECORDS:
        mirrored = _mirrored(case, moving)
        still = [name for name, values in moving.items() if (values == values[0]).all() and name not in mirrored]
        if len(still) == len(moving):
            yield Still("all", len(still), len(moving), tuple(still[:3]), records, _reached(case, still))
            return
        idle = {f"heads.{name}" for name, facts in case.tasks.items() if not facts.weight}
        for part in dict.fromkeys(_part(name) for name in still if _part(name) not in idle):
            own = [name for name in moving if _part(name) == part]
            yield _still(case, part, [name for name in own if name in still], len(own), records)
        return
    sums = steps.get("checksum", np.zeros(0))
    sums = sums[np.isfinite(sums) & (steps.get("stepped", np.ones(len(sums))) != 0)]
    if len(sums) < RECORDS:
        raise NotCheckedError(f"sums of parameters at fewer than {RECORDS} epochs or sampled steps")
    if (sums == sums[0]).all():
        yield Still("all", 1, 1, ("checksum",), len(sums), None)


def _mirrored(case: Case, table: Mapping[str, NDArray[np.float64]]) -> set[str]:
    """Output biases of two-class heads beside a weight that moves: their sum stays where they move."""
    found = set()
    for task, facts in case.tasks.items():
        bias = f"heads.{task}.output.bias"
        weight = table.get(bias.replace("bias", "weight"))
        if bias in table and len(facts.classes) == 2 and weight is not None and (weight != weight[0]).any():
            found.add(bias)
    return found


def _part(name: str) -> str:
    """`backbone`, or the head or branch as `heads.fault`; of other networks the first word."""
    words = name.split(".")
    return ".".join(words[:2]) if words[0] in ("heads", "branches") else words[0]


def _still(case: Case, part: str, still: list[str], of: int, records: int) -> Still:
    task = part.partition(".")[2] or None
    task = task if task in case.tasks else None
    progress = next((one.value for one in progress_of(case) if one.task == task), None)
    return Still(part, len(still), of, tuple(still[:3]), records, _reached(case, still), task, progress)


def _reached(case: Case, names: list[str]) -> bool | None:
    norms = [case.gradients[name] for name in names if name in case.gradients] if case.gradients else []
    return bool(max(np.nanmax(one, initial=0) for one in norms) > 0) if norms else None


def judge(still: Still) -> Finding | None:
    """An error where nothing trains, or a whole head whose task stands at its floor; a warning where a gradient arrived
    in vain or a whole part stays still; a note for single parameters that get no gradient."""
    whole = still.still == still.of
    lost = whole and still.progress is not None and still.progress < AT_FLOOR
    severity: Severity
    if still.part == "all":
        severity = "error"
    elif still.gradient is False and (not whole or still.progress is None):
        severity = "note"
    else:
        severity = "error" if lost else "warning"
    reach = {True: "though a gradient reaches them", False: "and no gradient reaches them", None: ""}[still.gradient]
    what = (
        "no parameter of the network moves"
        if still.part == "all"
        else f"{still.part}: {still.still} of {still.of} parameters never move"
    )
    return Finding(
        severity=severity,
        what=f"{what} over {still.records} records {reach}".rstrip(),
        scope=Scope(task=still.task, parameter=still.names[0] if still.still == 1 else still.part, key="train"),
        evidence=(
            Fact(
                "parameters that never move",
                still.still,
                threshold=0,
                source=f"of {still.of}: {', '.join(still.names)}",
            ),
            *(
                (Fact(f"progress of {still.task}", still.progress, threshold=AT_FLOOR),)
                if still.progress is not None
                else ()
            ),
        ),
        alternatives=(
            Alternative("learning-rate", "the rate over steps: at 0 nothing moves, whoever holds it"),
            Alternative("orphan-head", "the gradient of the head's loss: 0 where it is not part of what is descended"),
        ),
        fixes=(
            Fix(
                "give these parameters to the optimiser, and let the loss reach them; if they are frozen on purpose,"
                " suppress this finding with that as its reason",
                {},
                "sums of these parameters that change from epoch to epoch",
            ),
        ),
    )


CHECK = Check(
    id="frozen-parameters",
    needs=("parameters|steps.checksum",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=(
        "stalled-training",
        "constant-output",
        "below-floor",
        "below-majority",
        "probability-collapse",
        "loss-metric-divergence",
    ),
)
