"""A callback for someone's existing LightningModule: the run folder of a Monitor, without a change to the module."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from polyhead.errors import InputError
from polyhead.training.monitor import Monitor
from polyhead.training.monitoring.task import Said, tasks_of

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ModuleNotFoundError as _error:
    raise InputError(
        "lightning is not installed", where="polyhead.LightningMonitor", do="pip install 'polyhead[lightning]'"
    ) from _error

Losses = str | Mapping[str, str] | Callable[[LightningModule], Mapping[str, Any]]
Shown = Mapping[str, Any] | tuple[Any, Any] | None
_NAMES = ("predictions", "preds", "outputs", "logits"), ("targets", "target", "labels", "truth")
_OTHERS = ("recording", "inputs", "losses", "last")


class LightningMonitor(Callback):
    """Watches a LightningModule and writes what `polyhead diagnose` reads.

        trainer = Trainer(callbacks=[LightningMonitor("runs/mine", {"fault": "classification"}, shared="backbone")])

    Parameters
    ----------
    path, tasks, shared, every
        As Monitor has them; `shared` is the name of a submodule.
    losses : name, mapping or callable, default=None
        Where the tasks' losses of a training batch are. By default among what the module logs, such as `fault_loss`,
        `train/loss_fault` or `loss.fault`; a mapping {task: logged name} says which; a name is that of an attribute
        that holds {task: loss}; a callable gets the module and returns it.
    validation : callable, default=None
        (module, outputs of validation_step, batch) -> (predictions, targets), or a mapping with `predictions`,
        `targets` and, if wanted, `recording`, `inputs`, `losses`, `last`. By default what validation_step returns,
        where that is such a mapping. Predictions and targets are {task: tensor}.
    targets : callable, default=None
        Training batch -> {task: labels}, from which trivial predictors learn.
    weights : mapping or callable, default=None
        {task: weight} of the losses, or a callable that gets the module and returns it.
    """

    def __init__(
        self,
        path: str | Path,
        tasks: Said,
        *,
        shared: str | None = None,
        losses: Losses | None = None,
        validation: Callable[[LightningModule, Any, Any], Shown] | None = None,
        targets: Callable[[Any], Mapping[str, Any]] | None = None,
        weights: Mapping[str, Any] | Callable[[LightningModule], Mapping[str, Any]] | None = None,
        every: int | None = 50,
    ) -> None:
        self.tasks = tasks_of(tasks)
        self._made = (path, tasks, shared, every)
        self._losses, self._validation, self._targets, self._weights = losses, validation, targets, weights
        self._logged: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        self._batch: Any = None
        self._monitor: Monitor | None = None

    @property
    def monitor(self) -> Monitor:
        """The monitor of the running or latest fit."""
        if self._monitor is None:
            raise InputError("nothing has been fitted yet", where="LightningMonitor")
        return self._monitor

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        path, tasks, shared, every = self._made
        self._monitor = Monitor(path, pl_module, tasks, shared=shared, every=every, gather=trainer.world_size > 1)
        self._listen(pl_module)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._logged, self._batch = {}, batch

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        if not self.monitor.writes:
            return
        self.monitor.follow(trainer.optimizers[0], before=False)
        weights = self._weights(pl_module) if callable(self._weights) else self._weights
        targets = self._targets(self._batch) if self._targets is not None else None
        scaled = getattr(trainer.precision_plugin, "scaler", None) is not None  # then `loss` is, by what only it knows
        total = None if scaled else loss.detach()
        self.monitor.step(self._found(pl_module), weights=weights, total=total, targets=targets)
        self._logged = {}

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        if optimizer is trainer.optimizers[0]:
            self.monitor.before_move()

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        if trainer.sanity_checking or self._monitor is None:
            return
        shown = self._validation(pl_module, outputs, batch) if self._validation is not None else outputs
        if isinstance(shown, tuple) and len(shown) == 2:
            self.monitor.validate(*shown)
        elif isinstance(shown, Mapping):
            self._validate(shown)
        elif self._validation is not None:
            raise InputError(
                f"expected (predictions, targets) or a mapping, found {type(shown).__name__}", where="validation"
            )

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.monitor.epoch(metrics=_claimed(trainer.callback_metrics, list(self.tasks)))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._let_go(pl_module, "interrupted" if trainer.interrupted else "finished", None)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if self._monitor is not None:
            self._monitor.__exit__(type(exception), exception, None)
            self._let_go(pl_module, "failed", None)

    def _validate(self, shown: Mapping[str, Any]) -> None:
        """What validation_step returned, if it returned predictions; a module that returns only its loss shows none."""
        predictions, targets = (next((shown[name] for name in names if name in shown), None) for names in _NAMES)
        if isinstance(predictions, Mapping) and isinstance(targets, Mapping):
            others = {name: shown[name] for name in _OTHERS if name in shown}
            self.monitor.validate(predictions, targets, **others)
        elif self._validation is not None:
            raise InputError(
                f"expected predictions and targets by task, found {', '.join(map(str, shown))}", where="validation"
            )

    def _found(self, module: LightningModule) -> Mapping[str, Any]:
        """The losses of this batch by task."""
        if callable(self._losses):
            return self._losses(module)
        if isinstance(self._losses, str):
            held = getattr(module, self._losses, None)
            if not isinstance(held, Mapping):
                what = f"expected {{task: loss}} in the module's {self._losses!r}, found {type(held).__name__}"
                raise InputError(what, where="losses")
            return held
        if not self._names:
            self._names = dict(self._losses or {}) or self._guessed()
        return {task: self._logged[name] for task, name in self._names.items() if name in self._logged}

    def _guessed(self) -> dict[str, str]:
        names = {task: _loss_name(task, list(self._logged)) for task in self.tasks}
        lacking = [task for task, name in names.items() if name is None]
        if lacking:
            logged = ", ".join(self._logged) or "nothing"
            raise InputError(
                f"no loss of {', '.join(lacking)} among what training_step logs ({logged})",
                where="losses",
                do='say where it is: losses={"TASK": "LOGGED NAME"}, an attribute, or a callable',
            )
        return {task: name for task, name in names.items() if name is not None}

    def _listen(self, module: LightningModule) -> None:
        """Hear what the module logs while it still has its graph, which gradients need."""
        log = module.log

        def heard(name: str, value: Any, *args: Any, **kwargs: Any) -> None:
            if module.trainer.training:
                self._logged[name] = value
            log(name, value, *args, **kwargs)

        module.__dict__["log"] = heard

    def _let_go(self, module: nn.Module, status: str, reason: str | None) -> None:
        module.__dict__.pop("log", None)
        self._logged, self._batch = {}, None
        if self._monitor is not None:
            self._monitor.close(status, reason)


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _loss_name(task: str, logged: Sequence[str]) -> str | None:
    """The logged name that is the task's loss: its words, `loss`, and at most a few that say when."""
    own = _words(task)
    spare = {"train", "training", "step", "task", "unweighted", "raw"}
    for name in logged:
        words = _words(name)
        rest = [word for word in words if word not in own and word not in spare]
        if rest == ["loss"] and all(word in words for word in own):
            return name
    return None


def _claimed(logged: Mapping[str, Any], tasks: Sequence[str]) -> dict[str, Any]:
    """{"val": {task: {metric: value}}} of what the module logs for validation, such as `val_fault_acc`,
    `fault/val/acc` or `val/fault_acc`, and the total `val_loss`."""
    found: dict[str, Any] = {}
    for name, value in logged.items():
        words = _words(name)
        side = next((word for word in ("val", "valid", "validation") if word in words), None)
        if side is None:
            continue
        words.remove(side)
        if words == ["loss"]:
            found["loss"] = value
            continue
        owner = max(
            (one for one in tasks if set(_words(one)) <= set(words)), key=lambda one: len(_words(one)), default=None
        )
        if owner is None:
            continue
        metric = "_".join(word for word in words if word not in _words(owner) and word not in ("epoch", "step"))
        if metric and metric != "loss":
            found.setdefault(owner, {})[metric] = value
    return {"val": found} if found else {}
