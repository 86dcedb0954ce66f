"""A backbone whose steps see less than a window.

What it finds
    A receptive field that is shorter than the windows the network is given.

Why it matters
    Each step of a convolutional map sees as many samples as its layers reach. What lies further apart than that meets
    only where a head pools over time, which keeps means and maxima and forgets the order; a head that reads the last
    step alone never sees the window's beginning at all.

Evidence
    The receptive field as the network declares it, or of a TCN from its configuration, against the window's length. A
    short field is no fault by itself: steps side by side still see the whole window, and a head that pools gathers what
    each of them found. It warns where two samples of the window are likelier to be out of one step's reach than within
    it, or a head reads the last step alone, and a task leaves more than half of a constant's error on the windows it
    was trained on, although the network learns another task, if it has one: what is not fitted even there is not for
    want of data, and what is fitted elsewhere not for want of training.

Remedy
    More blocks with doubling dilations, a longer kernel, or a backbone that sees the whole window.

When it can be wrong
    Where what tells the answer is local (an impulse, a modulation), a short field is right, and a task that scores well
    says so: the finding is then a note. Labels that nothing tells are not fitted either; a backbone that sees the whole
    window and does no better says so. A field of half a window can cost a little, which no run shows by itself.

Example
    Blocks of two convolutions with kernel 3 and dilations 1, 2, 4 see 1 + 2 x (3 - 1) x (1 + 2 + 4) = 29 samples: not
    100, as a published audit says in its text while the assertion beside it fails. Two further blocks, with dilations 8
    and 16, see 1 + 4 x 31 = 125. Of all pairs of samples of a window of 100, (1 - 29 / 100)^2 = 50 % are further apart
    than 29. A task of R2 0.6 on training leaves sqrt(1 - 0.6) = 63 % of the error of the mean.

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
from polyhead.scoring.metric import Score

NEARLY = 0.9
"""Share of the window from which on a head that reads the last step misses no more than an edge."""
PAIRS = 0.5
"""Share of all pairs of samples that no step sees together: from here on a relation within the window is likelier to be
out of reach than within it. That is a field below 1 - sqrt(1/2) = 29 % of the window."""
LEFT = 0.5
"""Share of a constant's error that is left: a task that did not halve it may miss what the field leaves out."""
SQUARED = ("r2",)
"""Metrics that count squares of errors, so that their root tells what is left of the error itself."""


@dataclass(frozen=True)
class Field:
    """Samples that a step sees and samples in a window; tasks that read the last step only; of each task with a floor,
    the worst first, the share of a constant's error that is left, on training where that was scored, as `source` says.
    `tcn` where the backbone is one whose blocks are known."""

    sees: int
    length: int
    last: tuple[str, ...]
    left: tuple[tuple[str, float], ...]
    source: str
    tcn: TcnOptions | None

    @property
    def apart(self) -> float:
        """Share of all pairs of samples in a window that lie further apart than a step sees."""
        return max(0.0, 1 - self.sees / self.length) ** 2


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
    last = tuple(name for name, how in pooling.items() if how == "last")
    yield Field(int(sees), windows.length, last, *_left(case), tcn)


def _left(case: Case) -> tuple[tuple[tuple[str, float], ...], str]:
    """What is left of each task's error, the most first, and what tells it."""
    split = "train" if (case.metrics or {}).get("train") else case.judged
    scored = {task: case.score(task, split) for task, known in case.tasks.items() if known.weight and split}
    left = {task: _error(*one) for task, one in scored.items() if one is not None and one[1].skill is not None}
    source = f"skill on {split}"
    if not left:
        reached = progress_of(case)
        left = {one.task: max(0.0, 1 - one.value) for one in reached}
        source = reached[0].source if reached else ""
    return tuple(sorted(left.items(), key=lambda one: (-one[1], one[0]))), source


def _error(metric: str, score: Score) -> float:
    rest = max(0.0, 1 - (score.skill or 0.0))
    return float(rest**0.5) if metric in SQUARED else rest


def field_of(tcn: TcnOptions) -> int:
    """Samples that the last step of a TCN sees: two convolutions a block, after a stem that may stride."""
    dilations = tcn.dilations or [2**i for i in range(len(tcn.channels))]
    return tcn.stem_kernel + 2 * (tcn.kernel - 1) * sum(dilations) * tcn.stem_stride


def judge(field: Field) -> Finding | None:
    """A warning where a task that needs it cannot be fitted under a field that is far too short, else a note."""
    if field.sees >= field.length:
        return None
    learned = len(field.left) < 2 or field.left[-1][1] < LEFT
    cut_off = field.last if field.sees < NEARLY * field.length else ()
    missed = [one for one in field.left if one[1] > LEFT and (field.apart > PAIRS or one[0] in cut_off)]
    harm = learned and bool(missed)
    facts = [
        Fact("receptive field", field.sees, threshold=field.length, source="samples in a window"),
        Fact("pairs of samples out of reach", field.apart, threshold=PAIRS, source="(1 - field / window)^2"),
    ]
    if field.last:
        facts.append(Fact("heads that read the last step only", ", ".join(field.last)))
    told = [
        Fact(f"error of {task} left of a constant's", rest, None, LEFT, field.source)
        for task, rest in (missed if harm else field.left[:1])
    ]
    if harm and len(field.left) > 1:
        task, rest = field.left[-1]
        told.append(Fact(f"error of {task}, which was learned", rest, None, LEFT, field.source))
    return Finding(
        severity="warning" if harm else "note",
        what=f"a step of the backbone sees {field.sees} of a window's {field.length} samples"
        + (f", and {missed[0][0]} keeps {missed[0][1]:.0%} of a constant's error" if harm else ""),
        scope=Scope(key="model.backbone"),
        evidence=(*facts, *(told if harm else ())),
        counter_evidence=() if harm else tuple(told),
        alternatives=(
            Alternative("information-ceiling", "shorten the window to the field: scores that stay need no longer one"),
            Alternative("label-noise", "a backbone that sees the whole window leaves as much error"),
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
    explains=("below-floor", "stalled-training", "information-ceiling"),
)
