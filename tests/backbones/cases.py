"""Small backbones, one of each kind, for laws that hold for all of them."""

from __future__ import annotations

import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import (
    BiLstmOptions,
    IsfmOptions,
    MlpOptions,
    PatchTransformerOptions,
    ResNet1dOptions,
    TcnOptions,
)

OPTIONS = {
    "mlp": MlpOptions(name="mlp", hidden=[6]),
    "tcn": TcnOptions(name="tcn", channels=[6, 6], stem_kernel=3, stem_stride=2),
    "resnet1d": ResNet1dOptions(name="resnet1d", channels=[4, 6], blocks=2, kernel=3, norm="none", stem_kernel=4),
    "patch_transformer": PatchTransformerOptions(
        name="patch_transformer", patch_length=6, patch_stride=4, width=6, layers=2, heads=2, feedforward=8
    ),
    "bilstm": BiLstmOptions(name="bilstm", hidden=3, layers=2),
    "isfm": IsfmOptions(name="isfm", num_patches=5, patch_length=4, width=6),
}
"""Each has a width of 6."""

PADDED = ("tcn", "resnet1d", "patch_transformer", "bilstm")
"""Backbones that see the same in a window however far it is padded at the front."""


def built(name, samples, known=0, seed=0, options=None, masked=False):
    """A backbone for 2 channels, in evaluation mode, with weights that follow `seed`."""
    torch.manual_seed(seed)
    return build_backbone(options or OPTIONS[name], InputShape(2, samples, known, masked)).eval()


def padded(signal, front):
    """The signal with `front` absent samples before it, and what is present."""
    batch, channels, samples = signal.shape
    whole = torch.cat([signal.new_zeros(batch, channels, front), signal], dim=2)
    present = (torch.arange(front + samples) >= front).expand(batch, -1)
    return whole, present
