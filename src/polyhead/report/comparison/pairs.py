"""Two runs on the same windows: the difference of a task's primary metric, bootstrapped over recordings in pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.values import columns_of, horizon_of
from polyhead.report.run import Record, Run
from polyhead.scoring.board import KINDS
from polyhead.scoring.interval import FEWEST_RECORDINGS, LEVEL, RESAMPLES, TOLERATED_UNDEFINED, draws
from polyhead.scoring.known import fault
from polyhead.scoring.prediction import Prediction

if TYPE_CHECKING:
    import polars

OTHER_WINDOWS = "not the same windows with the same truth"
SAME = 1e-6  # a relative difference between two ways to compute one number
SEED = 0  # of the draws, which every run shares: that is what pairs them


@dataclass(frozen=True)
class Resampled:
    """A task's predictions of one run, in the order of their windows: which these are, the primary metric, and its
    value in each resample (RESAMPLES,), empty where there are too few recordings."""

    windows: polars.DataFrame
    value: float
    values: NDArray[np.float64]


def resample(run: Run, split: str, task: str) -> Resampled | str:
    """The primary metric of a task under the draws of its recordings, from the saved predictions; or why not."""
    metric, score = run.primary(split, task)
    kind = next((str(told["kind"]) for told in _tellers(run, task) if told.get("kind")), "")
    rows = run.predictions(split)
    if rows is None:
        return f"predictions/{split}.parquet is missing"
    if kind in ("reconstruction", "masked"):
        return "predictions hold no samples of a reconstruction"
    if kind not in KINDS:
        return "the run does not say what kind of task it is"
    rules = KINDS[kind]
    parts = {part: columns_of(rows, f"{task}.{part}") for part in ("truth", "pred", "score")}
    if metric != rules.measures[0].metric.name or f"{task}.mask" not in rows.columns or not all(_needed(kind, parts)):
        return f"predictions/{split}.parquet does not hold what {metric or 'its metric'} needs"
    known = rows.filter(rows[f"{task}.mask"].cast(bool)).sort("recording", "index")
    prediction = _prediction(run, task, kind, known, parts)
    if (broken := fault(prediction)) is not None:
        return broken
    statistic = rules.statistic(prediction)
    value = statistic(np.ones(known.height))
    if not math.isclose(value, score.get("value") or math.nan, rel_tol=SAME, abs_tol=SAME):
        return f"predictions/{split}.parquet does not give the score in metrics.json: one was written again since"
    count, of = int(prediction.recording.max()) + 1, prediction.recording
    enough = count >= FEWEST_RECORDINGS
    values = [statistic(times[of]) for times in draws(count, seed=SEED)] if enough else []
    return Resampled(known.select("recording", "index", *parts["truth"]), value, np.array(values))


def difference(one: Resampled, first: Resampled) -> Record:
    """Value of `one` minus that of `first`, and its 95 % percentile interval over recordings, or the reason for none.

    Both are scored on the same drawn recordings each time, so that what makes a recording hard for both cancels.
    """
    if not _same_windows(one, first):
        return {"value": None, "interval": None, "reason": OTHER_WINDOWS}
    found: dict[str, Any] = {"value": one.value - first.value, "interval": None, "reason": None}
    if not one.values.size:
        return found | {"reason": f"no interval: fewer than {FEWEST_RECORDINGS} recordings"}
    apart = one.values - first.values
    apart = apart[np.isfinite(apart)]
    if apart.size < (1 - TOLERATED_UNDEFINED) * RESAMPLES:
        undefined = RESAMPLES - apart.size
        return found | {"reason": f"no interval: undefined in {undefined} of {RESAMPLES} resamples of the recordings"}
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(apart, [tail, 100 - tail])
    return found | {"interval": [float(low), float(high)]}


def _same_windows(one: Resampled, other: Resampled) -> bool:
    if one.windows.columns != other.windows.columns or one.windows.height != other.windows.height:
        return False
    named, told = one.windows.columns[:2], one.windows.columns[2:]
    if not one.windows.select(named).equals(other.windows.select(named)):
        return False
    pairs = [(one.windows[column].to_numpy(), other.windows[column].to_numpy()) for column in told]
    return all(
        np.allclose(a, b, rtol=SAME, atol=0) if a.dtype.kind == b.dtype.kind == "f" else np.array_equal(a, b)
        for a, b in pairs
    )


def _tellers(run: Run, task: str) -> tuple[Record, ...]:
    return run.task(task), run.target(task), run.options(task)


def _needed(kind: str, parts: dict[str, list[str]]) -> list[bool]:
    scored = kind in ("binary", "multilabel")
    counts = [len(parts["truth"]), len(parts["pred"]), len(parts["score"]) if scored else len(parts["truth"])]
    return [bool(parts["truth"]), len(set(counts)) == 1]


def _prediction(run: Run, task: str, kind: str, known: polars.DataFrame, parts: dict[str, list[str]]) -> Prediction:
    truth, pred = (_values(known, parts[part]) for part in ("truth", "pred"))
    score = _values(known, parts["score"]).astype(np.float64) if kind in ("binary", "multilabel") else None
    if kind in ("classification", "ordinal"):
        labels = np.unique(np.concatenate([truth.astype(str), pred.astype(str)]), return_inverse=True)[1]
        truth, pred = np.split(labels.astype(np.int64), [known.height])
    elif kind == "forecast":
        steps = horizon_of(run, task, len(parts["truth"]))
        truth, pred = (values.reshape(known.height, -1, steps) for values in (truth, pred))
    else:
        truth, pred = truth.astype(np.float64), pred.astype(np.float64)
    recording = np.unique(known["recording"].cast(str).to_numpy(), return_inverse=True)[1].astype(np.int64)
    return Prediction(truth, pred, np.ones(known.height, dtype=bool), recording, score=score)


def _values(known: polars.DataFrame, columns: list[str]) -> NDArray[Any]:
    return known[columns[0]].to_numpy() if len(columns) == 1 else known.select(columns).to_numpy()
