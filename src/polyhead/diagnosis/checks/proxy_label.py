"""A label that is computed from another task's.

What it finds
    Two tasks of which one's label is a function of the other's: `faulty = fault > 0`, or a number that is another one
    in different units.

Why it matters
    The second task adds no information, yet it takes its share of the loss, and its score says nothing that the first
    one's does not. Where the label ought to be a measurement of its own, such as a flag for an anomaly, the rule stands
    in for it: the network learns the rule, and the true event is never seen.

Evidence
    The share of windows on which the best rule from the other label is right, and the share that the commonest label
    alone gets right. lift = (share - chance) / (1 - chance) is 1 for a function and 0 for unrelated labels.

Remedy
    A label of its own. Where there is none, say so: `derived_from` makes it known and keeps this to a note. Or leave
    the task out and derive its answer from the other's prediction.

When it can be wrong
    A diagnosis that is coarser by nature, such as a class and its family, is a function too, and useful as a task on
    purpose. With few windows or one class alone every rule fits; then nothing is said.

Example
    400 windows, 300 of them of fault > 0, all faulty, 100 of them normal, none faulty: the rule is right on all 400,
    the commonest label on 300. lift = (1 - 0.75) / (1 - 0.75) = 1. With 6 windows against the rule: (0.985 - 0.75) /
    0.25 = 0.94, a related label but no copy.

References
    Goodman and Kruskal, JASA 1954 (lambda, the same ratio for classes).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope
from polyhead.diagnosis.shares import wilson
from polyhead.trace.profile import Pair

SHARE, LIFT = 0.995, 0.98
"""A rule with a few windows against it is still the rule: labels are read and rounded. Two measurements that go
together reach .9, seldom .99."""
WINDOWS = 50
"""With fewer windows the best rule fits by chance."""


@dataclass(frozen=True)
class Rule:
    """How far `task` is told by `other` over `n` windows, `declared` where its target says so itself. `target` and
    `source` are their names under data.targets; `written` where the configuration has the target."""

    task: str
    other: str
    determined: float
    lift: float
    chance: float
    n: int
    words: str
    declared: bool
    target: str
    source: str
    written: bool


def measure(case: Case) -> Iterator[Rule]:
    """The stronger way round of every two tasks; where both are equal, the way that is declared, or the later name."""
    profile = case.profile
    if profile is None or not profile.pairs:
        raise NotCheckedError("no two tasks with labels")
    declared = {name: one.derived_from is not None for name, one in profile.targets.items()}
    keys = {name: one.key or name for name, one in profile.targets.items()}
    strongest: dict[frozenset[str], Pair] = {}
    for pair in sorted(profile.pairs, key=lambda one: (round(_lift(one), 9), declared.get(one.task, False), one.task)):
        strongest[frozenset((pair.task, pair.other))] = pair
    for pair in strongest.values():
        target, source = keys.get(pair.task, pair.task), keys.get(pair.other, pair.other)
        yield Rule(
            task=pair.task,
            other=pair.other,
            determined=pair.determined,
            lift=_lift(pair),
            chance=pair.chance,
            n=pair.n,
            words=pair.rule,
            declared=declared.get(pair.task, False),
            target=target,
            source=source,
            written=case.config is not None and target in case.config.data.targets,
        )


def _lift(pair: Pair) -> float:
    return (pair.determined - pair.chance) / (1 - pair.chance) if pair.chance < 1 else 0.0


def judge(rule: Rule) -> Finding | None:
    """A warning where the label is a function of another and nobody says so, a note where its target says it."""
    if rule.n < WINDOWS or rule.determined < SHARE or rule.lift < LIFT:
        return None
    known = f" ({rule.words})" if rule.words else ""
    out = Fix(
        "leave the task out and derive its answer from the other's prediction",
        {f"tasks.{rule.task}.enabled": False},
        f"{rule.other} scores as before, without the share of the loss that {rule.task} had",
        risk="the answer has no threshold and no calibration of its own",
    )
    declare = Fix(
        "say that the label is derived; and look for one that was measured",
        {f"data.targets.{rule.target}.derived_from": rule.source} if rule.written else {},
        "the finding stays as a note",
        risk="the task stays as it is",
    )
    interval = wilson(round(rule.determined * rule.n), rule.n)
    return Finding(
        severity="note" if rule.declared else "warning",
        what=f"{rule.task}: its label follows from {rule.other}{known} on {rule.determined:.1%} of {rule.n} windows,"
        f" where the commonest label is right on {rule.chance:.1%}",
        scope=Scope(task=rule.task, key=f"data.targets.{rule.target}"),
        evidence=(
            Fact(
                "share of windows that the rule gets right",
                rule.determined,
                interval,
                SHARE,
                window="train",
            ),
            Fact("lift over the commonest label", rule.lift, threshold=LIFT, source="1 is a function", window="train"),
        ),
        counter_evidence=(Fact("derived_from", "declared", source="the target says so"),) if rule.declared else (),
        alternatives=(
            Alternative("shortcut", "train without the other task: a label that is measured scores on its own"),
        ),
        fixes=(out,) if rule.declared else (declare, out),
    )


CHECK = Check(
    id="proxy-label",
    needs=("profile.pairs",),
    cost="static",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
)
