"""A diagnosis with one finding of every sort, in words that would break a careless table."""

from __future__ import annotations

from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

LIFE = Finding(
    "error",
    "the head of life | cannot reach 1.2",
    Scope(task="life", split="test", epochs=(3, 9), key="tasks.life.bounds", where="exp.yaml:12"),
    (Fact("share out of range", 0.25, (0.2, 0.3), 0.01, "by hand", "test"), Fact("labels", 400)),
    (Fact("skill", 0.6),),
    (Alternative("filled-labels", "look at the largest label"),),
    (Fix("widen it", {"tasks.life.bounds": [0.0, 1.5]}, "share 0", "none"), Fix("think about it.", {}, "insight.")),
    id="head-range",
    confidence=0.875,
    confidence_basis="7 of 8 alarms right on planted set 1",
    why="A bounded head has a least and a largest answer.",
    docs="reference/checks/head-range.html",
)
FOLLOWS = LIFE.changed(severity="warning", what="life is bad", id="below-floor", follows=("head-range",))
NOTE = Finding("note", "odd", Scope(), (), id="class-imbalance")
ACCEPTED = NOTE.changed(severity="error", id="proxy-label", state="suppressed", reason="by design")
OLD = NOTE.changed(severity="warning", id="weak-slice", old=True)


def diagnosis(*findings: Finding) -> Diagnosis:
    """All five findings, or these; one check looked in vain, two could not."""
    held = findings or (LIFE, FOLLOWS, NOTE, ACCEPTED, OLD)
    checks = {one.id: "ran" for one in held} | {"overfitting": "ran"}
    unseen = dict.fromkeys(("padded-time", "missing-dt"), "skipped: the data profile has no time")
    return Diagnosis("runs/one", held, checks | unseen, ("every head gets gradient",), ("one run is one seed",))
