"""Shared networks, one file per family. Each returns one map (batch, channel, step); heads do their own pooling."""

from __future__ import annotations

from torch import nn

from polyhead.backbones.bilstm import BiLstm
from polyhead.backbones.branch import AttentionBranch
from polyhead.backbones.isfm import Isfm
from polyhead.backbones.mlp import Mlp
from polyhead.backbones.own import Own
from polyhead.backbones.patch_transformer import PatchTransformer
from polyhead.backbones.resnet1d import ResNet1d
from polyhead.backbones.shape import InputShape
from polyhead.backbones.tcn import Tcn
from polyhead.config.backbones import Backbone as BackboneOptions
from polyhead.config.backbones import OwnBackbone
from polyhead.errors import InputError

BACKBONES: dict[str, type[nn.Module]] = {
    "mlp": Mlp,
    "tcn": Tcn,
    "resnet1d": ResNet1d,
    "patch_transformer": PatchTransformer,
    "bilstm": BiLstm,
    "isfm": Isfm,
}


def build_backbone(options: BackboneOptions, shape: InputShape) -> nn.Module:
    """The backbone for inputs of `shape`. It has `width`, the channels of its map, and `receptive_field`, the samples
    that a step sees, None where that is the whole window; and its steps stand `stride` samples apart, the last of them
    `behind` samples before the window's last (`stride` is None where that is not known). Raises InputError where the
    two do not fit.

    `forward(signal, known, present=None)` takes (batch, channel, time) or None, (batch, known) or None, and (batch,
    time), true where a sample is real (absent ones stand at the front and hold 0; None: all are real); it returns
    (batch, width, step), or, where it is one's own, perhaps one such map for each task, {task: map}.
    `steps_present(present)` says which of these steps are real, (batch, step); the others hold 0.
    """
    if isinstance(options, OwnBackbone):
        return Own(options, shape)
    if not shape.samples and options.name != "mlp":
        what = f"backbone {options.name} needs an input with a time axis"
        raise InputError(what, where="model.backbone", do="write `backbone: mlp`")
    return BACKBONES[options.name](options, shape)


__all__ = ["BACKBONES", "AttentionBranch", "InputShape", "build_backbone"]
