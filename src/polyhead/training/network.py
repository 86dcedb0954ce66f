"""The network: one backbone, a head per task, where the configuration says so a branch between the two."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple, cast

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from polyhead.backbones import AttentionBranch, InputShape, build_backbone
from polyhead.config.experiment import Experiment
from polyhead.config.model import AttentionBranches, BranchOptions
from polyhead.errors import InputError
from polyhead.signals.windows import WindowSet
from polyhead.tasks import Task
from polyhead.tasks.spacing import Spacing
from polyhead.training.replay import StatisticsAtRest


class Forward:
    """What the network puts out for each task, in their order: the backbone's map, one tensor for all unless it has
    several; what its branch and head read, the same tensor unless the pass was cut there; and the head's outputs.

    Not a tuple, so that Fabric does not convert the maps: gradients are taken at these very tensors.
    """

    __slots__ = ("features", "outputs", "shared")

    def __init__(self, shared: list[Tensor], features: list[Tensor], outputs: list[Tensor]) -> None:
        self.shared = shared
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

    def forward(
        self,
        signal: Tensor | None,
        known: Tensor | None,
        present: Tensor | None = None,
        cut: bool = False,
        light: bool = False,
    ) -> Forward:
        """`present` (batch, time) says which samples of the signal are real; None is all. Absent ones stand at the
        front of a window and hold 0.

        A `cut` pass goes backward in two parts: from losses to `features`, then, with what arrived there, from `shared`
        on. A `light` one keeps nothing of the backbone's inside and goes through it again on the way back.
        """
        maps = self._light(signal, known, present) if light else self.backbone(signal, known, present)
        shared = [_map_of(name, maps) for name in self.heads] if isinstance(maps, dict) else [maps] * len(self.heads)
        read = {id(one): one.detach().requires_grad_() if cut else one for one in shared}
        features = [read[id(one)] for one in shared]
        steps: Tensor | None = None if present is None else self.backbone.steps_present(present)  # type: ignore[operator]
        outputs = []
        for (name, head), one in zip(self.heads.items(), features, strict=True):
            told = present if getattr(head, "of_samples", False) else steps
            outputs.append(head(self.branches[name](one, steps) if name in self.branches else one, told))
        return Forward(shared, features, outputs)

    def _light(self, *inputs: Tensor | None) -> Any:
        def again() -> tuple[nullcontext[None], StatisticsAtRest]:
            return nullcontext(), StatisticsAtRest(self.backbone)

        # An early stop would go through a user's module as an exception.
        return checkpoint(self.backbone, *inputs, use_reentrant=False, context_fn=again, early_stop=False)

    @property
    def last_block(self) -> list[nn.Parameter]:
        """Parameters of the backbone's last block: of its last part, or the last of that where it is a list of them."""
        block: nn.Module = self.backbone
        while parts := _parts(block):
            within = len(parts) == 1 or isinstance(block, _LISTS) or block is self.backbone
            if not within:
                break
            block = parts[-1]
        return [parameter for parameter in block.parameters() if parameter.requires_grad]


def _map_of(task: str, maps: dict[str, Tensor]) -> Tensor:
    """The map of a task. Raises InputError where the backbone has none for it."""
    if task not in maps:
        raise InputError(
            f"the backbone put out no map for task {task!r}; there are {', '.join(maps)}",
            where="model.backbone",
            do="return one for each task, or one map for all",
        )
    return maps[task]


_LISTS = (nn.Sequential, nn.ModuleList, nn.TransformerEncoder)


def _parts(module: nn.Module) -> list[nn.Module]:
    """The children that have weights; norms and their likes have none."""
    return [part for part in module.children() if any(p.dim() > 1 for p in part.parameters())]


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
    stride, behind = cast(float | None, backbone.stride), cast(float, backbone.behind)
    spacing = None if stride is None else Spacing(stride, behind)
    branches: dict[str, nn.Module] = {}
    if isinstance(options := experiment.model.branches, AttentionBranches):
        own = {task.name: options.tasks.get(task.name, BranchOptions()) for task in tasks}
        built = {name: AttentionBranch(width, options, one) for name, one in own.items()}
        branches |= built
        width = next(iter(built.values())).width
    return Network(backbone, {task.name: task.build_head(width, spacing) for task in tasks}, branches)


def count_parameters(network: Network) -> Parameters:
    """Parameters of the backbone, of each branch and of each head."""

    def count(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)

    branches, heads = (
        {name: count(part) for name, part in parts.items()} for parts in (network.branches, network.heads)
    )
    return Parameters(count(network.backbone), branches, heads)
