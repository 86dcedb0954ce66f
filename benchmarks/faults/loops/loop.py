"""Someone's own loop under a Monitor, sound or with a fault that a configuration cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from faults.tables import yes_or_no
from polyhead.training.monitor import Monitor

TASKS = ("kind", "faulty", "life")
KNOWN = 960
"""Windows of training; the rest, 320, validate."""


@dataclass(frozen=True)
class Loop:
    """A loop by its faults; as it is nothing is wrong.

    `bias` is the start of the trunk's biases, `head` multiplies the start of every head's weights; `life_end` puts a
    ReLU behind life, its bias there. `fixed` names parts the optimiser was not given; `detached` are tasks whose
    gradient does not reach the trunk, `forgotten` those whose loss is not in the sum, `sums` those whose loss adds over
    windows, `columns` those whose output (batch, 1) meets a label (batch,), `silent` those without predictions.
    `softmaxes` are applied to the classes' logits before the loss. `broadcast` is the share of batches, of one
    recording each, in which all windows get the first one's label; `bursts` that of steps of 1e4 times the loss. From
    step `logarithm` on life is fitted by the logarithm of the output. `claims` says what the loop itself reports.
    """

    seed: int = 0
    lr: float = 3e-3
    epochs: int = 15
    hidden: tuple[int, ...] = (48, 48)
    activation: str = "relu"
    bias: float | None = None
    head: float = 1.0
    life_end: float | None = None
    fixed: tuple[str, ...] = ()
    detached: tuple[str, ...] = ()
    forgotten: tuple[str, ...] = ()
    softmaxes: int = 0
    sums: tuple[str, ...] = ()
    broadcast: float = 0.0
    columns: tuple[str, ...] = ()
    bursts: float = 0.0
    logarithm: int | None = None
    claims: str = ""
    silent: tuple[str, ...] = ()
    optimizer: str = "adam"


class Net(nn.Module):
    """A trunk of layers and three linear heads."""

    def __init__(self, options: Loop) -> None:
        super().__init__()
        act = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}[options.activation]
        sizes = (12, *options.hidden)
        layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), act())]
        self.trunk = nn.Sequential(*layers)
        self.heads = nn.ModuleDict({n: nn.Linear(sizes[-1], 4 if n == "kind" else 1) for n in TASKS})
        self.options = options
        with torch.no_grad():
            for layer in self.trunk:
                if isinstance(layer, nn.Linear) and options.bias is not None:
                    layer.bias.fill_(options.bias)
            for head in self.heads.values():
                head.weight.mul_(options.head)
            if options.life_end is not None:
                self.heads["life"].bias.fill_(options.life_end)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """What each head says of x (batch, feature)."""
        shared = self.trunk(x)
        detached = self.options.detached
        said = {name: head(shared.detach() if name in detached else shared) for name, head in self.heads.items()}
        said["life"] = F.relu(said["life"]) if self.options.life_end is not None else said["life"]
        return said


def data(seed: int) -> dict[str, Tensor]:
    """1280 windows of 64 recordings, 12 features: a kind out of four, faulty or not, and life in hours."""
    rng = np.random.default_rng([seed, 11])
    recording = np.repeat(np.arange(64), 20)
    x = rng.normal(size=(1280, 12)) + 0.4 * rng.normal(size=(64, 12))[recording]
    kind = (x[:, :4] + 0.4 * rng.normal(size=(1280, 4))).argmax(axis=1)
    faulty = x[:, 4] * x[:, 5] + x[:, 6] + 0.5 * rng.normal(size=1280) > 0.4
    life = 50 + 12 * (x[:, 7] + np.tanh(x[:, 8]) + 0.3 * rng.normal(size=1280))
    arrays = {"x": x.astype("f4"), "kind": kind, "faulty": faulty.astype("f4"), "life": life.astype("f4")}
    return {name: torch.from_numpy(values) for name, values in arrays.items()} | {
        "recording": torch.from_numpy(recording)
    }


def run(options: Loop, folder: Path) -> dict[str, float]:
    """The loop, its run in `folder`; returns what each task reached on validation, 0 as a constant and 1 at best."""
    torch.manual_seed(options.seed)
    known = data(options.seed)
    net = Net(options)
    mean, sd = known["life"][:KNOWN].mean(), known["life"][:KNOWN].std()
    fixed = [p for name, p in net.named_parameters() if name.startswith(options.fixed)] if options.fixed else []
    moved = [p for p in net.parameters() if not any(p is one for one in fixed)]
    optimizer = (
        torch.optim.SGD(moved, lr=options.lr, momentum=0.9)
        if options.optimizer == "sgd"
        else torch.optim.AdamW(moved, lr=options.lr)
    )
    kinds: dict[str, Any] = {
        "kind": {"kind": "classification", "loss": "ce"},
        "faulty": {"kind": "binary", "loss": "bce"},
        "life": {"kind": "regression", "loss": "mse", "unit": "h"},
    }
    monitor = Monitor(folder / "loop", net, kinds, shared=net.trunk, every=4)
    step = 0
    for _ in range(options.epochs):
        for rows in batches(options, known["recording"]):
            y = {name: known[name][rows] for name in TASKS}
            if options.broadcast and torch.rand(()) < options.broadcast:
                y = {name: one[:1].expand(len(one)).clone() for name, one in y.items()}
            losses = losses_of(options, net(known["x"][rows]), y, mean, sd, step)
            monitor.step(losses, optimizer=optimizer, targets=y, recording=known["recording"][rows].tolist())
            total = sum(loss for name, loss in losses.items() if name not in options.forgotten)
            total = 1e4 * total if step > 60 and torch.rand(()) < options.bursts else total
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            step += 1
        with torch.no_grad():
            validate(options, net, known, monitor, (mean, sd))
    monitor.close()
    with torch.no_grad():
        return reached(options, net(known["x"][KNOWN:]), known, (mean, sd))


def reached(
    options: Loop, said: Mapping[str, Tensor], known: Mapping[str, Tensor], scale: tuple[Tensor, Tensor]
) -> dict[str, float]:
    """Balanced accuracy of kind above chance, 2 AUROC - 1 of faulty, R2 of life, at least -1; 0 where nothing finite
    is said."""
    y = {name: known[name][KNOWN:].numpy() for name in TASKS}
    if not all(bool(torch.isfinite(one).all()) for one in said.values()):
        return dict.fromkeys(TASKS, 0.0)
    life = (
        said["life"][:, 0] * 50 if options.life_end is not None else said["life"][:, 0] * scale[1] + scale[0]
    ).numpy()
    named = said["kind"].argmax(dim=1).numpy()
    recall = np.mean([(named[y["kind"] == one] == one).mean() for one in range(4)])
    auroc = yes_or_no(y["faulty"].astype(int), said["faulty"][:, 0].sigmoid().numpy())["auroc"]
    r2 = 1 - ((y["life"] - life) ** 2).sum() / ((y["life"] - y["life"].mean()) ** 2).sum()
    return {"kind": float((recall - 0.25) / 0.75), "faulty": 2 * auroc - 1, "life": max(-1.0, float(r2))}


def batches(options: Loop, recording: Tensor) -> Sequence[Tensor]:
    """Windows of training by batch; of one recording each where labels are broadcast."""
    if options.broadcast:
        return [torch.nonzero(recording == one)[:, 0] for one in torch.randperm(KNOWN // 20)]
    return torch.randperm(KNOWN).split(32)


def losses_of(
    options: Loop, said: Mapping[str, Tensor], y: Mapping[str, Tensor], mean: Tensor, sd: Tensor, step: int
) -> dict[str, Tensor]:
    """Each task's loss, with what is wrong with it."""
    logits = said["kind"]
    for _ in range(options.softmaxes):
        logits = logits.softmax(dim=1)
    yes = said["faulty"][:, 0].sigmoid() if options.softmaxes > 1 else said["faulty"][:, 0]
    how = {name: "sum" if name in options.sums else "mean" for name in TASKS}
    life = said["life"] if "life" in options.columns else said["life"][:, 0]
    true = y["life"] if options.life_end is not None else (y["life"] - mean) / sd
    if options.life_end is not None:
        true = true / 50
    if options.logarithm is not None and step >= options.logarithm:
        life = torch.log(life)
    shape = (len(true), len(true)) if life.ndim == 2 else true.shape
    return {
        "kind": F.cross_entropy(logits, y["kind"], reduction=how["kind"]),
        "faulty": F.binary_cross_entropy_with_logits(yes, y["faulty"], reduction=how["faulty"]),
        "life": F.mse_loss(life.expand(shape), true.expand(shape), reduction=how["life"]),
    }


def validate(
    options: Loop, net: Net, known: Mapping[str, Tensor], monitor: Monitor, scale: tuple[Tensor, Tensor]
) -> None:
    """Give what the network says of validation, and close the epoch."""
    said = net(known["x"][KNOWN:])
    mean, sd = scale
    life = said["life"][:, 0] * 50 if options.life_end is not None else said["life"][:, 0] * sd + mean
    told = {"kind": said["kind"], "faulty": said["faulty"][:, 0], "life": life}
    y = {name: known[name][KNOWN:] for name in TASKS if name not in options.silent}
    recording = known["recording"][KNOWN:].tolist()
    losses = losses_of(replace(options, logarithm=None), said, {n: known[n][KNOWN:] for n in TASKS}, mean, sd, 0)
    losses = {name: float(loss) / (len(life) if name in options.sums else 1) for name, loss in losses.items()}
    for rows in judged_batches(options, known["faulty"][KNOWN:].numpy()):
        part, true = {n: told[n][rows] for n in y}, {n: y[n][rows] for n in y}
        monitor.validate(part, true, recording=[recording[row] for row in rows], losses=losses)
    monitor.epoch(claims(options, told, {n: known[n][KNOWN:].numpy() for n in TASKS}, float(sd)))


def judged_batches(options: Loop, yes: NDArray[Any]) -> list[NDArray[Any]]:
    """Windows of validation by batch: all at once, or by 16, a share of them sorted by label."""
    if not options.claims.startswith("batches"):
        return [np.arange(len(yes))]
    by_label, mixed = np.argsort(yes, kind="stable"), np.random.default_rng(0).permutation(len(yes))
    cut = int(float(options.claims.partition(" ")[2]) * len(yes)) // 16 * 16
    order = np.concatenate([by_label[:cut], mixed[~np.isin(mixed, by_label[:cut])]])
    return np.array_split(order, len(yes) // 16)


def claims(options: Loop, said: Mapping[str, Tensor], y: Mapping[str, Any], sd: float) -> dict[str, Any] | None:
    """What the loop itself reports: errors of the scaled target, or means over batches of one class mostly."""
    if options.claims == "scaled":
        error = (said["life"].numpy() - y["life"]) / sd
        return {"val": {"life": {"mae": float(np.abs(error).mean()), "rmse": float((error**2).mean() ** 0.5)}}}
    if options.claims.startswith("batches"):
        yes, score = y["faulty"].astype(int), said["faulty"].sigmoid().numpy()
        parts = [yes_or_no(yes[rows], score[rows]) for rows in judged_batches(options, yes)]
        return {"val": {"faulty": {name: float(np.mean([one[name] for one in parts])) for name in parts[0]}}}
    return None
