"""What a loop showed of one split: predictions, labels, losses, and which recordings its windows are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction
from polyhead.trace.predictions import frame_of
from polyhead.training.monitoring.answer import Answer, Labels, answer_of, array_of, labels_of
from polyhead.training.monitoring.steps import kept
from polyhead.training.monitoring.task import MonitoredTask

_Arrays = dict[str, NDArray[Any]]


@dataclass
class SplitRecord:
    """Windows of one split, in the order in which they were shown. `losses` holds (value, known labels) by task;
    `marks` tells equal windows (window,), where inputs were given."""

    name: str
    batches: list[tuple[int, dict[str, _Arrays]]] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    losses: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    marks: list[NDArray[np.int64]] = field(default_factory=list)
    named: bool = True
    _pooled: dict[str, Prediction] | None = None

    def __len__(self) -> int:
        return len(self.recordings)

    def add(
        self,
        tasks: Mapping[str, MonitoredTask],
        predictions: Mapping[str, Any],
        targets: Mapping[str, Any],
        recording: Sequence[Any] | None,
        losses: Mapping[str, Any],
        last: Mapping[str, Any],
    ) -> None:
        """Add a batch. Raises InputError where its parts do not go together."""
        parts: dict[str, _Arrays] = {}
        for name, outputs in predictions.items():
            task = _known(tasks, name, "predictions")
            if task.kind is None:
                raise InputError(
                    "its kind is not known", where=f"tasks.{name}", do="write its kind, such as regression"
                )
            answer = answer_of(task, outputs)
            labels = labels_of(task, targets[name]) if targets.get(name) is not None else _unknown(answer)
            parts[name] = _joined(name, answer, labels) | _last(last.get(name))
        counts = {name: len(one["pred"]) for name, one in parts.items()}
        if len(set(counts.values())) != 1:
            raise InputError(f"expected predictions of the same windows, found {counts}", where="predictions")
        count = next(iter(counts.values()))
        self.recordings += self._names(recording, count)
        self.batches.append((count, parts))
        self._pooled = None
        for name, value in losses.items():
            _known(tasks, name, "losses")
            known = int(parts[name]["mask"].sum()) if name in parts else count
            self.losses.setdefault(name, []).append((float(kept(value)), known))

    def _names(self, recording: Sequence[Any] | None, count: int) -> list[str]:
        if recording is None:
            self.named = False
            return [f"{self.name}-{len(self) + number}" for number in range(count)]
        names = [str(one) for one in array_of(recording).reshape(-1).tolist()]
        if len(names) != count:
            raise InputError(f"expected a name for each of {count} windows, found {len(names)}", where="recording")
        return names

    def extend(self, other: SplitRecord) -> None:
        """Add what another process was shown."""
        shown = other.recordings
        if not other.named:  # numbers that every process counts for itself
            shown = [f"{self.name}-{len(self) + number}" for number in range(len(other))]
        self.recordings += shown
        self._pooled = None
        self.batches += other.batches
        self.marks += other.marks
        self.named &= other.named
        for name, pairs in other.losses.items():
            self.losses.setdefault(name, []).extend(pairs)

    def loss(self, name: str) -> float | None:
        """Mean loss of a task over known labels; None where none was given."""
        pairs = [(value, known) for value, known in self.losses.get(name, ()) if known]
        total = sum(known for _, known in pairs)
        return float(sum(value * known for value, known in pairs) / total) if total else None

    def predictions(self) -> dict[str, Prediction]:
        """Pooled over all batches, by task; windows that a task did not predict are masked."""
        if self._pooled is None:
            codes = np.unique(np.array(self.recordings), return_inverse=True)[1].astype(np.int64)
            names = dict.fromkeys(name for _, parts in self.batches for name in parts)
            self._pooled = {name: Prediction(recording=codes, **self._joined(name)) for name in names}
        return self._pooled

    def _joined(self, name: str) -> dict[str, Any]:
        like = [parts[name] for _, parts in self.batches if name in parts]
        wanted = [part for part in like[0] if all(part in one for one in like)]
        shapes = {one["pred"].shape[1:] for one in like}
        if len(shapes) > 1:
            raise InputError(
                f"expected one shape in every batch, found {sorted(shapes)}", where=f"predictions[{name!r}]"
            )
        whole = [
            parts[name]
            if name in parts
            else {part: np.zeros((n, *like[0][part].shape[1:]), like[0][part].dtype) for part in wanted}
            for n, parts in self.batches
        ]
        return {part: np.concatenate([one[part] for one in whole]) for part in wanted}

    def frame(self, tasks: Mapping[str, MonitoredTask], predictions: Mapping[str, Prediction]) -> Any:
        """The table of predictions/SPLIT.parquet."""
        each = {name: _columns(tasks[name], one) for name, one in predictions.items()}
        return frame_of(self.recordings, np.arange(len(self), dtype=np.int64), each)


def class_names(task: MonitoredTask, count: int) -> NDArray[np.str_]:
    """The names of `count` classes, numbers where nobody named them."""
    return np.array([task.classes[n] if n < len(task.classes) else str(n) for n in range(count)])


def _columns(task: MonitoredTask, one: Prediction) -> _Arrays:
    if task.kind in ("reconstruction", "masked"):  # its samples are the input's over again
        error = np.sqrt(((one.pred.astype(np.float64) - one.truth.astype(np.float64)) ** 2).mean(axis=2))
        return {"mask": one.mask, "rmse": np.where(one.mask[:, None], error, np.nan)}
    truth, pred = one.truth, one.pred
    if task.has_classes:
        names = class_names(task, int(max(truth.max(initial=0), pred.max(initial=0))) + 1)
        truth, pred = names[truth.astype(np.int64)], names[pred.astype(np.int64)]
    elif truth.dtype.kind == "f":
        truth = np.where(one.mask.reshape(-1, *[1] * (truth.ndim - 1)), truth, np.nan)
    columns: _Arrays = {"truth": truth, "mask": one.mask, "pred": pred}
    return columns | {name: values for name, values in (("score", one.score), ("sd", one.sd)) if values is not None}


def _known(tasks: Mapping[str, MonitoredTask], name: str, where: str) -> MonitoredTask:
    if name not in tasks:
        raise InputError(f"no task {name!r}; there are {', '.join(tasks)}", where=where, do="name it in tasks")
    return tasks[name]


def _unknown(answer: Answer) -> Labels:
    return Labels(np.zeros_like(answer.pred), np.zeros(len(answer.pred), bool))


def _joined(name: str, answer: Answer, labels: Labels) -> _Arrays:
    if answer.pred.shape != labels.truth.shape:
        what = f"expected predictions and targets of one shape, found {answer.pred.shape} and {labels.truth.shape}"
        raise InputError(what, where=f"predictions[{name!r}]")
    if answer.score is not None and answer.score.ndim == 2 and labels.truth.ndim == 1:
        highest = int(labels.truth.max(initial=0))
        if highest >= answer.score.shape[1]:
            raise InputError(f"class {highest} of {answer.score.shape[1]} outputs", where=f"targets[{name!r}]")
    columns: _Arrays = {"truth": labels.truth, "pred": answer.pred, "mask": labels.mask}
    return columns | {part: one for part, one in (("score", answer.score), ("sd", answer.sd)) if one is not None}


def _last(values: Any) -> _Arrays:
    if values is None:
        return {}
    found = array_of(values).astype(np.float64)
    return {"last": found[:, None] if found.ndim == 1 else found}
