"""One of several classes in an order: cross-entropy, with a penalty on the distance where asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from polyhead.config.tasks import OrdinalOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target, classes_of, encode, label_of
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.choice import ChoiceTask
from polyhead.tasks.losses.choice import ChoiceLoss
from polyhead.tasks.task import Fitted, Weights, labelled, restored


@dataclass(frozen=True)
class Ordinal(ChoiceTask):
    """One of several classes; `classes` stand in their order, and neighbours are one step apart."""

    kind: ClassVar[str] = "ordinal"
    options: OrdinalOptions
    loss: ChoiceLoss

    @classmethod
    def fit(
        cls,
        name: str,
        options: OrdinalOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Ordinal:
        """Labels and floor loss from training. Raises InputError for words without an order."""
        key = options.target or name
        known, each = labelled(name, key, windows, train, weights)
        classes = _in_order(name, key, options, known)
        codes = encode(name, known, classes)
        constant, floor_loss = ChoiceLoss(options.loss_fn).best_constant(codes, len(classes), each)
        reference = fit_reference(cls.kind, codes, classes=len(classes))
        fitted = Fitted("", tuple(constant.tolist()), floor_loss, reference)
        return cls.restore(name, options, fitted.as_dict() | {"classes": list(classes)})

    @classmethod
    def restore(cls, name: str, options: OrdinalOptions, state: dict[str, Any]) -> Ordinal:
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            classes=tuple(state["classes"]),
            options=options,
            loss=ChoiceLoss(options.loss_fn),
        )


def _in_order(name: str, key: str, options: OrdinalOptions, known: Target) -> tuple[str, ...]:
    """The classes that training knows, from first to last."""
    classes = classes_of(known)
    if options.order is None:
        if known.values.dtype.kind == "U":
            raise InputError(
                f"in which order do {', '.join(classes[:5])} stand?",
                where=f"tasks.{name}",
                do=f"write `order: [{', '.join(classes)}]` from first to last",
            )
        return classes
    order = [label_of(label) for label in options.order]
    strange = [label for label in classes if label not in order]
    if strange or len(set(order)) < len(order):
        what = f"order lacks {strange[0]!r} of target {key!r}" if strange else "order names a class twice"
        raise InputError(what, where=f"tasks.{name}.order", do=f"name each of {', '.join(classes)} once")
    return tuple(label for label in order if label in classes)
