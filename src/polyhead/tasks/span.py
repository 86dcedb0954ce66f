"""Which samples of a window are marked: one logit for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.config.losses import CrfLoss
from polyhead.config.tasks import SpanOptions
from polyhead.errors import InputError
from polyhead.scoring.board import choose_threshold, fit_reference
from polyhead.scoring.prediction import Prediction
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.target import Target
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.losses import chain
from polyhead.tasks.losses.answer import automatic
from polyhead.tasks.losses.span import SpanLoss
from polyhead.tasks.marks import SAMPLES, MarksTask, marked
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.steps import SpanHead
from polyhead.tasks.task import Decoded, Fitted, Observed, Weights, restored


@dataclass(frozen=True)
class Span(MarksTask):
    """All marked samples, in one span or several. `pos_weight` multiplies the loss of marked ones.

    With crf a score is the marginal probability of the chain, and predictions are these at a threshold rather than the
    likeliest path: the threshold that validation decides then serves every loss alike.
    """

    kind: ClassVar[str] = "span"
    options: SpanOptions
    pos_weight: float

    @classmethod
    def fit(
        cls,
        name: str,
        options: SpanOptions,
        windows: WindowSet,
        train: Index,
        scaling: dict[str, ChannelScaling],
        weights: Weights | None,
    ) -> Span:
        """Ratio and floor loss from training. Raises InputError where the target holds no marks to learn from."""
        key = options.target or name
        if options.min_length > windows.length:
            what = f"no run of {options.min_length} samples fits in a window of {windows.length}"
            raise InputError(what, where=f"tasks.{name}.min_length", do="write less")
        marks, filled, each = marked(name, key, windows, train, weights)
        weight = _ratio(marks, filled, each) if options.pos_weight == "auto" else float(options.pos_weight or 1)
        constant, floor_loss = SpanLoss(options.loss_fn, weight).best_constant(marks, filled, each)
        every = (constant[0],) * windows.length + constant[1:]
        fitted = Fitted(windows.targets[key].unit or SAMPLES, every, floor_loss, fit_reference(cls.kind, marks))
        return cls.restore(name, options, fitted.as_dict() | {"pos_weight": weight, "length": windows.length})

    @classmethod
    def restore(cls, name: str, options: SpanOptions, state: dict[str, Any]) -> Span:
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            length=state["length"],
            options=options,
            pos_weight=state["pos_weight"],
        )

    @property
    def chained(self) -> bool:
        """Whether outputs end in the transitions of a chain."""
        return isinstance(self.options.loss_fn, CrfLoss)

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
        return SpanHead(width, self.length, self.constant, self.options.head, spacing)

    def targets(self, windows: WindowSet) -> Tensor:
        target = windows.targets[self.target]
        return torch.from_numpy(np.where(target.mask[:, None], target.values, 0).astype(np.int8, copy=False))

    def observed(self, windows: WindowSet, index: Index) -> Observed:
        target = windows.targets[self.target].take(index)
        return Observed(np.where(target.mask[:, None], target.values, 0).astype(np.int64))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return SpanLoss(self.options.loss_fn, self.pos_weight)(output, truth)

    def decode(self, output: Tensor) -> Decoded:
        score = self.probabilities(output.double()).cpu()
        return Decoded(marked_runs(score >= 0.5, self.options.min_length).numpy(), score.numpy())

    def probabilities(self, output: Tensor) -> Tensor:
        """The probability of a mark at each sample (batch, sample)."""
        return chain.marginals(output) if self.chained else output.sigmoid()

    def decide(self, known: Prediction) -> float:
        """Where the F1 of all samples of all windows is best."""
        assert known.score is not None
        return choose_threshold(known.truth.ravel(), known.score.ravel())

    def decided(self, prediction: Prediction, decision: float | list[float]) -> Prediction:
        assert prediction.score is not None
        yes = torch.from_numpy(prediction.score >= np.asarray(decision))
        return replace(prediction, pred=marked_runs(yes, self.options.min_length).numpy())

    def counts(self, target: Target, group: Index, groups: int) -> dict[str, NDArray[np.int64]]:
        """Samples that are marked and that are not."""
        ones = target.values[target.mask].sum(axis=1, dtype=np.int64)
        counts = np.zeros((2, groups), np.int64)
        for row, each in zip(counts, (target.values.shape[1] - ones, ones), strict=True):
            np.add.at(row, group[target.mask], each)
        return {"0": counts[0], "1": counts[1]}

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"pos_weight": self.pos_weight, "length": self.length}


def marked_runs(yes: Tensor, least: int) -> Tensor:
    """`yes` (batch, sample) as 0 and 1, without runs shorter than `least`: a sample stays if some stretch of `least`
    samples about it is all yes."""
    if least == 1:
        return yes.long()
    no = F.max_pool1d((~yes).float(), least, stride=1)  # whether the stretch that begins at a sample has a no
    return F.max_pool1d(F.pad(1 - no, (least - 1, least - 1)), least, stride=1).long()


def _ratio(marks: NDArray[np.int8], filled: Index, weights: Weights | None) -> float:
    """Unmarked over marked samples, real ones only."""
    each = np.ones(len(marks)) if weights is None else weights
    ones = marks.sum(axis=1, dtype=np.int64)
    sums = np.array([each @ ones, each @ (filled - ones)])
    return float(automatic(np.array([[1.0], [0.0]]), sums)[0])
