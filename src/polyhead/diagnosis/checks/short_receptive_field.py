"""A backbone whose steps see less than a window.

What it finds
    A receptive field that is shorter than the windows the network is given.

Why it matters
    Each step of a convolutional map sees as many samples as its layers reach. What lies further apart than that meets
    only where a head pools over time, which keeps means and maxima and forgets the order; a head that reads the last
    step alone never sees the window's beginning at all.

Evidence
    The receptive field as the network declares it, or of a TCN from its configuration, against the window's length; how
    each head pools, and how far its task came from what a constant scores.

Remedy
    More blocks with doubling dilations, a longer kernel, or a backbone that sees the whole window.

When it can be wrong
    Where what tells the answer is local (an impulse, a modulation), a short field is right, and a task that scores well
    says so: the finding is then a note.

Example
    Blocks of two convolutions with kernel 3 and dilations 1, 2, 4 see 1 + 2 x (3 - 1) x (1 + 2 + 4) = 29 samples: not
    100, as a published audit says in its text while the assertion beside it fails. Two further blocks, with dilations 8
    and 16, see 1 + 4 x 31 = 125.

References
    Bai, Kolter and Koltun, arXiv 1803.01271: the reach of dilated causal convolutions. Araujo, Norris and Sim, Distill
    2019: arithmetic of receptive fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from polyhead.config.backbones import OwnBackbone, TcnOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.progress import progress_of

NEARLY = 0.9
"""Share of the window from which on only its edge is not seen by one step, and is by its neighbours."""
HALF = 0.5
"""A task that came less than half of the way from its floor to perfect may miss what the field leaves out."""


@dataclass(frozen=True)
class Field:
    """Samples that a step sees and samples in a window; the worst task, its skill, and tasks that read the last step
    only. `tcn` where the backbone is one whose blocks are known."""

    sees: int
    length: int
    worst: str | None
    skill: float | None
    source: str
    last: tuple[str, ...]
    tcn: TcnOptions | None


def measure(case: Case) -> Iterator[Field]:
    """The field and the window; nothing for a backbone whose steps see the whole window."""
    windows = case.profile.windows if case.profile else None
    if windows is None:
        raise NotCheckedError("the length of a window is not known")
    options = case.config.model.backbone if case.config else None
    tcn = options if isinstance(options, TcnOptions) else None
    described = (case.metadata or {}).get("backbone")
    if described is not None:
        sees = described.get("receptive_field")
        if not sees and (isinstance(options, OwnBackbone) or ":" in str(described.get("name"))):
            raise NotCheckedError("the backbone does not declare its receptive field")
    elif tcn is not None:
        sees = None if tcn.norm == "group" else field_of(tcn)
    else:
        raise NotCheckedError("no description of the network")
    if not sees:
        return
    tasks = case.config.enabled if case.config else {}
    pooling = {name: getattr(getattr(task, "head", None), "pooling", None) for name, task in tasks.items()}
    worst = next(iter(progress_of(case)), None)
    yield Field(
        int(sees),
        windows.length,
        worst.task if worst else None,
        worst.value if worst else None,
        worst.source if worst else "",
        tuple(name for name, how in pooling.items() if how == "last"),
        tcn,
    )


def field_of(tcn: TcnOptions) -> int:
    """Samples that the last step of a TCN sees: two convolutions a block, after a stem that may stride."""
    dilations = tcn.dilations or [2**i for i in range(len(tcn.channels))]
    return tcn.stem_kernel + 2 * (tcn.kernel - 1) * sum(dilations) * tcn.stem_stride


def judge(field: Field) -> Finding | None:
    """A warning where a task stays far from perfect under a field that is short by more than an edge, else a note."""
    if field.sees >= field.length:
        return None
    harm = field.skill is not None and field.skill < HALF and field.sees < NEARLY * field.length
    facts = [Fact("receptive field", field.sees, threshold=field.length, source="samples in a window")]
    if field.last:
        facts.append(Fact("heads that read the last step only", ", ".join(field.last)))
    reached = Fact(f"skill of {field.worst}, the worst task", field.skill, threshold=HALF, source=field.source)
    known = field.skill is not None
    return Finding(
        severity="warning" if harm else "note",
        what=f"a step of the backbone sees {field.sees} of a window's {field.length} samples"
        + (f", and {field.worst} reaches a skill of {field.skill:.2f}" if harm else ""),
        scope=Scope(key="model.backbone"),
        evidence=(*facts, *([reached] if harm else [])),
        counter_evidence=(reached,) if known and not harm else (),
        alternatives=(
            Alternative("information-ceiling", "shorten the window to the field: scores that stay need no longer one"),
        ),
        fixes=(
            *([_deeper(field.tcn, field.length)] if field.tcn else []),
            Fix(
                "use a backbone whose steps see the whole window",
                {"model.backbone": "patch_transformer"},
                "no such finding; scores of tasks that need long relations rise",
                risk="more to fit on small data",
            ),
        ),
    )


def _deeper(tcn: TcnOptions, length: int) -> Fix:
    """Further blocks, each with twice the dilation of the one before, until a window is seen."""
    dilations = list(tcn.dilations or [2**i for i in range(len(tcn.channels))])
    channels = list(tcn.channels)
    while field_of(tcn.model_copy(update={"dilations": dilations})) < length:
        dilations.append(2 * dilations[-1])
        channels.append(channels[-1])
    sees = field_of(tcn.model_copy(update={"dilations": dilations}))
    # The whole block, since `model.backbone: tcn` as a word has no keys to edit.
    block: dict[str, Any] = tcn.model_dump(exclude_defaults=True) | {"channels": channels, "dilations": dilations}
    added = len(channels) - len(tcn.channels)
    return Fix(
        f"add {added} block{'s' if added > 1 else ''} with doubled dilations",
        {"model.backbone": block},
        f"receptive field {sees}, at least {length}",
        risk="slower, and more to fit",
    )


CHECK = Check(
    id="short-receptive-field",
    needs=("profile.windows",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
