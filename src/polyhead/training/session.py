"""Everything a running experiment holds, and how it is saved and brought back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.wrappers import _FabricOptimizer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from polyhead.balance import build_balance
from polyhead.config.model import Balance as BalanceOptions
from polyhead.config.model import KendallOptions
from polyhead.config.training import TrainOptions
from polyhead.errors import InputError
from polyhead.signals.augmentation import Augmentation
from polyhead.signals.sampler import build_sampler
from polyhead.tasks import Task
from polyhead.trace.environment import environment
from polyhead.trace.folder import RunFolder
from polyhead.trace.steps import cut_steps
from polyhead.trace.tables import TABLES, Tables
from polyhead.training.checkpoint import load, save
from polyhead.training.description import describe_data, describe_model
from polyhead.training.feed import Feed
from polyhead.training.network import build_network
from polyhead.training.optimizer import build_optimizer
from polyhead.training.preparation import Prepared
from polyhead.training.schedule import Schedule
from polyhead.training.selection import Selection
from polyhead.training.steplog import StepLog

_PRECISIONS: dict[str, Any] = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}


def build_fabric(options: TrainOptions) -> Fabric:
    """Fabric for one process. Raises InputError where the machine has no such device."""
    precision = _PRECISIONS[str(options.precision)]
    device = options.device
    if device == "auto":  # never mps, which has no float64 to record in
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        fabric = Fabric(accelerator=device, devices=1, precision=precision)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"no device {options.device!r} here ({error})", where="train.device") from error
    if precision == "16-mixed" and fabric.device.type == "cpu":
        raise InputError("precision 16 needs a GPU", where="train.precision", do="write `precision: bf16` or 32")
    torch.set_float32_matmul_precision(options.matmul_precision)
    return fabric


def _refuse_likelihoods(balance: BalanceOptions, tasks: Sequence[Task]) -> None:
    """Refuse a balance that would reward a loss below 0 with an ever larger weight."""
    shifted = [task.name for task in tasks if task.fitted.shifted]
    if isinstance(balance, KendallOptions) and shifted:
        raise InputError(
            f"kendall learns the weight of a loss that cannot fall below 0; the likelihood of {', '.join(shifted)} can",
            where="balance.method",
            do="write `balance: floor`, or a loss without a variance",
        )


class Session:
    """Network (`raw`, and as Fabric wraps it), balance, optimiser, and where training stands: `epoch`, the next `step`
    within it, `total` steps done."""

    def __init__(self, prepared: Prepared, run: RunFolder) -> None:
        experiment = prepared.experiment
        self.prepared, self.run, self.options = prepared, run, experiment.train
        self.tasks, self.trace = prepared.tasks, experiment.trace
        self.fabric = build_fabric(self.options)
        torch.manual_seed(experiment.seed)
        self.raw = build_network(experiment, prepared.windows, self.tasks)
        self.network = self.fabric.setup_module(self.raw)
        _refuse_likelihoods(experiment.balance, self.tasks)
        self.balance = build_balance(experiment.balance, [task.fitted.floor_loss for task in self.tasks])
        self.balance.to(self.fabric.device)
        optimizer = build_optimizer(self.raw, self.balance, self.options, experiment.balance)
        self.optimizer = cast(_FabricOptimizer, self.fabric.setup_optimizers(optimizer))
        self.ema = self._average(self.raw)
        fill = experiment.data.non_finite == "mask"
        augment = experiment.data.augment
        self.feed = Feed(
            prepared.windows,
            self.tasks,
            prepared.scaling,
            self.fabric.device,
            fill,
            augmentation=Augmentation(augment, experiment.seed) if augment else None,
            means={name: one.mean for name, one in prepared.statistics["train"].items()},
            weights=_window_weights(prepared),
        )
        self.sampler = build_sampler(experiment.data.sampler, prepared.windows, prepared.split["train"])
        self.task_weights = torch.tensor([task.weight for task in self.tasks], device=self.fabric.device)
        self.schedule = Schedule(optimizer, self.options.schedule, self.options.epochs * len(self.steps_of(0)))
        self.selection = Selection(self.options.monitor)
        self.log = StepLog([task.name for task in self.tasks], self.fabric.device)
        self.tables = Tables(run.trace)
        self.epoch = self.step = self.total = 0
        self.stopped_by: str | None = None
        self.seconds = 0.0
        self._since = time.monotonic()
        self.started = ""
        self.epoch_began = 0.0

    def _average(self, network: nn.Module) -> AveragedModel | None:
        if self.options.ema is None:
            return None
        average = get_ema_multi_avg_fn(self.options.ema)  # type: ignore[no-untyped-call]
        return AveragedModel(network, multi_avg_fn=average, use_buffers=True)

    @property
    def number(self) -> int:
        """The running epoch as people count, from 1; the trace and the folder hold this."""
        return self.epoch + 1

    @property
    def evaluated(self) -> nn.Module:
        """The network whose predictions count: the running average where there is one."""
        return self.ema.module if self.ema is not None else self.network

    @property
    def backbone(self) -> list[nn.Parameter]:
        """The shared parameters."""
        return list(self.raw.backbone.parameters())

    def steps_of(self, epoch: int) -> list[Any]:
        """The windows of each step of an epoch: `accumulate` batches of `batch_size`."""
        many = self.options.accumulate
        parts = self.sampler.batches(self.options.batch_size, self.prepared.experiment.seed, epoch)
        return [parts[first : first + many] for first in range(0, len(parts), many)]

    def elapsed(self) -> float:
        """Seconds of training, over all its sittings."""
        return self.seconds + time.monotonic() - self._since

    def weights(self) -> dict[str, Tensor]:
        """The weights that count, by parameter name."""
        module = self.evaluated if self.ema is not None else self.raw
        return dict(module.state_dict())

    def begin(self, now: datetime) -> None:
        """Describe the run, or, where it was begun before, bring back its checkpoint. Raises InputError."""
        for draft in self.run.path.rglob(".*.draft"):
            draft.unlink()  # of a write that was killed
        described = describe_data(self.prepared)
        if (self.run.path / "data.json").exists():
            _check_same(self.run.read("data.json")["fingerprint"], described["fingerprint"])
        self.run.write("data.json", described)
        self.run.write("metadata.json", describe_model(self.prepared, self.raw))
        began: dict[str, Any] = {}
        if (self.run.path / "environment.json").exists():
            began = {"command": self.run.read("environment.json")["command"]}
            # Sums over more or fewer threads differ in their last bit.
            torch.set_num_threads(self.run.read("environment.json")["threads"])
        self.run.write("environment.json", environment(torch.get_num_threads(), str(self.fabric.device)) | began)
        if self.run.checkpoint("last").exists():
            self.resume()
        else:
            self.tables.cut(dict.fromkeys(TABLES, 0))
            cut_steps(self.run.trace, 0)
            self.save()
        state = self.run.path / "state.json"
        self.started = self.run.read("state.json")["started"] if state.exists() else now.isoformat(timespec="seconds")
        self.write_state("training")

    def write_state(self, status: str, reason: str | None = None) -> None:
        """Write state.json: where the run stands, for whoever looks into the folder."""
        best = self.selection
        sign = -1 if best.lower_is_better else 1
        value = None if best.value is None else sign * best.value
        self.run.write(
            "state.json",
            {
                "status": status,
                "reason": reason,
                "epoch": self.epoch,
                "step": self.total,
                "epochs": self.options.epochs,
                "best": {"monitor": best.monitor, "value": value, "epoch": best.epoch},
                "stopped_by": self.stopped_by,
                "started": self.started,
                "seconds": self.elapsed(),
            },
        )

    def save(self) -> None:
        """Write last.ckpt: the whole state. What the tables hold beyond it is cut off on resume."""
        cuda = torch.cuda.get_rng_state() if self.fabric.device.type == "cuda" else None
        state = {
            "network": self.raw.state_dict(),
            "balance": self.balance.state_dict(),
            "optimizer": self.optimizer.optimizer.state_dict(),
            "ema": self.ema.state_dict() if self.ema is not None else None,
            "schedule": self.schedule.state_dict(),
            "selection": self.selection.state_dict(),
            "log": self.log.state_dict(),
            "tables": self.tables.sizes(),
            "position": {"epoch": self.epoch, "step": self.step, "total": self.total, "stopped_by": self.stopped_by},
            "seconds": self.elapsed(),
            "random": torch.get_rng_state(),
            "random_cuda": cuda,
        }
        save(self.run.checkpoint("last"), state)

    def save_weights(self, name: str) -> None:
        """Write a checkpoint of the weights that count."""
        save(self.run.checkpoint(name), {"network": self.weights(), "epoch": self.number})

    def resume(self) -> None:
        """Bring back last.ckpt and cut tables and steps to it. Raises InputError."""
        state = load(self.run.checkpoint("last"), self.fabric.device)
        self.raw.load_state_dict(state["network"])
        self.balance.load_state_dict(state["balance"])
        self.optimizer.optimizer.load_state_dict(state["optimizer"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        self.schedule.load_state_dict(state["schedule"])
        self.selection.load_state_dict(state["selection"])
        self.log.load_state_dict(state["log"])
        self._stand(state["position"])
        self.seconds, self._since = state["seconds"], time.monotonic()
        torch.set_rng_state(state["random"].cpu())
        if state["random_cuda"] is not None:
            torch.cuda.set_rng_state(state["random_cuda"].cpu())
        self.tables.cut(state["tables"])
        cut_steps(self.run.trace, self.epoch)

    def _stand(self, position: Mapping[str, Any]) -> None:
        self.epoch, self.step, self.total = position["epoch"], position["step"], position["total"]
        self.stopped_by = position["stopped_by"]


def _window_weights(prepared: Prepared) -> NDArray[np.float64] | None:
    """The weight of every window (window,), 1 outside training; None where nothing is reweighted."""
    if prepared.weights is None:
        return None
    weights = np.ones(len(prepared.windows))
    weights[prepared.split["train"]] = prepared.weights.values
    return weights


def _check_same(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    changed = [name for name in before if before[name] != now.get(name)]
    if changed:
        raise InputError(
            f"the {' and '.join(changed)} are not those the run began with",
            where="resume",
            do="bring the data back, or start a new run",
            check="incomparable-runs",
        )
