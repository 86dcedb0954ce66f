"""A monitor for anyone's own PyTorch loop: it writes the run folder that polyhead's own training writes."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.training.monitoring.gradients import GradientProbe, total_norm
from polyhead.training.monitoring.marks import marks_of
from polyhead.training.monitoring.record import Record
from polyhead.training.monitoring.split import SplitRecord
from polyhead.training.monitoring.steps import Step, batch_of, kept
from polyhead.training.monitoring.task import Said, tasks_of

_SPLITS = ("train", "val", "test")


class Monitor:
    """Watches a loop that is not polyhead's and writes what `polyhead diagnose` reads.

        monitor = Monitor("runs/mine", model, {"fault": "classification", "life": "regression"}, shared=model.backbone)
        for epoch in range(epochs):
            for x, targets in batches:
                losses = criterion(model(x), targets)                # {"fault": ..., "life": ...}
                monitor.step(losses, optimizer=optimizer)            # before backward
                sum(losses.values()).backward(); optimizer.step(); optimizer.zero_grad()
            monitor.epoch()

    `monitor.validate(outputs, targets)` for each batch of validation adds predictions and, pooled over the epoch, every
    metric beside its floor. The loop's own results do not change: no random number is drawn, nothing is left in a
    gradient. A loop that is killed leaves what it wrote up to then.

    Parameters
    ----------
    path : path
        Runs of this loop: each monitor makes a folder of its own in it, `folder.path`, named by the time.
    model : Module
        The network. Of one wrapped in DistributedDataParallel what it wraps is named.
    tasks : mapping of task to kind or options, or names
        `{"fault": "classification", "life": {"kind": "regression", "loss": "mse", "unit": "h", "bounds": [0, 1]}}`;
        `classes` name outputs, `probabilities: True` says that predictions are no logits, `threshold` is that of yes.
        Of a task without a kind only losses are recorded.
    shared : Module or its name, default=None
        What the tasks share: gradients are compared at its output, (batch, channel) or (batch, channel, time), and over
        its parameters. Without it only whole gradients are.
    every : int or None, default=50
        Steps from one sample of gradients to the next; None records numbers only.
    gather : bool, default=False
        Where several processes validate a part each, put their parts together: all of them must then call `validate`
        and `epoch`. Without it the first process records what it sees itself. Only the first one ever writes.
    """

    def __init__(
        self,
        path: str | Path,
        model: nn.Module,
        tasks: Said,
        *,
        shared: nn.Module | str | None = None,
        every: int | None = 50,
        gather: bool = False,
    ) -> None:
        self.tasks = tasks_of(tasks)
        if every is not None and (not isinstance(every, int) or every < 1):
            raise InputError(f"expected a number of steps or None, found {every!r}", where="every")
        raw = _unwrapped(model)
        self._first, self._processes = _rank()
        self._gather = gather and self._processes > 1
        self._every = every
        self._splits = {name: SplitRecord(name) for name in _SPLITS}
        self._optimizer: Optimizer | None = None
        self._hooks: list[Any] = []
        self._step = Step()
        self._total = 0
        self._since: float | None = None
        self._closed = False
        self._probe = GradientProbe(raw, _module(raw, shared), list(self.tasks)) if self._first else None
        self._record: Record | None = None
        if self._first:
            place = Path(path)
            self.folder = RunFolder.create(place.parent, place.name, datetime.now(UTC))
            columns = self._probe.columns if self._probe and every else []
            self._record = Record(self.folder, raw, self.tasks, columns, self._processes)
            self._look_ahead()

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes."""
        return self._record is not None

    def step(
        self,
        losses: Mapping[str, Any],
        *,
        weights: Mapping[str, Any] | Sequence[float] | Tensor | None = None,
        optimizer: Optimizer | None = None,
        total: Any = None,
        targets: Mapping[str, Any] | None = None,
        recording: Sequence[Any] | None = None,
        inputs: Tensor | None = None,
        sigmas: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a batch, after its losses and before going backward.

        `losses` are the tasks' own, one number each, not weighted; a task without labels in this batch is left out.
        `weights` multiply them in the sum that goes backward (default: 1), `total` is what goes backward where it is
        anything else. With `optimizer` a step is a move of it, so that batches before it are one step; without, every
        call is one. `targets` are the batch's labels: what trivial predictors learn from, and what each step was made
        of. `recording` names the recording of each window and `inputs` is what the network got, for the question
        whether validation has been trained on. `sigmas` are those of learned uncertainties. Raises InputError.
        """
        self._refuse_closed()
        if self._record is None or self._probe is None:
            return
        if optimizer is not None:
            self.follow(optimizer)
        for name, loss in losses.items():
            self._refuse_loss(name, loss)
        if self._probe.due and not self._step.batches:
            self._step.sampled |= self._probe.measure(losses)
        batch = batch_of(self.tasks, losses, self._weights(weights), total, targets or {})
        self._record.see(targets or {}, recording, inputs, sigmas, self._probe.due)
        self._step.batches.append(batch)
        if self._optimizer is None:
            self._finish_step()

    def validate(
        self,
        predictions: Mapping[str, Any],
        targets: Mapping[str, Any],
        *,
        recording: Sequence[Any] | None = None,
        losses: Mapping[str, Any] | None = None,
        inputs: Tensor | None = None,
        last: Mapping[str, Any] | None = None,
        split: str = "val",
    ) -> None:
        """Record what the network says of a batch of `split` (train, val or test), and what is true.

        `predictions` are outputs as the losses take them: logits (window, class) of classes, logits (window,) of yes,
        numbers (window,) or (window, output) or (window, channel, time), or a pair (numbers, sd). Labels that are NaN,
        or -100 for classes, are not known. `recording` names the recording of each window: what intervals are
        resampled by. `losses` are the batch's means, `last` the last sample seen of a forecast, (window, channel).
        Raises InputError.
        """
        self._refuse_closed()
        if self._record is None and not self._gather:
            return
        if split not in self._splits:
            raise InputError(f"no split {split!r}", where="split", do=f"use one of {', '.join(_SPLITS)}")
        self._since = None  # the next step does not begin where the last one ended
        record = self._splits[split]
        record.add(self.tasks, predictions, targets, recording, losses or {}, last or {})
        if inputs is not None:
            record.marks.append(marks_of(inputs))
            if self._record is not None:
                self._record.inputs.add(split, inputs)

    def epoch(self, metrics: Mapping[str, Any] | None = None, *, kept: bool = False) -> None:
        """Close an epoch: write tables, steps, predictions and metrics.

        `metrics` are those that the loop itself reports, {split: {task: {metric: value}}} or {task: {metric: value}} of
        validation; they stand in epoch_metrics.csv, and what is pooled over the same predictions in metrics.json.
        `kept` says that the weights of this epoch are those that will be used; without it the last epoch's are.
        """
        self._refuse_closed()
        splits = self._everyones()
        self._splits = {name: SplitRecord(name) for name in _SPLITS}
        self._since = None
        if self._record is None:
            return
        self._leave_open()
        self._since = None
        self._record.close_epoch(splits, metrics or {}, kept)

    def close(self, status: str = "finished", reason: str | None = None) -> None:
        """Judge what was kept with intervals, say in state.json that the run is over, and let go of the model."""
        if self._closed:
            return
        if self._record is not None:
            self._leave_open()
            if self._record.waiting:
                self._record.close_epoch({}, {}, False)
        splits = self._everyones()
        self._closed = True
        if self._record is not None:
            self._record.close(splits, status, reason)
        for hook in self._hooks:
            hook.remove()
        if self._probe is not None:
            self._probe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        self._gather = False  # the others may not come
        self._splits = {name: SplitRecord(name) for name in _SPLITS}
        said = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        with suppress(InputError):  # what ended the loop is what its user must see
            self.close(said, f"{type(error).__name__}: {error}")

    def _refuse_closed(self) -> None:
        if self._closed:
            raise InputError("the monitor is closed", do="make another one for another run")

    def _refuse_loss(self, name: str, loss: Any) -> None:
        where = f"losses[{name!r}]"
        if name not in self.tasks:
            raise InputError(f"no task {name!r}; there are {', '.join(self.tasks)}", where=where, do="name it in tasks")
        if isinstance(loss, Tensor) and loss.numel() != 1:
            raise InputError(f"expected one number, found shape {tuple(loss.shape)}", where=where, do="give its mean")

    def _weights(self, said: Mapping[str, Any] | Sequence[float] | Tensor | None) -> dict[str, Any]:
        if said is None:
            return {}
        if isinstance(said, Mapping):
            odd = next((name for name in said if name not in self.tasks), None)
            if odd is not None:
                raise InputError(f"no task {odd!r}; there are {', '.join(self.tasks)}", where="weights")
            return {name: kept(one) for name, one in said.items()}
        if len(said) != len(self.tasks):
            raise InputError(f"expected {len(self.tasks)} weights, found {len(said)}", where="weights")
        return {name: kept(one) for name, one in zip(self.tasks, said, strict=True)}

    def follow(self, optimizer: Optimizer, before: bool = True) -> None:
        """Count the moves of this optimiser from now on. Without `before` whoever drives it calls `before_move` once
        its gradients are complete, as frameworks must that go backward within `optimizer.step`."""
        if optimizer is self._optimizer or not self.writes:
            return
        for hook in self._hooks:
            hook.remove()
        self._optimizer = optimizer
        self._hooks = [optimizer.register_step_post_hook(lambda *_: self._after_move())]
        if before:
            self._hooks.append(optimizer.register_step_pre_hook(lambda *_: self.before_move()))

    def before_move(self) -> None:
        """Measure gradients that are complete and unscaled."""
        if not self._step.batches or self._probe is None or self._optimizer is None:
            return
        self._look_at_optimizer()
        if self._probe.due:
            self._probe.before_step()

    def _look_at_optimizer(self) -> None:
        assert self._optimizer is not None
        self._step.lr = float(self._optimizer.param_groups[0]["lr"])
        if self._every is not None:
            self._step.norm = total_norm(self._optimizer)

    def _after_move(self) -> None:
        if not self._step.batches or self._probe is None:
            return
        if math.isnan(self._step.lr):  # a closure went backward within the move
            self._look_at_optimizer()
        self._step.stepped = True
        if self._probe.due:
            self._step.sampled |= self._probe.after_step()
        self._finish_step()

    def _finish_step(self) -> None:
        now = time.perf_counter()
        self._step.stepped |= self._optimizer is None
        self._step.seconds = now - self._since if self._since is not None else float("nan")
        self._since = now
        assert self._record is not None
        self._record.add(self._step, self._probe.norms if self._probe else None)
        self._step = Step()
        self._total += 1
        self._look_ahead()

    def _look_ahead(self) -> None:
        assert self._probe is not None
        self._probe.due = self._every is not None and self._total % self._every == 0

    def _leave_open(self) -> None:
        """Record batches that no move of the optimiser has followed."""
        if self._step.batches:
            self._finish_step()

    def _everyones(self) -> dict[str, SplitRecord]:
        """What was shown of each split, by all processes where they gather."""
        if not self._gather:
            return {name: one for name, one in self._splits.items() if len(one)}
        parts: list[Any] = [None] * self._processes
        distributed.all_gather_object(parts, self._splits)
        merged = {name: SplitRecord(name) for name in _SPLITS}
        for part in parts:
            for name, one in part.items():
                merged[name].extend(one)
        return {name: one for name, one in merged.items() if len(one)}


def _rank() -> tuple[bool, int]:
    """Whether this process is the first, and how many there are."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank() == 0, distributed.get_world_size()
    return True, 1


def _unwrapped(model: nn.Module) -> nn.Module:
    """The user's own module within wrappers of torch."""
    if not isinstance(model, nn.Module):
        raise InputError(f"expected a torch module, found {type(model).__name__}", where="model")
    inner = model.module if isinstance(model, nn.parallel.DistributedDataParallel | nn.DataParallel) else model
    return getattr(inner, "_orig_mod", inner)  # of torch.compile


def _module(model: nn.Module, shared: nn.Module | str | None) -> nn.Module | None:
    if not isinstance(shared, str):
        return None if shared is None else _unwrapped(shared)
    try:
        return model.get_submodule(shared)
    except AttributeError as error:
        names = ", ".join(name for name, _ in model.named_children())
        raise InputError(f"no module {shared!r}", where="shared", do=f"use one of {names}") from error
