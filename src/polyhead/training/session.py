"""Everything a running experiment holds, and how it is saved and brought back."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric.wrappers import _FabricOptimizer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from polyhead.balance import Balance, Terms, build_balance
from polyhead.config.balance import GradientOptions
from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.signals.augmentation import Augmentation
from polyhead.signals.sampler import build_sampler
from polyhead.signals.windows import Index
from polyhead.tasks import Task
from polyhead.trace.batches import cut_batches
from polyhead.trace.environment import environment
from polyhead.trace.folder import RunFolder, json_text, write_whole
from polyhead.trace.steps import cut_steps
from polyhead.trace.tables import TABLES, Tables
from polyhead.training.checkpoint import load, save
from polyhead.training.description import describe_data, describe_model, profile
from polyhead.training.fabric import build_fabric, loss_scale, refuse_processes, scaler_of
from polyhead.training.feed import Batch, Feed
from polyhead.training.initial import begin_with
from polyhead.training.jacobian import Jacobian
from polyhead.training.network import Forward, build_network
from polyhead.training.optimizer import build_optimizer
from polyhead.training.preparation import Prepared
from polyhead.training.price import Price
from polyhead.training.probe import parameter_sums
from polyhead.training.ranks import Ranks
from polyhead.training.replay import Buffers
from polyhead.training.schedule import Schedule
from polyhead.training.selection import Selection
from polyhead.training.steplog import StepLog

_LAYOUT = 3  # of what last.ckpt holds
_POSITION = ("epoch", "step", "total", "left_out", "stopped_by")


def _refuse_likelihoods(method: str, balance: Balance, tasks: Sequence[Task]) -> None:
    """Refuse a balance that has no use for a loss below 0."""
    shifted = [task.name for task in tasks if task.fitted.shifted]
    if balance.ratios and shifted:
        raise InputError(
            f"{method} takes logarithms or ratios of losses, which must not fall below 0; the likelihood of "
            f"{', '.join(shifted)} can",
            where="balance.method",
            do="write `balance: floor`, or a loss without a variance",
        )


def _refuse_silence(tasks: Sequence[Task]) -> None:
    """Refuse weights under which nothing is learned."""
    if not any(task.weight for task in tasks):
        raise InputError(
            f"the weight of every task is 0 ({', '.join(task.name for task in tasks)}): nothing would be learned",
            where="tasks",
            do="give one a weight above 0",
        )


class Session:
    """Network (`raw`, and as Fabric wraps it), balance, optimiser, and where training stands: `epoch`, the next `step`
    within it, `total` steps done."""

    def __init__(self, prepared: Prepared, run: RunFolder, ranks: Ranks | None = None) -> None:
        experiment = prepared.experiment
        self.prepared, self.run, self.options = prepared, run, experiment.train
        self.ranks = ranks or Ranks()
        self.tasks, self.trace = prepared.tasks, experiment.trace
        _refuse_silence(self.tasks)
        self.fabric = build_fabric(self.options, self.ranks.number)
        refuse_processes(self.options, self.fabric.device)
        torch.manual_seed(experiment.seed)
        self.raw = build_network(experiment, prepared.windows, self.tasks)
        self.network = self.fabric.setup_module(self.raw)
        if not self.ranks.first:
            torch.manual_seed(torch.initial_seed() + self.ranks.number)  # what each one drops is its own
        self.balance = self._build_balance(experiment)
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
            seed=experiment.seed,
        )
        self.sampler = build_sampler(experiment.data.sampler, prepared.windows, prepared.split["train"])
        self.task_weights = torch.tensor([float(task.weight) for task in self.tasks], device=self.fabric.device)
        self.units = self.balance.get_buffer("units")
        self.schedule = Schedule(optimizer, self.options.schedule, self.options.epochs * len(self.steps_of(0)))
        self.selection = Selection(self.options.monitor)
        self.log = StepLog([task.name for task in self.tasks], self.fabric.device)
        self.tables = Tables(run.trace)
        self.epoch = self.step = self.total = 0
        self.left_out = 0
        self.stopped_by: str | None = None
        self.seconds = 0.0
        self.price = Price(experiment.balance, len(self.tasks))
        self._since = time.monotonic()
        self.started = ""
        self.epoch_began = 0.0

    def _build_balance(self, experiment: Experiment) -> Balance:
        names, floor_losses = zip(*((task.name, task.fitted.floor_loss) for task in self.tasks), strict=True)
        balance = build_balance(experiment.balance, Terms(names, floor_losses, experiment.seed))
        _refuse_likelihoods(experiment.balance.method, balance, self.tasks)
        return balance.to(self.fabric.device)

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
        """The shared parameters that are trained."""
        return [parameter for parameter in self.raw.backbone.parameters() if parameter.requires_grad]

    def steps_of(self, epoch: int) -> list[Any]:
        """The windows of each step of an epoch: `accumulate` batches of `batch_size`."""
        many = self.options.accumulate
        parts = self.sampler.batches(self.options.batch_size, self.prepared.experiment.seed, epoch)
        return [parts[first : first + many] for first in range(0, len(parts), many)]

    def batches(self, parts: Sequence[Index]) -> list[Batch]:
        """This process's share of the batches of a step; fewer than `parts` where it has no window of one."""
        shares = [self.ranks.share(part) for part in parts]
        return [self.feed.batch(share, self.epoch) for share in shares if len(share)]

    def known(self, batches: Sequence[Batch]) -> Tensor:
        """Known labels of each task in these batches (task,)."""
        counts = [batch.mask.sum(dim=0) for batch in batches]
        return torch.stack(counts).sum(dim=0) if counts else torch.zeros_like(self.task_weights, dtype=torch.int64)

    def forward(self, batch: Batch, cut: bool = False, light: bool = False) -> Forward:
        """The network on a batch, as Network.forward has it."""
        return cast(Forward, self.network(batch.signal, batch.known, batch.present, cut, light))

    def jacobian(self) -> Jacobian:
        """Where this step's gradients are compared, if they are."""
        options = self.prepared.experiment.balance
        assert isinstance(options, GradientOptions)
        at = [] if options.at == "features" else self.raw.last_block if options.at == "block" else self.backbone
        due = self.total % options.every == 0
        return Jacobian(at, options.at == "parameters", due, self.task_weights * loss_scale(self.fabric))

    def clip(self) -> Tensor:
        """Scale the network's gradient down to `clip_norm`; returns its norm before that."""
        limit = self.options.clip_norm or float("inf")
        norm = self.fabric.clip_gradients(self.network, self.optimizer, max_norm=limit, error_if_nonfinite=False)
        assert norm is not None
        return norm

    def present(self, known: Tensor) -> Tensor:
        """The tasks (task,) that a step with so many known labels is made of: those with labels and a weight."""
        return (known > 0) & (self.task_weights > 0)

    def may_step(self, losses: Tensor, norm: Tensor) -> bool:
        """Whether the optimiser may move: always, unless steps that are not finite are to be skipped."""
        if self.options.non_finite == "end":
            return True
        # An overflow of float16's gradients is no harm: the scaler leaves out the step and scales less.
        return bool(losses.isfinite().all()) and (loss_scale(self.fabric) != 1 or bool(norm.isfinite()))

    def leave_out(self, buffers: Buffers) -> None:
        """Take back what a step that is skipped has moved: buffers, such as running statistics, as they were."""
        buffers.restore()
        scaler = scaler_of(self.fabric)
        if scaler is not None:
            scaler.update()  # else it would refuse to unscale the next gradients

    def elapsed(self) -> float:
        """Seconds of training, over all its sittings."""
        return self.seconds + time.monotonic() - self._since

    def weights(self) -> dict[str, Tensor]:
        """The weights that count, by parameter name."""
        module = self.evaluated if self.ema is not None else self.raw
        return dict(module.state_dict())

    def begin(self, now: datetime) -> None:
        """Describe the run, or, where it was begun before, bring back its checkpoint. Raises InputError."""
        begun = self.ranks.agree(self.run.checkpoint("last").exists())
        initial = None if begun else self.initial()
        if self.ranks.first:
            self._describe(initial)
        torch.set_num_threads(self.ranks.agree(torch.get_num_threads()))
        self._since = time.monotonic()  # waiting for the others is no training
        if begun:
            self.resume()
        else:
            if self.ranks.first:
                self.tables.cut(dict.fromkeys(TABLES, 0))
                cut_steps(self.run.trace, 0)
                cut_batches(self.run.trace, 0)
                self.record_parameters(0)
            self.save()
        state = self.run.path / "state.json"
        self.started = self.run.read("state.json")["started"] if state.exists() else now.isoformat(timespec="seconds")
        self.write_state("training")

    def record_parameters(self, epoch: int) -> None:
        """Add the row of parameter_sums.csv after `epoch` epochs, 0 before the first step."""
        names, parameters = zip(*self.raw.named_parameters(), strict=True)
        sums = dict(zip(names, parameter_sums(parameters).tolist(), strict=True))
        self.tables.append("parameter_sums", {"epoch": epoch} | sums)

    def initial(self) -> dict[str, Any] | None:
        """Begin with the backbone that `model.init` names; returns what is told of it. Raises InputError."""
        experiment = self.prepared.experiment
        init = experiment.model.init
        return None if init is None else begin_with(init, self.raw, experiment, self.prepared.windows)

    def _describe(self, initial: dict[str, Any] | None) -> None:
        for draft in self.run.path.rglob(".*.draft"):
            draft.unlink()  # of a write that was killed
        described = describe_data(self.prepared)
        if (self.run.path / "data.json").exists():
            _check_same(self.run.read("data.json")["fingerprint"], described["fingerprint"])
        self.run.write("data.json", described)
        if not (self.run.path / "profile.json").exists():  # the data are those it began with
            write_whole(self.run.path / "profile.json", json_text(profile(self.prepared).as_dict()))
        if (self.run.path / "metadata.json").exists():
            initial = initial or self.run.read("metadata.json").get("initial")
        self.run.write("metadata.json", describe_model(self.prepared, self.raw) | {"initial": initial})
        began: dict[str, Any] = {}
        threads = max(1, torch.get_num_threads() // self.ranks.count)
        if (self.run.path / "environment.json").exists():
            began = {"command": self.run.read("environment.json")["command"]}
            # Sums over more or fewer threads differ in their last bit.
            threads = self.run.read("environment.json")["threads"]
        torch.set_num_threads(threads)
        self.run.write("environment.json", environment(threads, _device_name(self.fabric.device)) | began)

    def write_state(self, status: str, reason: str | None = None) -> None:
        """Write state.json: where the run stands, for whoever looks into the folder."""
        if not self.ranks.first:
            return
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
                "balance_share": self.price.share,
                "left_out": self.left_out,
                "processes": self.ranks.count,
            },
        )

    def save(self) -> None:
        """Write last.ckpt: the whole state. What the tables hold beyond it is cut off on resume."""
        cuda = torch.cuda.get_rng_state() if self.fabric.device.type == "cuda" else None
        random = self.ranks.gather((torch.get_rng_state(), cuda))
        if not self.ranks.first:
            return
        state = {
            "layout": _LAYOUT,
            "network": self.raw.state_dict(),
            "balance": self.balance.state_dict(),
            "optimizer": self.optimizer.optimizer.state_dict(),
            "ema": self.ema.state_dict() if self.ema is not None else None,
            "schedule": self.schedule.state_dict(),
            "selection": self.selection.state_dict(),
            "log": self.log.state_dict(),
            "tables": self.tables.sizes(),
            "position": {name: getattr(self, name) for name in _POSITION},
            "seconds": [self.elapsed(), self.epoch_began],
            "precision": self.fabric.strategy.precision.state_dict(),
            "price_seconds": [self.price.steps, self.price.balancing],
            "random": random,
        }
        save(self.run.checkpoint("last"), state)

    def save_weights(self, name: str) -> None:
        """Write a checkpoint of the weights that count."""
        if self.ranks.first:
            save(self.run.checkpoint(name), {"network": self.weights(), "epoch": self.number})

    def resume(self) -> None:
        """Bring back last.ckpt and cut tables and steps to it. Raises InputError."""
        path = self.run.checkpoint("last")
        state = load(path, self.fabric.device)
        if state.get("layout") != _LAYOUT:
            raise InputError("was begun by another version of polyhead", where=str(path), do="start a new run")
        self.raw.load_state_dict(state["network"])
        self.balance.load_state_dict(state["balance"])
        self.optimizer.optimizer.load_state_dict(state["optimizer"])
        self.fabric.strategy.precision.load_state_dict(state["precision"])
        if self.ema is not None:
            self.ema.load_state_dict(state["ema"])
        self.schedule.load_state_dict(state["schedule"])
        self.selection.load_state_dict(state["selection"])
        self.log.load_state_dict(state["log"])
        self._stand(state["position"])
        self.seconds, self.epoch_began = state["seconds"]
        self._since = time.monotonic()
        self.price.steps, self.price.balancing = state["price_seconds"]
        self._draw_on(state["random"])
        if self.ranks.first:
            self.tables.cut(state["tables"])
            cut_steps(self.run.trace, self.epoch)
            cut_batches(self.run.trace, self.epoch)

    def _draw_on(self, random: Sequence[tuple[Tensor, Tensor | None]]) -> None:
        """Go on with the random numbers of each process. Raises InputError where there were more or fewer."""
        if len(random) != self.ranks.count:
            raise InputError(
                f"the run began with {len(random)} and cannot go on with {self.ranks.count}",
                where="train.devices",
                do=f"write `devices: {len(random)}` in its config.yaml",
            )
        cpu, cuda = random[self.ranks.number]
        torch.set_rng_state(cpu.cpu())
        if cuda is not None:
            torch.cuda.set_rng_state(cuda.cpu())

    def _stand(self, position: Mapping[str, Any]) -> None:
        for name in _POSITION:
            setattr(self, name, position[name])


def _device_name(device: torch.device) -> str:
    """Where the run trains: cpu, or a GPU with its name."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


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
