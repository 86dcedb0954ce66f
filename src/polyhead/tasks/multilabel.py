"""Several answers of yes or no about one window, one logit each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.losses import SoftIouLoss
from polyhead.config.tasks import MultilabelOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.scoring.prediction import Prediction
from polyhead.scoring.threshold import choose_thresholds
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target, label_of
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.losses.answer import AnswerLoss, automatic
from polyhead.tasks.losses.overlap import OverlapLoss
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.task import Decoded, Fitted, LabelTask, Observed, Weights, labelled, restored


@dataclass(frozen=True)
class Multilabel(LabelTask):
    """`classes` name the labels in the order of the target's columns; a label that is unknown masks its window."""

    kind: ClassVar[str] = "multilabel"
    options: MultilabelOptions
    classes: tuple[str, ...]
    pos_weight: tuple[float, ...]

    @classmethod
    def fit(
        cls,
        name: str,
        options: MultilabelOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Multilabel:
        """Names, weights and floor loss from training. Raises InputError where the target is not 0 and 1."""
        key = options.target or name
        _check_values(name, key, windows.targets[key])
        known, each = labelled(name, key, windows, train, weights)
        truth = known.values.astype(np.float64)
        classes = _names(name, options, truth.shape[1])
        weight = _pos_weight(name, options, truth, each)
        constant, floor_loss = _loss(options, weight).best_constant(truth, each)
        fitted = Fitted("", tuple(constant.tolist()), floor_loss, fit_reference(cls.kind, truth.astype(np.int64)))
        own = {"classes": list(classes), "pos_weight": list(weight)}
        return cls.restore(name, options, fitted.as_dict() | own)

    @classmethod
    def restore(cls, name: str, options: MultilabelOptions, state: dict[str, Any]) -> Multilabel:
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            options=options,
            classes=tuple(state["classes"]),
            pos_weight=tuple(state["pos_weight"]),
        )

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        return torch.from_numpy(_answers(windows.targets[self.target])).float()

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        return Observed(_answers(windows.targets[self.target].take(index)))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        losses = _loss(self.options, self.pos_weight)(output, truth)
        return losses if losses.dim() == 1 else losses.mean(dim=1)

    def decode(self, output: Tensor) -> Decoded:
        score = output.double().sigmoid().cpu().numpy()
        return Decoded((score >= 0.5).astype(np.int64), score)

    def decide(self, known: Prediction) -> list[float]:
        assert known.score is not None
        return choose_thresholds(known.truth, known.score)

    def counts(self, target: Target, group: Index, groups: int) -> dict[str, NDArray[np.int64]]:
        """Windows that have each label."""
        counts = np.zeros((groups, len(self.classes)), np.int64)
        np.add.at(counts, group[target.mask], _answers(target)[target.mask])
        return dict(zip(self.classes, counts.T, strict=True))

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"classes": list(self.classes), "pos_weight": list(self.pos_weight)}


def _loss(options: MultilabelOptions, pos_weight: tuple[float, ...]) -> AnswerLoss | OverlapLoss:
    if isinstance(options.loss_fn, SoftIouLoss):
        return OverlapLoss(options.loss_fn.eps)
    return AnswerLoss(options.loss_fn, pos_weight)


def _answers(target: Target) -> NDArray[np.int64]:
    """0 and 1 (window, label); 0 where unknown."""
    return np.asarray(np.where(target.mask[:, None], target.values, 0), np.int64)


def _check_values(name: str, key: str, target: Target) -> None:
    if target.values.ndim != 2:
        raise InputError(
            f"multilabel needs one column per label, target {key!r} has one value per window",
            where=f"tasks.{name}",
            do="write `kind: binary`, or `kind: classification` for one of several",
        )
    known = target.values[target.mask]
    strange = known[~np.isin(known, (0, 1))]
    if strange.size:
        raise InputError(
            f"target {key!r} holds {label_of(strange[0])}, and a label is 0 or 1",
            where=f"tasks.{name}",
            do="list it under `missing` to mask it",
        )


def _names(name: str, options: MultilabelOptions, labels: int) -> tuple[str, ...]:
    if options.labels is None:
        return tuple(map(str, range(labels)))
    if len(options.labels) != labels or len(set(options.labels)) < labels:
        raise InputError(
            f"expected {labels} different names, one per column, found {len(options.labels)}",
            where=f"tasks.{name}.labels",
        )
    return tuple(options.labels)


def _pos_weight(
    name: str, options: MultilabelOptions, truth: NDArray[np.float64], weights: Weights | None
) -> tuple[float, ...]:
    wanted, labels = options.pos_weight, int(truth.shape[1])
    if wanted == "auto":
        return tuple(float(one) for one in automatic(truth, weights))
    if isinstance(wanted, list):
        if len(wanted) != labels:
            raise InputError(
                f"expected {labels} weights, one per label, found {len(wanted)}", where=f"tasks.{name}.pos_weight"
            )
        return tuple(wanted)
    return (float(wanted or 1),) * labels
