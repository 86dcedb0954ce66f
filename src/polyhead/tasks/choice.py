"""What tasks of one answer out of several classes share: a logit per class, and how it is compared and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from polyhead.config.tasks import ClassificationOptions, OrdinalOptions
from polyhead.signals.target import encode
from polyhead.signals.windows import WindowSet
from polyhead.tasks.head import WindowHead
from polyhead.tasks.losses.choice import ChoiceLoss
from polyhead.tasks.spacing import Spacing
from polyhead.tasks.task import ClassTask, Decoded


@dataclass(frozen=True)
class ChoiceTask(ClassTask):
    """One of several classes, in an order or not."""

    options: ClassificationOptions | OrdinalOptions
    loss: ChoiceLoss

    def build_head(self, width: int, spacing: Spacing | None = None) -> nn.Module:
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
