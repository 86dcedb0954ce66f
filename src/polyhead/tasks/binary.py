"""Yes or no on one logit, positives weighted where asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from polyhead.config.tasks import BinaryOptions
from polyhead.errors import InputError
from polyhead.scoring.board import choose_threshold, fit_reference
from polyhead.scoring.prediction import Prediction
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target, classes_of, encode
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.losses.answer import AnswerLoss, automatic
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.task import ClassTask, Decoded, Fitted, Weights, labelled, restored


@dataclass(frozen=True)
class Binary(ClassTask):
    """`classes` are the labels of no and yes, `pos_weight` multiplies the loss of yes."""

    kind: ClassVar[str] = "binary"
    options: BinaryOptions
    pos_weight: float

    @classmethod
    def fit(
        cls,
        name: str,
        options: BinaryOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Binary:
        """Labels, ratio and floor loss from training."""
        key = options.target or name
        known, each = labelled(name, key, windows, train, weights)
        classes = _no_and_yes(name, key, known, options.positive)
        codes = encode(name, known, classes)
        truth = codes[:, None].astype(np.float64)
        weight = float(automatic(truth, each)[0] if options.pos_weight == "auto" else options.pos_weight or 1)
        constant, floor_loss = AnswerLoss(options.loss_fn, (weight,)).best_constant(truth, each)
        fitted = Fitted("", tuple(constant.tolist()), floor_loss, fit_reference(cls.kind, codes))
        return cls.restore(name, options, fitted.as_dict() | {"classes": list(classes), "pos_weight": weight})

    @classmethod
    def restore(cls, name: str, options: BinaryOptions, state: dict[str, Any]) -> Binary:
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            classes=tuple(state["classes"]),
            options=options,
            pos_weight=state["pos_weight"],
        )

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        return torch.from_numpy(encode(self.name, windows.targets[self.target], self.classes)).float()

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return AnswerLoss(self.options.loss_fn, (self.pos_weight,))(output, truth[:, None])[:, 0]

    def decode(self, output: Tensor) -> Decoded:
        score = output[:, 0].double().sigmoid().cpu().numpy()
        return Decoded((score >= 0.5).astype(np.int64), score)

    def decide(self, known: Prediction) -> float:
        assert known.score is not None
        return choose_threshold(known.truth, known.score)

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"classes": list(self.classes), "pos_weight": self.pos_weight}


_YES = {"no": "yes", "n": "y", "false": "true"}  # words whose order says which is which


def _no_and_yes(name: str, key: str, known: Target, positive: str | int | None) -> tuple[str, str]:
    """The labels of no and yes. Raises InputError where there are not two, or words leave open which is yes."""
    classes = classes_of(known)
    if len(classes) != 2:
        raise InputError(
            f"binary needs two labels, target {key!r} has {len(classes)}: {', '.join(classes[:5])}",
            where=f"tasks.{name}",
            do="write `kind: classification`",
        )
    first, second = classes
    if positive is not None:
        if str(positive) not in classes:
            raise InputError(
                f"positive {positive!r} is no label of target {key!r}, which has {first} and {second}",
                where=f"tasks.{name}.positive",
            )
        return (first, second) if str(positive) == second else (second, first)
    if known.values.dtype.kind == "U" and _YES.get(first.lower()) != second.lower():
        raise InputError(
            f"which of {first} and {second} means yes?", where=f"tasks.{name}", do=f"write `positive: {second}`, say"
        )
    return first, second
