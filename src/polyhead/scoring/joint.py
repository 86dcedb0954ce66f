"""Metrics across tasks: the share of windows where every task is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.board import KINDS, kind_of
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.known import fault, only_known
from polyhead.scoring.metric import Metric, Score
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.scoring.skill import skill_of

METRIC = Metric("all_correct", "higher", 1.0)

Member = tuple[str, Prediction, Reference]
"""The kind of a task, its predictions, and what trivial predictors know of it."""


def all_correct(*folds: Sequence[Member], interval: bool = False, seed: int = 0) -> Score:
    """Share of windows where every task is right, among those where every label is known.

    Each fold holds its tasks over the same windows; without folds there is one. A multi-label task is right where all
    its labels are. The floor is that of majorities: every task always says its most frequent training label (or set
    of labels). The interval is a bootstrap over recordings. Raises InputError for kinds that are not right or wrong.
    """
    parts = [_judged(members) for members in folds]
    right, trivial, recording = (np.concatenate(arrays) for arrays in zip(*(part[:3] for part in parts), strict=True))
    n = len(right)
    broken = next((part[3] for part in parts if part[3]), None)
    undefined = broken or (None if n else "no window where the label of every task is known")
    value = None if undefined else float(np.mean(right))
    floor = float(np.mean(trivial)) if n else None
    skill = skill_of(METRIC, value, floor)
    span, why = None, None
    if interval and value is not None:
        hit = right.astype(np.float64)
        # einsum, not @: see residuals.r2_statistic.
        span, why = bootstrap(lambda w: float(np.einsum("w,w->", w, hit) / w.sum()), recording, seed=seed)
    return Score(
        value=value,
        floor=floor,
        ceiling=None,
        skill=skill.value,
        n=n,
        interval=span,
        reason=undefined or skill.reason or why,
        floor_predictor=None if floor is None else "majority",
        direction=METRIC.direction,
        best=METRIC.best,
        unit="",
        primary=True,
    )


def _judged(members: Sequence[Member]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64], str | None]:
    """Of the windows where all labels are known: all right? all majorities right? recording; and what is broken."""
    for kind, _, _ in members:
        if kind_of(kind).right is None:
            fit = ", ".join(name for name, rules in KINDS.items() if rules.right)
            raise InputError(f"all_correct needs tasks that are right or wrong, not {kind}", do=f"name tasks of {fit}")
    recordings = [prediction.recording for _, prediction, _ in members]
    if any(not np.array_equal(other, recordings[0]) for other in recordings):
        raise ValueError("the tasks of a joint metric are predicted on the same windows")
    known = np.logical_and.reduce([prediction.mask for _, prediction, _ in members])
    right, trivial = np.ones((2, int(known.sum())), dtype=bool)
    broken = None
    for kind, prediction, reference in members:
        one = only_known(replace(prediction, mask=known))
        if not len(one.truth):
            break
        right &= _right(kind, one)
        trivial &= _right(kind, _majority(kind, one, reference))
        broken = broken or fault(one)
    return right, trivial, recordings[0][known], broken


def _majority(kind: str, known: Prediction, reference: Reference) -> Prediction:
    predictors = kind_of(kind).trivial(known, reference)
    return predictors.get("common-set", predictors["majority"])


def _right(kind: str, known: Prediction) -> NDArray[np.bool_]:
    right = kind_of(kind).right
    assert right is not None
    return right(known)
