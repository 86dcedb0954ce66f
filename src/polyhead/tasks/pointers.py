"""First and last sample of the longest span: as centre and length, or as two distributions over the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from polyhead.config.losses import BoundaryLoss
from polyhead.config.losses import PointLoss as PointOptions
from polyhead.config.tasks import PointersOptions
from polyhead.errors import InputError
from polyhead.scoring.board import fit_reference
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.losses.boundary import best_boundary, best_pair, boundary_loss
from polyhead.tasks.losses.point import PointLoss
from polyhead.tasks.marks import SpanTask, longest_spans, marked
from polyhead.tasks.numbers import Numbers
from polyhead.tasks.scale import TargetScale
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.steps import BoundaryHead
from polyhead.tasks.task import Decoded, Fitted, Observed, Weights, restored

Array = NDArray[np.float64]

BETA = 0.08
"""Share of the window where losses turn linear by default, that of the published runs."""


@dataclass(frozen=True)
class Pointers(SpanTask):
    """Two sigmoid outputs, centre (first + last + 1) / 2 and length last - first + 1 of the span, both as shares of the
    window; or, with the loss boundary, a logit of each sample for either end. Read as first and last sample."""

    kind: ClassVar[str] = "pointers"
    options: PointersOptions

    @classmethod
    def fit(
        cls,
        name: str,
        options: PointersOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Pointers:
        """Floor loss from training. Raises InputError where no training window has a span, or all have the same."""
        key = options.target or name
        marked(name, key, windows, train, weights)
        spans = longest_spans(windows.targets[key].take(train))
        ends = spans.values[spans.mask]
        each = None if weights is None else weights[spans.mask]
        if (ends == ends[0]).all():
            raise InputError(
                f"every span of target {key!r} in training reaches from sample {ends[0, 0]} to {ends[0, 1]}",
                where=f"tasks.{name}",
                do="there is nothing to learn; disable the task or split otherwise",
                check="degenerate-r2",
            )
        if isinstance(options.loss_fn, BoundaryLoss):
            logits, floor_loss = best_boundary(ends, windows.length, each)
            constant = tuple(map(float, logits.ravel()))
        else:
            numbers = _numbers(options, options.loss_fn, windows.length)
            best = numbers.constant(numbers.scale.scaled(_extent(ends)), each)
            constant, floor_loss = best.output, best.loss
        fitted = Fitted(spans.unit, constant, floor_loss, fit_reference(cls.kind, ends.astype(np.float64)))
        return cls.restore(name, options, fitted.as_dict() | {"length": windows.length})

    @classmethod
    def restore(cls, name: str, options: PointersOptions, state: dict[str, Any]) -> Pointers:
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            length=state["length"],
            options=options,
        )

    @property
    def numbers(self) -> Numbers | None:
        """Centre and length as numbers; None where the ends have distributions."""
        chosen = self.options.loss_fn
        return None if isinstance(chosen, BoundaryLoss) else _numbers(self.options, chosen, self.length)

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        if self.numbers is None:
            return BoundaryHead(width, self.constant, self.options.head, spacing)
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        """Centre and length as shares of the window (window, 2), or first and last sample as indices."""
        spans = longest_spans(windows.targets[self.target])
        ends = np.where(spans.mask[:, None], spans.values, 0)
        if self.numbers is None:
            return torch.from_numpy(ends)
        return torch.from_numpy(self.numbers.scale.scaled(_extent(ends))).float()

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        return Observed(self.labels(windows, index).values.astype(np.float64))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        numbers = self.numbers
        return boundary_loss(output, truth) if numbers is None else numbers.losses(output, truth)

    def decode(self, output: Tensor) -> Decoded:
        numbers = self.numbers
        if numbers is None:
            return Decoded(best_pair(output.double()).double().cpu().numpy())
        extent = torch.from_numpy(numbers.decode(output).pred)
        return Decoded(ends_of(extent, self.length).numpy())

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"length": self.length}


def ends_of(extent: Tensor, samples: int) -> Tensor:
    """First and last sample (batch, 2) of centre and length (batch, 2) in samples, within the window and in order."""
    first = (extent[:, 0] - extent[:, 1] / 2).clamp(0, samples - 1)
    last = (extent[:, 0] + extent[:, 1] / 2 - 1).clamp(0, samples - 1)
    return torch.stack([first, torch.maximum(first, last)], dim=1)


def _extent(ends: NDArray[np.int64]) -> Array:
    """Centre and length in samples (window, 2) of first and last sample."""
    return np.stack([(ends[:, 0] + ends[:, 1] + 1) / 2, ends[:, 1] - ends[:, 0] + 1], axis=1).astype(np.float64)


def _numbers(options: PointersOptions, chosen: PointOptions, samples: int) -> Numbers:
    """Centre and length in samples, scaled to shares of the window, which bound them."""
    scale = TargetScale(np.zeros(2), np.full(2, float(samples)))
    beta = BETA if options.loss_beta is None else options.loss_beta / samples
    return Numbers(scale, PointLoss(chosen.name, beta), (0.0, float(samples)))
