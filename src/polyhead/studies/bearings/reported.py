"""The multi-task run as it was reported, on simulated bearings: a plain loop with its faults, watched by a Monitor.

    python -m polyhead.studies.bearings.reported [--out DIR] [--quick]

What polyhead's own training refuses stands here: validation on the training windows, metrics averaged over batches with
0 where a batch has one class, a life head of ReLU times 2000 for targets in [0, 1], patches drawn at random at
evaluation too. What a configuration can say stands in reported.yaml.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.scoring.ranking import auroc
from polyhead.studies.bearings.options import SimulatorOptions
from polyhead.studies.bearings.simulator import simulate
from polyhead.training.monitor import Monitor

LENGTH, BATCH, WIDTH, RUL_MAX, DEFAULT_RUL = 2048, 16, 64, 2000.0, 1000.0
WEIGHTS = {"classification": 1.0, "anomaly": 0.6, "rul": 0.7, "signal": 0.8}
TASKS: dict[str, dict[str, object]] = {
    "classification": {"kind": "classification", "loss": "ce"},
    "anomaly": {"kind": "binary", "loss": "bce"},
    "rul": {"kind": "regression", "loss": "mse", "bounds": [0.0, RUL_MAX]},
    "signal": {"kind": "reconstruction", "loss": "mse"},
}
Outputs = dict[str, Tensor]


class Files:
    """A file a minute of each bearing, two windows each: signal (window, 1, time), labels, the bearing of each."""

    def __init__(self, bearings: int, minutes: int) -> None:
        rare = SimulatorOptions(
            bearings=bearings, snapshots=minutes, samples=2 * LENGTH, suspended=0, onset=(0.88, 0.97)
        )
        source = simulate(rare)
        signal = np.asarray(source.inputs["signal"].values)
        signal = (signal - signal.mean(axis=2, keepdims=True)) / (signal.std(axis=2, keepdims=True) + 1e-8)
        columns = {name: np.repeat(column, 2) for name, column in source.columns.items()}
        self.bearing, number = np.unique(columns["bearing"], return_inverse=True)
        self.number = torch.from_numpy(number)
        label = torch.from_numpy(np.where(columns["is_faulty"] == 1, 1 + number, 0))  # 0 is normal, else which bearing
        life = torch.from_numpy(np.nan_to_num(columns["life"].astype(np.float32), nan=DEFAULT_RUL))
        x = torch.from_numpy(signal.reshape(-1, 1, LENGTH).astype(np.float32))
        self.y = {"classification": label, "anomaly": (label > 0).float(), "rul": life, "signal": x}

    def windows(self, mode: str) -> Tensor:
        """The windows of a mode: `valid` was split off, and what is asked for is `val`."""
        count = len(self.number)
        return torch.arange(round(0.8 * count), count) if mode == "valid" else torch.arange(count)

    def batches(self, order: Tensor) -> Iterator[tuple[Tensor, Outputs, list[str]]]:
        """Whole batches in this order."""
        for at in order[: len(order) // BATCH * BATCH].view(-1, BATCH):
            y = {task: labels[at] for task, labels in self.y.items()}
            yield y["signal"], y, self.bearing[self.number[at]].tolist()


class Embedding(nn.Module):
    """64 patches of 128 samples from random places, at evaluation too, each with the time stamps of its samples."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(256, 2 * WIDTH), nn.SiLU(), nn.Linear(2 * WIDTH, WIDTH), nn.SiLU())
        self.mixed = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        """(window, 1, time) -> (window, WIDTH, patch)."""
        at = torch.randint(0, LENGTH - 128, (len(x), 64, 1)) + torch.arange(128)
        patches = x[:, 0].gather(1, at.flatten(1)).view(len(x), 64, 128)
        tokens: Tensor = self.layers(torch.cat([patches, at / 25600.0], dim=2))
        return F.silu(self.mixed(tokens.mT))


class Network(nn.Module):
    """One embedding, four heads: the life head ends in a ReLU, the signal head in one large matrix."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = Embedding()
        self.classification = nn.Linear(WIDTH, classes)
        self.anomaly = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 1))
        self.rul = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 1), nn.ReLU())
        self.channels, self.patches = nn.Linear(64, 1), nn.Linear(WIDTH, 1)
        self.signal = nn.Sequential(nn.Flatten(), nn.LayerNorm(WIDTH * 64), nn.Linear(WIDTH * 64, LENGTH))

    def forward(self, x: Tensor) -> Outputs:
        """What each head says of windows (window, 1, time)."""
        h = self.backbone(x)
        pooled, outer = h.mean(dim=2), self.channels(h) * self.patches(h.mT).mT  # (window, WIDTH, 64)
        classes = {"classification": self.classification(pooled), "anomaly": self.anomaly(pooled)[:, 0]}
        return classes | {"rul": RUL_MAX * self.rul(pooled)[:, 0], "signal": self.signal(outer)[:, None]}


def losses_of(out: Outputs, y: Outputs) -> Outputs:
    """Each task's loss, a scalar."""
    anomaly = F.binary_cross_entropy_with_logits(out["anomaly"], y["anomaly"])
    numbers = {task: F.mse_loss(out[task], y[task]) for task in ("rul", "signal")}
    return {"classification": F.cross_entropy(out["classification"], y["classification"]), "anomaly": anomaly} | numbers


def batch_metrics(out: Outputs, y: Outputs) -> dict[str, dict[str, float]]:
    """The metrics of one batch, 0 where a class is missing from it; the run reports their mean."""
    right = float((out["classification"].argmax(1) == y["classification"]).double().mean())
    truth, yes = y["anomaly"].numpy() == 1, out["anomaly"].numpy() > 0
    hits, called, there = float((truth & yes).sum()), max(yes.sum(), 1), max(truth.sum(), 1)
    ranked = auroc(truth, out["anomaly"].double().numpy()) if 0 < truth.sum() < len(truth) else 0.0
    shares = {"precision": hits / called, "recall": hits / there, "f1": 2 * hits / (called + there)}
    found = {
        "classification": dict.fromkeys(("accuracy", "f1", "precision", "recall"), right),
        "anomaly": {"accuracy": float((truth == yes).mean()), "auroc": ranked} | shares,
    }
    for task in ("rul", "signal"):
        error, spread = (out[task] - y[task]).double(), (y[task] - y[task].mean()).double()
        r2 = 1 - error.square().sum() / spread.square().sum().clamp(min=1e-12)
        mape = (error.abs() / y[task].abs().clamp(min=1.17e-6)).mean()
        values = {"mae": error.abs().mean(), "mse": error.square().mean(), "r2": r2, "mape": mape}
        found[task] = {name: float(value) for name, value in values.items()}
    return found


def run(out: Path, bearings: int = 15, minutes: int = 140, seed: int = 0) -> Path:
    """One epoch, as reported; returns the run's folder."""
    torch.manual_seed(seed)
    files, network = Files(bearings, minutes), Network(1 + bearings)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    with Monitor(out / "bearings-reported", network, TASKS, shared="backbone", every=10) as monitor:
        train = files.windows("train")
        for x, y, bearing in files.batches(train[torch.randperm(len(train))]):
            losses = losses_of(network(x), y)
            monitor.step(losses, weights=WEIGHTS, optimizer=optimizer, targets=y, recording=bearing, inputs=x)
            optimizer.zero_grad()
            torch.autograd.backward([WEIGHTS[task] * loss for task, loss in losses.items()])
            optimizer.step()
        network.eval()
        each = []
        with torch.no_grad():
            for x, y, bearing in files.batches(files.windows("val")):
                said = network(x)
                each.append(batch_metrics(said, y))
                monitor.validate(said, y, recording=bearing, losses=losses_of(said, y), inputs=x)
        mean = {task: {name: np.mean([one[task][name] for one in each]) for name in each[0][task]} for task in each[0]}
        monitor.epoch(metrics={"val": mean})
    return monitor.folder.path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of runs")
    parser.add_argument("--quick", action="store_true", help="a third of the files")
    options = parser.parse_args()
    print(run(options.out, minutes=48 if options.quick else 140))
