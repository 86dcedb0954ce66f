"""Patch embedding and DLinear, the published model of the bearing study (DLinear: Zeng et al., AAAI 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import IsfmOptions
from polyhead.errors import InputError

_KERNEL = 65  # patches that the moving average of the published model spans


class DLinear(nn.Module):
    """Trend and remainder over the last axis (…, patch), each through a matrix of its own, summed.

    The trend is a moving average over 65 patches, or the largest odd number that there are; the ends are repeated.
    """

    def __init__(self, patches: int) -> None:
        super().__init__()
        self.reach = (min(_KERNEL, patches) - 1) // 2
        self.trend = self._matrix(patches)
        self.remainder = self._matrix(patches)

    @staticmethod
    def _matrix(patches: int) -> nn.Linear:
        linear = nn.Linear(patches, patches)
        nn.init.constant_(linear.weight, 1 / patches)
        return linear

    def forward(self, series: Tensor) -> Tensor:
        """(batch, channel, patch) to the same."""
        padded = F.pad(series, (self.reach, self.reach), mode="replicate")
        trend = F.avg_pool1d(padded, 2 * self.reach + 1, stride=1)
        mapped: Tensor = self.trend(trend) + self.remainder(series - trend)
        return mapped


class Isfm(nn.Module):
    """Maps (batch, channel, time) to (batch, width, patch); known inputs are added to every token.

    Patches are evenly spaced in evaluation. While training their starts are drawn anew for each window, and sorted:
    the matrices over patches are of the order in time that they have in evaluation (the published model draws in both
    and does not sort). Beside the samples of all channels a token holds their times, as shares of the window.
    """

    receptive_field = None

    def __init__(self, options: IsfmOptions, shape: InputShape) -> None:
        super().__init__()
        if options.patch_length > shape.samples:
            raise InputError(
                f"patches of {options.patch_length} samples do not fit in windows of {shape.samples}",
                where="model.backbone.patch_length",
                do=f"write {shape.samples} or less",
            )
        if shape.masked:
            raise InputError(
                "an isfm needs whole windows, and some have absent samples",
                where="model.backbone",
                do="cut windows that every recording fills (data.window), or take another backbone",
            )
        self.patches, self.length, self.width = options.num_patches, options.patch_length, options.width
        self.stride = (shape.samples - self.length) / max(self.patches - 1, 1) or 1.0
        self.behind = (self.length - 1) / 2
        inputs = (shape.channels + 1) * options.patch_length
        self.embedding = nn.Sequential(
            nn.Linear(inputs, options.width), nn.SiLU(), nn.Linear(options.width, options.width)
        )
        self.known = nn.Linear(shape.known, options.width, bias=False) if shape.known else None
        self.mixer = DLinear(options.num_patches)

    def forward(self, signal: Tensor, known: Tensor | None, present: Tensor | None = None) -> Tensor:
        tokens = self.embedding(self._patches(signal))
        if self.known is not None:
            tokens = tokens + self.known(known).unsqueeze(1)
        return F.silu(self.mixer(tokens.transpose(1, 2)))

    def steps_present(self, present: Tensor) -> Tensor:
        """Every patch: windows are whole."""
        return present.new_ones(len(present), self.patches)

    def _patches(self, signal: Tensor) -> Tensor:
        """(batch, channel, time) to (batch, patch, (channel + 1) * patch_length): samples, then times."""
        batch, _, samples = signal.shape
        times = (torch.arange(samples, device=signal.device, dtype=signal.dtype) / samples).expand(batch, 1, samples)
        timed = torch.cat([signal, times], dim=1).unfold(2, self.length, 1)  # a view: no copy of each start
        rows = torch.arange(batch, device=signal.device)[:, None]
        return timed.transpose(1, 2)[rows, self._starts(batch, samples, signal.device)].flatten(2)

    def _starts(self, batch: int, samples: int, device: torch.device) -> Tensor:
        """The first sample of each patch, (batch, patch)."""
        last = samples - self.length
        if self.training:
            return torch.randint(last + 1, (batch, self.patches), device=device).sort(dim=1).values
        if self.patches == 1:
            return torch.full((batch, 1), last // 2, device=device)
        return torch.linspace(0, last, self.patches, device=device).round().long().expand(batch, -1)
