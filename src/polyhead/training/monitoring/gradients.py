"""What sampled steps of someone's loop measure: gradients at the shared features, and what the optimiser moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from polyhead.errors import InputError
from polyhead.training.probe import checksum, dead_share, effective_rank, gradient_norms, norm_of, shared_cosines

COSINES = 8
"""Every so many samples also compare gradients over the shared parameters, which costs a backward pass per task."""
_LIFT = 2.0**10  # float16 gradients below 6e-8 are 0: losses are multiplied by this before, norms divided after


class GradientProbe:
    """Looks at the output of `shared` (None: not at all) on those steps for which `due` is set."""

    def __init__(self, model: nn.Module, shared: nn.Module | None, tasks: Sequence[str]) -> None:
        self.due = False
        self.number = 0
        self._tasks, self._model = list(tasks), model
        self._shared = [p for p in shared.parameters() if p.requires_grad] if shared is not None else []
        self._features: Tensor | None = None
        self._before: list[Tensor] = []
        self._hook = shared.register_forward_hook(self._see) if shared is not None else None
        self.norms: Tensor | None = None

    @property
    def columns(self) -> list[str]:
        """Names of what is measured."""
        pairs = [f"cosine.{a}~{b}" for a, b in combinations(self._tasks, 2)]
        norms = [f"grad_norm.{task}" for task in self._tasks]
        return [*norms, *pairs, "update_ratio", "dead_share", "effective_rank", "checksum"]

    def close(self) -> None:
        """Take the hook off."""
        if self._hook is not None:
            self._hook.remove()
        self._features, self._before = None, []

    def _see(self, module: nn.Module, inputs: Any, output: Any) -> None:
        """Keep the output where it is asked for; it is let go again in `measure`, with its graph."""
        if self.due and torch.is_grad_enabled():
            self._features = _tensor_in(output)

    def measure(self, losses: Mapping[str, Any]) -> dict[str, Tensor]:
        """Norm of each loss's gradient at the features, dead share, effective rank, and on every eighth sample the
        cosines over the shared parameters."""
        at, self._features = self._features, None
        if at is None:
            return {}
        found = {}
        arrived = [_arrived(losses.get(task), at) for task in self._tasks]
        lift = _lift(at)
        there = [one is not None for one in arrived]
        whole = [torch.zeros_like(at) if one is None else one for one in arrived]
        for task, here, norm in zip(self._tasks, there, gradient_norms(whole) / lift, strict=True):
            if here:
                found[f"grad_norm.{task}"] = norm
        if self.number % COSINES == 0 and len(self._tasks) > 1 and self._shared and at.requires_grad:
            cosines = shared_cosines([at] * len(whole), whole, self._shared)
            pairs = [f"cosine.{a}~{b}" for a, b in combinations(self._tasks, 2)]
            found |= dict(zip(pairs, cosines, strict=True))
        values = at.detach()
        values = values.unsqueeze(-1) if values.ndim == 2 else values
        if values.ndim > 2:
            found |= {"dead_share": dead_share(values), "effective_rank": effective_rank(values)}
        self.number += 1
        return found

    def before_step(self) -> None:
        """Remember what the optimiser is about to move, and the norm of each parameter's gradient."""
        self._before = [p.detach().clone() for p in self._moving()]
        none = torch.zeros(())
        self.norms = torch.stack(
            [norm_of(p.grad if p.grad is not None else none.to(p)) for p in self._model.parameters()]
        )

    def after_step(self) -> dict[str, Tensor]:
        """Size of the step beside that of the weights, and the checksum of all weights after it."""
        if not self._before:
            return {}
        moved = [
            (p.detach() - was).double().square().sum() for p, was in zip(self._moving(), self._before, strict=True)
        ]
        size = [was.double().square().sum() for was in self._before]
        self._before = []
        ratio = (torch.stack(moved).sum() / torch.stack(size).sum()).sqrt()
        return {"update_ratio": ratio, "checksum": checksum(list(self._model.parameters()))}

    def _moving(self) -> list[nn.Parameter]:
        return self._shared or [p for p in self._model.parameters() if p.requires_grad]


def total_norm(optimizer: Optimizer) -> Tensor | float:
    """Norm of all gradients as the optimiser is about to use them; NaN where it has none."""
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    if not gradients:
        return float("nan")
    norm = torch.nn.utils.get_total_norm(gradients)
    scale = getattr(optimizer, "grad_scale", None)  # of GradScaler, for optimisers that divide by it themselves
    return norm if scale is None else norm / scale.to(norm.device)


def _arrived(loss: Any, at: Tensor) -> Tensor | None:
    """The gradient of a loss at the features, times the lift; zeros where it does not depend on them, None where there
    is no loss with a graph."""
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return None
    if not at.requires_grad:  # of frozen layers
        return torch.zeros_like(at)
    (one,) = torch.autograd.grad(loss.sum() * _lift(at), [at], retain_graph=True, allow_unused=True)
    return torch.zeros_like(at) if one is None else one


def _lift(at: Tensor) -> float:
    return _LIFT if at.dtype == torch.float16 else 1.0


def _tensor_in(output: Any) -> Tensor:
    """The tensor that a shared module returns, or the first in its tuple, list or mapping."""
    if isinstance(output, Tensor):
        return output
    parts = output.values() if isinstance(output, Mapping) else output if isinstance(output, tuple | list) else ()
    for part in parts:
        if isinstance(part, Tensor):
            return part
    raise InputError(
        f"expected a tensor from {type(output).__name__}", where="shared", do="name the module whose output is a tensor"
    )
