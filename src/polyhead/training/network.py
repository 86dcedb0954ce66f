"""The network: one backbone, a head per task, where the configuration says so a branch between the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from polyhead.backbones import AttentionBranch, InputShape, build_backbone
from polyhead.config.experiment import Experiment
from polyhead.config.model import AttentionBranches, BranchOptions
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
    """Maps (batch, channel, time) and (batch, known) to a Forward. `branches` stand before the heads of their tasks."""

    def __init__(
        self, backbone: nn.Module, heads: dict[str, nn.Module], branches: dict[str, nn.Module] | None = None
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.branches = nn.ModuleDict()
        self.heads = nn.ModuleDict()
        # ModuleDict's own way refuses names like `type` that every module has.
        self.branches._modules.update(branches or {})
        self.heads._modules.update(heads)

    def forward(self, signal: Tensor | None, known: Tensor | None, present: Tensor | None = None) -> Forward:
        """`present` (batch, time) says which samples of the signal are real; None is all. Absent ones stand at the
        front of a window and hold 0."""
        features: Tensor = self.backbone(signal, known, present)
        steps: Tensor | None = None if present is None else self.backbone.steps_present(present)  # type: ignore[operator]
        own = {name: branch(features, steps) for name, branch in self.branches.items()}
        return Forward(features, [head(own.get(name, features), steps) for name, head in self.heads.items()])


class Parameters(NamedTuple):
    """Numbers of trainable parameters."""

    backbone: int
    branches: dict[str, int]
    heads: dict[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return self.backbone + sum(self.branches.values()) + sum(self.heads.values())


def build_network(experiment: Experiment, windows: WindowSet, tasks: Sequence[Task]) -> Network:
    """A fresh network; its weights follow torch's global seed."""
    timed = windows.timed
    shape = InputShape(
        channels=sum(len(windows.inputs[name].channels) for name in timed),
        samples=windows.length,
        known=sum(len(array.channels) for name, array in windows.inputs.items() if name not in timed),
        masked=windows.filled is not None,
    )
    backbone = build_backbone(experiment.model.backbone, shape)
    width = int(backbone.width)  # type: ignore[arg-type]
    branches: dict[str, nn.Module] = {}
    if isinstance(options := experiment.model.branches, AttentionBranches):
        own = {task.name: options.tasks.get(task.name, BranchOptions()) for task in tasks}
        built = {name: AttentionBranch(width, options, one) for name, one in own.items()}
        branches |= built
        width = next(iter(built.values())).width
    return Network(backbone, {task.name: task.build_head(width) for task in tasks}, branches)


def count_parameters(network: Network) -> Parameters:
    """Parameters of the backbone, of each branch and of each head."""

    def count(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)

    branches, heads = (
        {name: count(part) for name, part in parts.items()} for parts in (network.branches, network.heads)
    )
    return Parameters(count(network.backbone), branches, heads)
