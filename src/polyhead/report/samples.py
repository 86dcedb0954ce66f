"""Samples of batches: windows as the network saw them, and beside each what was to be predicted and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.report.figures.canvas import Panel
from polyhead.report.figures.windows import window_panel
from polyhead.report.numbers import UNDEFINED, number
from polyhead.report.run import Run
from polyhead.scoring.spans import runs
from polyhead.trace.batches import batch_epochs, read_batch
from polyhead.trace.folder import RunFolder

EPOCHS = 3  # on the page; the folder keeps all
PARTS = 3  # outputs or labels of one task that a cell holds

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Answers:
    """What each window was, in `columns` of its recording and of every task as `truth → prediction`."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Sample:
    """The sampled windows of one epoch."""

    epoch: int
    judged: bool
    panel: Panel | None
    answers: Answers


def samples(run: Run) -> list[Sample]:
    """The samples of the latest epochs that have one, the latest first."""
    trace = RunFolder(run.path).trace
    best = (run.state.get("best") or {}).get("epoch")
    found = []
    for epoch in reversed(batch_epochs(trace)[-EPOCHS:]):
        arrays = read_batch(trace, epoch)
        found.append(Sample(epoch, epoch == best, window_panel(run, arrays), answers(run, arrays)))
    return found


def answers(run: Run, arrays: Arrays) -> Answers:
    """Truth and prediction of every task for every window."""
    tasks = [task for task in run.tasks if f"{task}.mask" in arrays]
    titles = [f"{task}, {unit}" if (unit := run.target(task).get("unit")) else task for task in tasks]
    rows = []
    for window, recording in enumerate(arrays["recording"]):
        cells = [_answer(run, task, _parts(arrays, task, window)) for task in tasks]
        rows.append([str(window + 1), str(recording), *cells])
    return Answers(["", "recording", *titles], rows)


def _parts(arrays: Arrays, task: str, window: int) -> dict[str, Any]:
    names = ("truth", "mask", "pred", "score", "sd")
    return {name: arrays[f"{task}.{name}"][window] for name in names if f"{task}.{name}" in arrays}


def _answer(run: Run, task: str, parts: Mapping[str, Any]) -> str:
    """`inner → normal 0.71`: the truth, or an en dash where it is not known, and what the network says."""
    kind, known = str(run.task(task).get("kind")), bool(parts["mask"])
    if kind in ("forecast", "reconstruction", "masked"):
        error = float(np.sqrt(np.nanmean((np.asarray(parts["pred"]) - np.asarray(parts["truth"])) ** 2)))
        return f"RMSE {number(error).text}" if known else UNDEFINED
    if kind == "countdown":
        error = float(np.mean(np.abs(np.asarray(parts["pred"]) - np.asarray(parts["truth"]))))
        return f"MAE {number(error).text}" if known else UNDEFINED
    if kind == "span":
        return f"{_spans(parts['truth']) if known else UNDEFINED} → {_likeliest(parts['score'])}"
    if kind == "binary":
        return f"{parts['truth'] if known else UNDEFINED} → {number(float(parts['score']), 2).text}"
    if kind == "multilabel":
        return _labels([str(label) for label in run.target(task).get("classes") or []], parts, known)
    if kind in ("classification", "ordinal"):
        sure = f" {number(float(np.max(parts['score'])), 2).text}" if "score" in parts else ""
        return f"{parts['truth'] if known else UNDEFINED} → {parts['pred']}{sure}"
    return _numbers(parts, known)


def _labels(names: list[str], parts: Mapping[str, Any], known: bool) -> str:
    """The labels that a window has, and those that the network is surest of."""
    score, truth = np.atleast_1d(parts["score"]), np.atleast_1d(parts["truth"])
    named = names if len(names) == len(score) else [str(label) for label in range(len(score))]
    has = ", ".join(name for name, value in zip(named, truth, strict=True) if value) or "none"
    first = np.argsort(-score, kind="stable")[:PARTS]
    said = ", ".join(f"{named[label]} {number(float(score[label]), 2).text}" for label in first)
    return f"{has if known else UNDEFINED} → {said}"


def _spans(marks: NDArray[np.generic]) -> str:
    """The first spans of a window by their first and last bars: `50–58, 90–93`."""
    spans = runs(marks).tolist()
    more = " …" if len(spans) > PARTS else ""
    return (", ".join(f"{first}–{last}" for first, last in spans[:PARTS]) or "none") + more


def _likeliest(score: NDArray[np.float64]) -> str:
    """The highest probability of a mark and its bar; what is marked, validation decides."""
    at = int(np.argmax(score))
    return f"{number(float(score[at]), 2).text} at {at}"


def _numbers(parts: Mapping[str, Any], known: bool) -> str:
    """Numbers, with one standard deviation where the network says it."""
    truth, pred = (np.ravel(parts[part])[:PARTS] for part in ("truth", "pred"))
    spread = np.ravel(parts["sd"])[:PARTS] if "sd" in parts else None
    more = " …" if np.size(parts["pred"]) > PARTS else ""
    said = [number(float(value)).text for value in pred]
    if spread is not None:
        said = [f"{text} ± {number(float(sd)).text}" for text, sd in zip(said, spread, strict=True)]
    true = ", ".join(number(float(value)).text for value in truth) + more if known else UNDEFINED
    return f"{true} → {', '.join(said)}{more}"
