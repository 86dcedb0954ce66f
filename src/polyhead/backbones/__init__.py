"""Shared networks, one file per family. Each returns one map (batch, channel, time); heads do their own pooling."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from polyhead.backbones.mlp import Mlp
from polyhead.backbones.tcn import Tcn
from polyhead.config.model import Backbone as BackboneOptions
from polyhead.config.model import MlpOptions, TcnOptions
from polyhead.errors import InputError


@dataclass(frozen=True)
class InputShape:
    """What goes into a backbone: `channels` and `samples` of the signal (0 where there is none), and `known` numbers
    that join it."""

    channels: int
    samples: int
    known: int


BACKBONES: dict[str, type[nn.Module]] = {"mlp": Mlp, "tcn": Tcn}


def build_backbone(options: BackboneOptions, shape: InputShape) -> nn.Module:
    """The backbone for inputs of `shape`; it has `width` (channels of its map) and `receptive_field` (samples, or None
    where it sees the whole window). Raises InputError where the two do not fit.

    `forward(signal, known)` takes (batch, channel, time) or None, and (batch, known) or None.
    """
    if isinstance(options, MlpOptions):
        return Mlp(options, shape.channels * shape.samples + shape.known)
    assert isinstance(options, TcnOptions)
    if not shape.samples:
        raise InputError("a tcn needs an input with a time axis", where="model.backbone", do="write `backbone: mlp`")
    return Tcn(options, shape.channels, shape.known)


__all__ = ["BACKBONES", "InputShape", "build_backbone"]
