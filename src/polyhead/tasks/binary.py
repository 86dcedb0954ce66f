"""Yes or no: binary cross-entropy on one logit, positives weighted where asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.config.tasks import BinaryOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.target import Target, classes_of, encode
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.task import ClassTask, Decoded, Fitted, labelled, restored


@dataclass(frozen=True)
class Binary(ClassTask):
    """`classes` are the labels of no and yes, `pos_weight` multiplies the loss of yes."""

    kind: ClassVar[str] = "binary"
    options: BinaryOptions
    pos_weight: float

    @classmethod
    def fit(cls, name: str, options: BinaryOptions, windows: WindowSet, train: Index) -> Binary:
        """Labels, ratio and floor loss from training.

        With share p of positives and weight w, the best constant probability is w p / (w p + 1 - p).
        """
        key = options.target or name
        known = labelled(name, key, windows, train)
        classes = _no_and_yes(name, key, known, options.positive)
        codes = encode(name, known, classes)
        share = float(codes.mean())
        weight = (1 - share) / share if options.pos_weight == "auto" else float(options.pos_weight or 1)
        best = weight * share / (weight * share + 1 - share)
        fitted = Fitted(
            unit="",
            constant=(float(np.log(best / (1 - best))),),
            floor_loss=float(-weight * share * np.log(best) - (1 - share) * np.log(1 - best)),
            reference=fit_reference(cls.kind, codes),
        )
        return cls.restore(name, options, fitted.as_dict() | {"classes": list(classes), "pos_weight": weight})

    @classmethod
    def restore(cls, name: str, options: BinaryOptions, state: dict[str, Any]) -> Binary:
        """The task that `state` was taken from."""
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            classes=tuple(state["classes"]),
            options=options,
            pos_weight=state["pos_weight"],
        )

    def build_head(self, width: int) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        return torch.from_numpy(encode(self.name, windows.targets[self.target], self.classes)).float()

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        weight = output.new_tensor(self.pos_weight)
        return F.binary_cross_entropy_with_logits(output[:, 0], truth, pos_weight=weight, reduction="none")

    def decode(self, output: Tensor) -> Decoded:
        score = output[:, 0].double().sigmoid().cpu().numpy()
        return Decoded((score >= 0.5).astype(np.int64), score)

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
