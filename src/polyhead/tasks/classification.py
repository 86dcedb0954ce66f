"""One of several classes: cross-entropy or focal loss on logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from polyhead.config.losses import ClassFocalLoss
from polyhead.config.tasks import ClassificationOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import classes_of, encode
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.choice import ChoiceTask
from polyhead.tasks.losses.choice import ChoiceLoss
from polyhead.tasks.task import Fitted, Weights, labelled, restored


@dataclass(frozen=True)
class Classification(ChoiceTask):
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


def _check_alpha(name: str, options: ClassificationOptions, classes: tuple[str, ...]) -> None:
    alpha = options.loss_fn.alpha if isinstance(options.loss_fn, ClassFocalLoss) else None
    if alpha is not None and len(alpha) != len(classes):
        raise InputError(
            f"alpha has {len(alpha)} weights for {len(classes)} classes: {', '.join(classes)}",
            where=f"tasks.{name}.loss_fn.alpha",
            do="write one weight for each, in this order",
        )
