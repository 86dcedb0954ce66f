"""One of several classes: cross-entropy or focal loss on logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from polyhead.config.losses import ClassFocalLoss
from polyhead.config.tasks import ClassificationOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import classes_of, encode
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.losses.choice import ChoiceLoss
from polyhead.tasks.task import ClassTask, Decoded, Fitted, Weights, labelled, restored


@dataclass(frozen=True)
class Classification(ClassTask):
    """One of several classes."""

    kind: ClassVar[str] = "classification"
    options: ClassificationOptions
    loss: ChoiceLoss

    @classmethod
    def fit(
        cls,
        name: str,
        options: ClassificationOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Classification:
        """Labels and floor loss from training."""
        known, each = labelled(name, options.target or name, windows, train, weights)
        classes = classes_of(known)
        _check_alpha(name, options, classes)
        codes = encode(name, known, classes)
        constant, floor_loss = ChoiceLoss(options.loss_fn).best_constant(codes, len(classes), each)
        reference = fit_reference(cls.kind, codes, classes=len(classes))
        fitted = Fitted("", tuple(constant.tolist()), floor_loss, reference)
        return cls.restore(name, options, fitted.as_dict() | {"classes": list(classes)})

    @classmethod
    def restore(cls, name: str, options: ClassificationOptions, state: dict[str, Any]) -> Classification:
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            classes=tuple(state["classes"]),
            options=options,
            loss=ChoiceLoss(options.loss_fn),
        )

    def build_head(self, width: int) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        return torch.from_numpy(encode(self.name, windows.targets[self.target], self.classes))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return self.loss(output, truth)

    def decode(self, output: Tensor) -> Decoded:
        score = output.double().softmax(dim=1).cpu().numpy()
        return Decoded(score.argmax(axis=1), score)

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"classes": list(self.classes)}


def _check_alpha(name: str, options: ClassificationOptions, classes: tuple[str, ...]) -> None:
    alpha = options.loss_fn.alpha if isinstance(options.loss_fn, ClassFocalLoss) else None
    if alpha is not None and len(alpha) != len(classes):
        raise InputError(
            f"alpha has {len(alpha)} weights for {len(classes)} classes: {', '.join(classes)}",
            where=f"tasks.{name}.loss_fn.alpha",
            do="write one weight for each, in this order",
        )
