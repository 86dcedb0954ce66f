"""The labels that a loop trains on, gathered over its first epoch: what trivial predictors learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.scoring.reference import Reference
from polyhead.training.monitoring.answer import Labels, labels_of
from polyhead.training.monitoring.task import OF_SAMPLES, SIGNALS, YES_OR_NO, MonitoredTask

_VALUES = 2**22  # of signals that are kept: mean, median and spread need no more
FROM_VALIDATION = "floor from this split's own labels: those of training were not told"


class TrainingLabels:
    """Labels by task, of `count` windows. `recordings` names their recordings and `marks` tells equal windows, where
    the loop told them."""

    def __init__(self) -> None:
        self.count = 0
        self.recordings: list[str] | None = []
        self.marks: list[NDArray[np.int64]] | None = []
        self._each: dict[str, list[Labels]] = {}
        self._sizes: dict[str, int] = {}
        self.shape: tuple[int, ...] = ()

    def add(
        self,
        tasks: Sequence[MonitoredTask],
        targets: Mapping[str, Any],
        recording: Sequence[str] | None,
        marks: NDArray[np.int64] | None,
    ) -> None:
        """Add a batch. Raises InputError where its parts do not go together."""
        counts = {"inputs": len(marks)} if marks is not None else {}
        for task in tasks:
            if task.kind is None or targets.get(task.name) is None:
                continue
            labels = labels_of(task, targets[task.name])
            counts[f"targets[{task.name!r}]"] = len(labels.mask)
            if task.kind not in SIGNALS or self._sizes.get(task.name, 0) < _VALUES:
                self._each.setdefault(task.name, []).append(labels)
                self._sizes[task.name] = self._sizes.get(task.name, 0) + labels.truth.size
        if recording is not None:
            counts["recording"] = len(recording)
        if len(set(counts.values())) > 1:
            raise InputError(f"expected parts of the same windows, found {counts}", where="step")
        self.count += next(iter(counts.values()), 0)
        self.recordings = _grown(self.recordings, recording)
        self.marks = _grown(self.marks, None if marks is None else [marks])

    def of(self, task: str) -> Labels | None:
        """All labels of a task, None where none were told."""
        each = self._each.get(task)
        if not each:
            return None
        if len(each) > 1:
            self._each[task] = [_joined(each)]
        return self._each[task][0]

    def reference(self, task: MonitoredTask, classes: int | None) -> Reference | None:
        """What trivial predictors learn, None without a known label."""
        labels = self.of(task.name)
        if labels is None or task.kind is None or not labels.mask.any():
            return None
        return reference_of(task, labels, classes)


def reference_of(task: MonitoredTask, labels: Labels, classes: int | None) -> Reference | None:
    """What trivial predictors learn from these labels; `classes` counts the outputs, where they are known."""
    known = labels.truth[labels.mask]
    if task.kind is None or not len(known):
        return None
    if task.has_classes:
        classes = max(classes or 0, int(known.max()) + 1, len(task.classes))
    return fit_reference(task.kind, known, classes=classes if task.has_classes else None)


def floor_loss(task: MonitoredTask, labels: Labels | None) -> float | None:
    """The least mean of the named loss that one constant output reaches on these labels; None for other losses."""
    if labels is None or not labels.mask.any():
        return None
    known = labels.truth[labels.mask].astype(np.float64)
    if task.loss in ("ce", "cross_entropy") and task.has_classes:
        share = np.bincount(known.astype(np.int64)) / len(known)
        return float(-(share[share > 0] * np.log(share[share > 0])).sum())
    if task.kind in OF_SAMPLES:  # one constant for every sample of the window
        known = known.reshape(-1, 1)
    if task.loss == "bce" and task.kind in YES_OR_NO:
        share = np.clip(known.reshape(len(known), -1).mean(axis=0), 1e-12, 1 - 1e-12)
        return float(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())
    flat = known.reshape(len(known), -1) if known.ndim < 3 else np.moveaxis(known, 1, 2).reshape(-1, known.shape[1])
    if task.loss == "mse":
        return float(flat.var(axis=0).mean())
    if task.loss in ("l1", "mae"):
        return float(np.abs(flat - np.median(flat, axis=0)).mean())
    return None


def _grown(held: list[Any] | None, more: Sequence[Any] | None) -> list[Any] | None:
    """`held` with more; None once something is missing."""
    if held is None or more is None:
        return None
    held += more
    return held


def _joined(each: Sequence[Labels]) -> Labels:
    shapes = {one.truth.shape[1:] for one in each}
    if len(shapes) > 1:
        raise InputError(f"expected one shape in every batch, found {sorted(shapes)}", where="targets")
    return Labels(np.concatenate([one.truth for one in each]), np.concatenate([one.mask for one in each]))
