"""The score board: every metric of a task beside what a trivial predictor reaches on the same split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring import (
    binary,
    classification,
    countdown,
    forecast,
    masked,
    multilabel,
    ordinal,
    pointers,
    reconstruction,
    regression,
    span,
)
from polyhead.scoring.floor import finite, floor_of
from polyhead.scoring.interval import bootstrap
from polyhead.scoring.kind import Kind, Measure, Outcome
from polyhead.scoring.known import fault, joined, only_known
from polyhead.scoring.metric import Metric, Score
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.reference import Reference
from polyhead.scoring.skill import skill_of
from polyhead.scoring.threshold import choose_threshold, choose_thresholds

__all__ = [
    "KINDS",
    "choose_threshold",
    "choose_thresholds",
    "fit_reference",
    "joined",
    "kind_of",
    "metrics_of",
    "score_parts",
    "score_task",
]

Part = tuple[Prediction, Reference]
"""The predictions of one fold, and what the trivial predictors learned from the training set of that fold."""

KINDS: dict[str, Kind] = {
    "classification": classification.KIND,
    "ordinal": ordinal.KIND,
    "binary": binary.KIND,
    "multilabel": multilabel.KIND,
    "regression": regression.KIND,
    "forecast": forecast.KIND,
    "reconstruction": reconstruction.KIND,
    "masked": masked.KIND,
    "span": span.KIND,
    "pointers": pointers.KIND,
    "countdown": countdown.KIND,
}


def fit_reference(kind: str, truth: NDArray[np.generic], *, classes: int | None = None) -> Reference:
    """What the trivial predictors need to know, from the known training labels only, shaped as in Prediction.

    `classes` is the number of classes of a classification, for when the last ones are missing in training. Raises
    InputError if there is no label, one is not finite, or one is not a class.
    """
    if not len(truth):
        raise InputError("no known label in the training split", do="check the target's key and `missing` values")
    broken = int(np.sum(~np.isfinite(truth.astype(np.float64, copy=False))))
    if broken:
        raise InputError(f"{broken} of {truth.size} training labels are not finite", do="declare them as `missing`")
    return kind_of(kind).fit(truth, classes)


def score_task(
    kind: str,
    prediction: Prediction,
    reference: Reference,
    *,
    metrics: Sequence[str] | None = None,
    unit: str = "",
    interval: bool = False,
    seed: int = 0,
) -> dict[str, Score]:
    """The scores of one task on one split by metric, the primary one first and always there.

    `metrics` names which (default: all of the kind but those on request, and those of uncertainty only with one),
    `unit` is the target's. `interval` adds a bootstrap over recordings to the primary metric, drawn from `seed`.
    Only windows with a known label count. What is undefined is None; `reason` then says why. A value with a remark
    has both, and so has a value without skill or interval.
    """
    return score_parts(kind, [(prediction, reference)], metrics=metrics, unit=unit, interval=interval, seed=seed)


def score_parts(
    kind: str,
    parts: Sequence[Part],
    *,
    metrics: Sequence[str] | None = None,
    unit: str = "",
    interval: bool = False,
    seed: int = 0,
) -> dict[str, Score]:
    """The scores of one task over all folds pooled: each metric once of all windows, never a mean over folds.

    Each fold's trivial predictors know that fold's own training set. One index in `recording` is one recording, in
    whichever fold it stands. Everything else as in `score_task`. Raises InputError if the folds differ in classes.
    """
    rules = kind_of(kind)
    for _, reference in parts:
        if reference.kind != kind:
            raise ValueError(f"the reference was fitted for {reference.kind}, not for {kind}")
    by_part = [(only_known(prediction), reference) for prediction, reference in parts]
    known = joined([prediction for prediction, _ in by_part])
    measures = _chosen(rules, metrics, known)
    broken = fault(known)
    trivial = _trivial(rules, by_part)
    without = _unusable(rules, by_part)
    with np.errstate(all="ignore"):  # what overflows is reported as undefined
        outcomes = [Outcome(None, broken) if broken else finite(measure.compute(known)) for measure in measures]
        scores = [
            _score(*pair, trivial, without, len(known.truth), unit) for pair in zip(measures, outcomes, strict=True)
        ]
        scores[0] = replace(scores[0], primary=True)
        if interval and scores[0].value is not None:
            between, why = bootstrap(rules.statistic(known), known.recording, seed=seed)
            scores[0] = replace(scores[0], interval=between, reason=scores[0].reason or why)
    return {measure.metric.name: score for measure, score in zip(measures, scores, strict=True)}


def metrics_of(kind: str) -> tuple[Metric, ...]:
    """All metrics of a kind, primary first; some are only computed on request, or with an uncertainty."""
    return tuple(measure.metric for measure in kind_of(kind).measures)


def kind_of(kind: str) -> Kind:
    """The rules of a kind by name. Raises InputError if there is none."""
    if kind not in KINDS:
        raise InputError(f"no kind of task `{kind}`", do=f"use one of {', '.join(KINDS)}")
    return KINDS[kind]


def _score(
    measure: Measure, outcome: Outcome, trivial: Mapping[str, Prediction], without: str | None, n: int, unit: str
) -> Score:
    metric = measure.metric
    floor, predictor = floor_of(measure, trivial)
    skill = skill_of(metric, outcome.value, floor)
    lacking = without if any(name not in trivial for name in measure.trivial) else None
    remarks = [remark for remark in (outcome.reason, skill.reason, lacking) if remark]
    return Score(
        value=outcome.value,
        floor=floor,
        ceiling=None,  # set by whoever knows an information limit of the data
        skill=skill.value,
        n=n,
        interval=None,
        reason="; ".join(remarks) or None,
        floor_predictor=predictor,
        direction=metric.direction,
        best=metric.best,
        unit=_unit(metric, unit),
        primary=False,
    )


def _unit(metric: Metric, unit: str) -> str:
    if not metric.unit or not unit:
        return ""
    return unit if metric.unit == "target" else f"{unit}^2"


def _trivial(rules: Kind, parts: Sequence[Part]) -> dict[str, Prediction]:
    """Each trivial predictor's predictions of all parts, in every part by what it learned from that part's training."""
    by_part = [rules.trivial(known, reference) for known, reference in parts if len(known.truth)]
    everywhere = [name for name in by_part[0] if all(name in one for one in by_part)] if by_part else []
    return {name: joined([one[name] for one in by_part]) for name in everywhere}


def _unusable(rules: Kind, parts: Sequence[Part]) -> str | None:
    """Why the kind leaves out trivial predictors on some part, the first reason."""
    if rules.unusable is None:
        return None
    reasons = (rules.unusable(known, reference) for known, reference in parts if len(known.truth))
    return next((reason for reason in reasons if reason), None)


def _chosen(rules: Kind, metrics: Sequence[str] | None, known: Prediction) -> list[Measure]:
    """The primary measure, then the named ones in the order named, or those computed by default."""
    by_name = {measure.metric.name: measure for measure in rules.measures}
    for name in metrics or ():
        if name not in by_name:
            near = get_close_matches(name, by_name, n=1) or [", ".join(by_name)]
            raise InputError(f"{rules.name} has no metric `{name}`", do=f"use {near[0]}")
    by_default = [name for name, measure in by_name.items() if measure.by_default(known)]
    names = by_default if metrics is None else [next(iter(by_name)), *metrics]
    return [by_name[name] for name in dict.fromkeys(names)]
