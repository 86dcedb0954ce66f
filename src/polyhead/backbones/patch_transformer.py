"""A transformer over patches of the signal (after PatchTST, Nie et al., ICLR 2023; here a patch holds all channels)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.presence import every, zero_absent
from polyhead.backbones.shape import InputShape
from polyhead.config.backbones import PatchTransformerOptions


class PatchTransformer(nn.Module):
    """Maps (batch, channel, time) to (batch, width, patch); known inputs are added to every token.

    A patch ends at every `patch_stride`-th sample counted back from the window's last, so that each sample is in one;
    patches that reach beyond the window's start have zeros there. Positions are learned and counted from the end. The
    tokens of absent patches are masked out of the attention and hold 0 in the map.
    """

    receptive_field = None

    def __init__(self, options: PatchTransformerOptions, shape: InputShape) -> None:
        super().__init__()
        self.length, self.stride, self.width = options.patch_length, options.patch_stride, options.width
        self.behind = (options.patch_length - 1) / 2  # a patch stands at its middle
        self.embedding = nn.Linear(shape.channels * options.patch_length, options.width)
        self.known = nn.Linear(shape.known, options.width, bias=False) if shape.known else None
        patches = (shape.samples - 1) // options.patch_stride + 1
        self.positions = nn.Parameter(0.02 * torch.randn(patches, options.width))  # the last patch's comes last
        layer = nn.TransformerEncoderLayer(
            options.width,
            options.heads,
            options.feedforward,
            options.dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(
            layer, options.layers, norm=nn.LayerNorm(options.width), enable_nested_tensor=False
        )

    def forward(self, signal: Tensor, known: Tensor | None, present: Tensor | None = None) -> Tensor:
        tokens = self._tokens(signal)
        if self.known is not None:
            tokens = tokens + self.known(known).unsqueeze(1)
        steps = None if present is None else self.steps_present(present)
        mapped = self.encoder(tokens, src_key_padding_mask=None if steps is None else ~steps)
        return zero_absent(mapped.transpose(1, 2), steps)

    def steps_present(self, present: Tensor) -> Tensor:
        """Patches (batch, patch) whose last sample is real."""
        return every(present, self.stride)

    def _tokens(self, signal: Tensor) -> Tensor:
        """(batch, channel, time) to (batch, patch, width)."""
        samples = signal.shape[-1]
        patches = (samples - 1) // self.stride + 1
        covered = (patches - 1) * self.stride + self.length
        # Where the patches cover less than there is, the first samples are too many; else they lack some.
        cut = F.pad(signal, (covered - samples, 0))
        parts = cut.unfold(2, self.length, self.stride).transpose(1, 2).flatten(2)
        embedded: Tensor = self.embedding(parts)
        return embedded + self.positions[-patches:]
