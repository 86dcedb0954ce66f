"""One of several classes: cross-entropy on logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.config.tasks import ClassificationOptions
from polyhead.scoring.board import fit_reference
from polyhead.signals.target import classes_of, encode
from polyhead.signals.windows import Index, WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.task import ClassTask, Decoded, Fitted, labelled, restored


@dataclass(frozen=True)
class Classification(ClassTask):
    """One of several classes."""

    kind: ClassVar[str] = "classification"
    options: ClassificationOptions

    @classmethod
    def fit(cls, name: str, options: ClassificationOptions, windows: WindowSet, train: Index) -> Classification:
        """Labels, prior and floor loss from training: the least cross-entropy of a constant is the prior's entropy."""
        key = options.target or name
        known = labelled(name, key, windows, train)
        classes = classes_of(known)
        codes = encode(name, known, classes)
        prior = np.bincount(codes, minlength=len(classes)) / len(codes)
        fitted = Fitted(
            unit="",
            constant=tuple(np.log(prior).tolist()),
            floor_loss=float(-(prior * np.log(prior)).sum()),
            reference=fit_reference(cls.kind, codes, classes=len(classes)),
        )
        return cls.restore(name, options, fitted.as_dict() | {"classes": list(classes)})

    @classmethod
    def restore(cls, name: str, options: ClassificationOptions, state: dict[str, Any]) -> Classification:
        """The task that `state` was taken from."""
        return cls(
            **restored(name, options, state),
            target=options.target or name,
            classes=tuple(state["classes"]),
            options=options,
        )

    def build_head(self, width: int) -> nn.Module:
        return WindowHead(width, self.constant, self.options.head)

    def targets(self, windows: WindowSet) -> Tensor:
        return torch.from_numpy(encode(self.name, windows.targets[self.target], self.classes))

    def losses(self, output: Tensor, truth: Tensor) -> Tensor:
        return F.cross_entropy(output, truth, reduction="none")

    def decode(self, output: Tensor) -> Decoded:
        score = output.double().softmax(dim=1).cpu().numpy()
        return Decoded(score.argmax(axis=1), score)

    def state(self) -> dict[str, Any]:
        return self.fitted.as_dict() | {"classes": list(self.classes)}
