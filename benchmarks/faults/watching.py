"""Other detectors' hooks in polyhead's own training and in loops under its Monitor: they see the run it records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from polyhead.training import fit
from polyhead.training.descent import descend
from polyhead.training.fit import train_step
from polyhead.training.monitor import Monitor
from polyhead.training.session import Session
from polyhead.training.steplog import Descent

Alarms = Mapping[str, bool]
"""What a detector says, by its own name for it, and whether it calls that worse than a warning."""


class Watch(Protocol):
    """A detector that hangs in a plain PyTorch loop."""

    name: str

    def begin(self, model: nn.Module, optimizer: Optimizer) -> None:
        """Before the first step."""

    def step(self, loss: float) -> None:
        """After each step of the optimiser; `loss` is what went backward."""

    def end(self) -> Alarms:
        """After the last step, or where training ended early: what it has to say."""


class Losses:
    """The loss of every step, as a loop's own log would have it."""

    name = "losses"

    def __init__(self) -> None:
        self.heard: list[float] = []

    def begin(self, model: nn.Module, optimizer: Optimizer) -> None:
        """Nothing hangs in the model."""

    def step(self, loss: float) -> None:
        self.heard.append(loss)

    def end(self) -> Alarms:
        return {}


class _Hanging:
    """Watches in the one training that they are given, and the loss of its latest step."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self.watches = watches
        self.begun = False
        self.loss = float("nan")
        self.said: dict[str, Alarms] = {}

    def begin(self, model: nn.Module, optimizer: Optimizer) -> None:
        for one in () if self.begun else self.watches:
            one.begin(model, optimizer)
        self.begun = True

    def step(self) -> None:
        for one in self.watches:
            one.step(self.loss)

    def end(self) -> dict[str, Alarms]:
        if self.begun and not self.said:
            self.said = {one.name: one.end() for one in self.watches}
        return self.said


@contextmanager
def watching(watches: Sequence[Watch]) -> Iterator[dict[str, Alarms]]:
    """Let `watches` see every step of the one training within; what they say stands in the mapping afterwards."""
    said: dict[str, Alarms] = {}
    hanging = _Hanging(watches)
    with ExitStack() as stack:
        _hang_in_training(hanging, stack)
        _hang_in_loops(hanging, stack)
        yield said
    said |= hanging.end()


def _hang_in_training(hanging: _Hanging, stack: ExitStack) -> None:
    def seen(*given: Any, **options: Any) -> Descent:
        found = descend(*given, **options)
        hanging.loss = float((found.weights * found.losses).sum() + found.penalties.sum())
        return found

    def step(session: Session, parts: Any) -> None:
        hanging.begin(session.raw, session.optimizer.optimizer)
        train_step(session, parts)
        hanging.step()

    def all_epochs(*given: Any) -> None:
        try:
            own(*given)
        finally:  # judging the splits is no training
            hanging.end()

    own = fit.fit
    stack.enter_context(patch.object(fit, "fit", all_epochs))
    stack.enter_context(patch.object(fit, "train_step", step))
    stack.enter_context(patch.object(fit, "descend", seen))


def _hang_in_loops(hanging: _Hanging, stack: ExitStack) -> None:
    models: dict[int, nn.Module] = {}
    made, told, back = Monitor.__init__, Monitor.step, Tensor.backward

    def make(monitor: Monitor, path: Any, model: nn.Module, *given: Any, **options: Any) -> None:
        made(monitor, path, model, *given, **options)
        models[id(monitor)] = model

    def tell(monitor: Monitor, losses: Any, *, optimizer: Optimizer, **options: Any) -> None:
        if not hanging.begun:
            hanging.begin(models[id(monitor)], optimizer)
            optimizer.register_step_post_hook(lambda *_: hanging.step())
        told(monitor, losses, optimizer=optimizer, **options)

    def go_back(loss: Tensor, *given: Any, **options: Any) -> None:
        hanging.loss = float(loss.detach().sum())
        back(loss, *given, **options)

    stack.enter_context(patch.object(Monitor, "__init__", make))
    stack.enter_context(patch.object(Monitor, "step", tell))
    stack.enter_context(patch.object(Tensor, "backward", go_back))


@contextmanager
def anomalies() -> Iterator[dict[str, bool]]:
    """torch's anomaly mode, which Lightning's Trainer(detect_anomaly=True) switches on: it ends the training within at
    the first function whose gradient is NaN. The error is caught here, and said."""
    said: dict[str, bool] = {}
    try:
        with torch.autograd.set_detect_anomaly(True):
            yield said
    except RuntimeError as error:
        if "returned nan values" not in str(error):
            raise
        said["detect_anomaly"] = True
