"""Heads with an answer for each sample of the window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from polyhead.config.tasks import PointersHeadOptions, StepHeadOptions
from polyhead.tasks.losses.chain import TRANSITIONS
from polyhead.tasks.losses.span import ABSENT
from polyhead.tasks.spacing import Spacing, stretched

_START = 0.1  # share of the usual spread that last weights start with, so that outputs start near the constant


class StepHead(nn.Module):
    """The same small convolution at each sample of a map that is stretched to the window's length.

    Outputs start about `constant` (part, sample), which is learned as one number per part where all samples have the
    same, else as one for each.
    """

    of_samples = True
    """`present` is that of the samples, not of the map's steps."""

    def __init__(
        self,
        width: int,
        constant: Tensor,
        options: StepHeadOptions | PointersHeadOptions,
        spacing: Spacing | None = None,
    ) -> None:
        super().__init__()
        parts, self.samples = constant.shape
        self.spacing = spacing
        self.hidden: nn.Module = nn.Identity()
        kernel = options.kernel
        if options.hidden:
            self.hidden = nn.Sequential(nn.Conv1d(width, options.hidden, kernel, padding=kernel // 2), nn.ReLU())
            width, kernel = options.hidden, 1
        self.dropout = nn.Dropout(options.dropout) if options.dropout else nn.Identity()
        self.output = nn.Conv1d(width, parts, kernel, padding=kernel // 2, bias=False)
        alike = bool((constant == constant[:, :1]).all())
        self.constant = nn.Parameter((constant[:, :1] if alike else constant).clone())
        with torch.no_grad():
            self.output.weight.mul_(_START)

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """(batch, width, time) to (batch, part, sample)."""
        map_ = self.hidden(stretched(features, self.samples, self.spacing))
        outputs: Tensor = self.output(self.dropout(map_)) + self.constant
        return outputs


class SpanHead(nn.Module):
    """A logit for each sample (batch, sample), and where `constant` ends in them the four transitions of a chain."""

    of_samples = True

    def __init__(
        self, width: int, samples: int, constant: Tensor, options: StepHeadOptions, spacing: Spacing | None = None
    ) -> None:
        super().__init__()
        self.steps = StepHead(width, constant[None, :samples], options, spacing)
        self.transitions = nn.Parameter(constant[samples:].clone()) if len(constant) > samples else None

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """Absent samples have the logit ABSENT."""
        logits: Tensor = self.steps(features)[:, 0]
        if present is not None:
            logits = torch.where(present, logits, ABSENT)
        if self.transitions is None:
            return logits
        return torch.cat([logits, self.transitions.to(logits.dtype).expand(logits.shape[0], TRANSITIONS)], dim=1)


class BoundaryHead(nn.Module):
    """Logits of the first and of the last sample (batch, 2, sample)."""

    of_samples = True

    def __init__(
        self, width: int, constant: Tensor, options: PointersHeadOptions, spacing: Spacing | None = None
    ) -> None:
        super().__init__()
        self.steps = StepHead(width, constant.view(2, -1), options, spacing)

    def forward(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """Absent samples have the logit ABSENT."""
        logits: Tensor = self.steps(features)
        return logits if present is None else torch.where(present.unsqueeze(1), logits, ABSENT)
