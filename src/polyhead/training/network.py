"""The network: one backbone, a head per task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.experiment import Experiment
from polyhead.signals.windows import WindowSet
from polyhead.tasks import Task


class Forward:
    """What the network puts out: the backbone's map, and each head's outputs in the order of the tasks.

    Not a tuple, so that Fabric does not convert the map: gradients are taken at this very tensor.
    """

    __slots__ = ("features", "outputs")

    def __init__(self, features: Tensor, outputs: list[Tensor]) -> None:
        self.features = features
        self.outputs = outputs


class Network(nn.Module):
    """Maps (batch, channel, time) and (batch, known) to a Forward."""

    def __init__(self, backbone: nn.Module, heads: dict[str, nn.Module]) -> None:
        super().__init__()
        self.backbone = backbone
        self.heads = nn.ModuleDict()
        self.heads._modules.update(heads)  # ModuleDict's own way refuses names like `type` that every module has

    def forward(self, signal: Tensor | None, known: Tensor | None) -> Forward:
        features: Tensor = self.backbone(signal, known)
        return Forward(features, [head(features) for head in self.heads.values()])


class Parameters(NamedTuple):
    """Numbers of trainable parameters."""

    backbone: int
    heads: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return self.backbone + sum(self.heads.values())


def build_network(experiment: Experiment, windows: WindowSet, tasks: Sequence[Task]) -> Network:
    """A fresh network; its weights follow torch's global seed."""
    timed = windows.timed
    shape = InputShape(
        channels=sum(len(windows.inputs[name].channels) for name in timed),
        samples=windows.length,
        known=sum(len(array.channels) for name, array in windows.inputs.items() if name not in timed),
    )
    backbone = build_backbone(experiment.model.backbone, shape)
    return Network(backbone, {task.name: task.build_head(int(backbone.width)) for task in tasks})  # type: ignore[arg-type]


def count_parameters(network: Network) -> Parameters:
    """Parameters of the backbone and of each head."""

    def count(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)

    return Parameters(count(network.backbone), {name: count(head) for name, head in network.heads.items()})
