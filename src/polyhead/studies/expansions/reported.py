"""The multi-task run as it was reported, on generated bars: a plain loop with its faults, watched by a Monitor.

    python -m polyhead.studies.expansions.reported [--out DIR] [--quick] [--null]

What polyhead's own training refuses or does otherwise stands here: heads that start near one half, a threshold that
stays there, span F1 as a mean over windows, features that begin anew in every window, dropout of the inputs. What a
configuration can say, the split by window, the plain sum and the sigmas among it, is in reported.yaml too.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.studies.expansions.features import features
from polyhead.studies.expansions.market import generate
from polyhead.studies.expansions.options import MarketOptions
from polyhead.studies.expansions.plan import STATES
from polyhead.studies.expansions.published import COLUMNS
from polyhead.trace.published import write_published
from polyhead.training.monitor import Monitor

LENGTH, STRIDE, CLIP, BATCH, WIDTH, SEED = 105, 52, 20, 32, 192, 42
LOG_SIGMA = {"type": 0.0, "ptr": -0.30, "span": 0.0, "countdown": 0.0}
TASKS: dict[str, dict[str, object]] = {
    "type": {"kind": "classification", "loss": "ce", "classes": STATES},
    "ptr": {"kind": "pointers", "loss": "huber", "unit": "bars"},
    "span": {"kind": "span", "loss": "bce", "probabilities": True},
    "countdown": {"kind": "countdown", "loss": "huber", "unit": "bars"},
}
Outputs = dict[str, Tensor]


class Windows:
    """Windows of 105 bars of the generator's bases, 36 of them shifted by 52: x (window, feature, bar), labels, and
    the base of each."""

    def __init__(self, options: MarketOptions) -> None:
        x, state, ends, self.base = [], [], [], []
        for number, base in enumerate(generate(options)):
            for shift in range(options.history, len(base.bars) - LENGTH + 1, STRIDE):
                x.append(features(*(price[shift : shift + LENGTH] for price in base.bars.prices)).T)
                at = np.array([base.start, base.end]) + options.history - shift
                ends.append(np.clip(at, 0, LENGTH - 1))
                state.append(STATES.index(base.state))
                self.base.append(f"base {number}")
        self.x = torch.from_numpy(np.stack(x))
        (start, end), bar = torch.from_numpy(np.stack(ends, axis=1))[:, :, None], torch.arange(LENGTH)
        self.y: Outputs = {
            "type": torch.tensor(state),
            "ptr": torch.cat([(start + end) / 2, end - start], dim=1) / LENGTH,
            "span": ((start <= bar) & (bar <= end)).float(),
            "countdown": (start - bar).clamp(-CLIP, CLIP).float(),
        }

    def take(self, at: Tensor) -> tuple[Tensor, Outputs, list[str]]:
        """These windows."""
        return self.x[at], {task: y[at] for task, y in self.y.items()}, [self.base[one] for one in at.tolist()]


class Encoder(nn.Module):
    """Dropout on the features, and a recurrent layer in both directions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.3)
        self.lstm = nn.LSTM(channels, WIDTH // 2, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """(window, feature, bar) -> (window, WIDTH, bar)."""
        found: Tensor = self.lstm(self.dropout(x).mT)[0]
        return found.mT


class Compact(nn.Module):
    """State (three classes, two of them used) and pointers of the mean over bars, span and countdown of each bar."""

    def __init__(self, channels: int = 12) -> None:
        super().__init__()
        self.backbone = Encoder(channels)
        self.neck = nn.Sequential(nn.Linear(WIDTH, 64), nn.ReLU(), nn.Dropout(0.6))
        self.state, self.pointers = nn.Linear(64, 3), nn.Linear(64, 2)
        self.span, self.countdown = (nn.Sequential(nn.Dropout(0.6), nn.Linear(WIDTH, 1)) for _ in range(2))
        self.log_sigma = nn.Parameter(torch.tensor(list(LOG_SIGMA.values())))

    def forward(self, x: Tensor) -> Outputs:
        """What each head says of windows (window, feature, bar)."""
        h = self.backbone(x)
        pooled, bars = self.neck(h.mean(dim=2)), h.mT
        of_window = {"type": self.state(pooled), "ptr": self.pointers(pooled).sigmoid()}
        return of_window | {"span": self.span(bars)[..., 0].sigmoid(), "countdown": self.countdown(bars)[..., 0]}


def losses_of(out: Outputs, y: Outputs) -> Outputs:
    """Each task's loss, a scalar."""
    return {
        "type": F.cross_entropy(out["type"], y["type"]),
        "ptr": F.huber_loss(out["ptr"], y["ptr"], delta=0.08),
        "span": F.binary_cross_entropy(out["span"].clamp(1e-7, 1 - 1e-7), y["span"]),
        "countdown": F.huber_loss(out["countdown"], y["countdown"], delta=1.0),
    }


def in_bars(values: Outputs) -> Outputs:
    """The same, with pointers as the first and the last bar of the span."""
    centre, length = LENGTH * values["ptr"].T
    return values | {"ptr": torch.stack([centre - length / 2, centre + length / 2], dim=1)}


def span_metrics(score: Tensor, truth: Tensor) -> dict[str, float]:
    """Of the bars above one half in each window (window, bar), 0 where none is; the run reports their mean."""
    said = (score > 0.5).double()
    hits = (said * truth).sum(1)
    precision, recall = hits / (said.sum(1) + 1e-10), hits / (truth.sum(1) + 1e-10)
    f1 = 2 * precision * recall / (precision + recall + 1e-10)
    return {"f1": float(f1.mean()), "precision": float(precision.mean()), "recall": float(recall.mean())}


def run(out: Path, epochs: int = 100, options: Mapping[str, object] | None = None) -> Path:
    """Train as reported on the generator with these options; returns the run's folder."""
    torch.manual_seed(SEED)
    windows, network = Windows(MarketOptions.model_validate(options or {})), Compact()
    train, val = map(torch.tensor, train_test_split(range(len(windows.x)), test_size=0.2, random_state=SEED))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    least = float("inf")
    with Monitor(out / "expansions-reported", network, TASKS, shared="backbone", every=3) as monitor:
        for _ in range(epochs):
            network.train()
            order = train[torch.randperm(len(train))]
            for first in range(0, len(order), BATCH):
                x, y, base = windows.take(order[first : first + BATCH])
                losses, sigma = losses_of(network(x), y), dict(zip(TASKS, network.log_sigma.exp(), strict=True))
                weights = {task: 1 / (2 * one**2) for task, one in sigma.items()}
                total = torch.stack([weights[task] * losses[task] + sigma[task].log() for task in losses]).sum()
                monitor.step(
                    losses,
                    weights=weights,
                    optimizer=optimizer,
                    total=total,
                    targets=in_bars(y),
                    recording=base,
                    inputs=x,
                    sigmas=sigma,
                )
                optimizer.zero_grad()
                torch.autograd.backward([total])
                optimizer.step()
            network.eval()
            with torch.no_grad():
                x, y, base = windows.take(val)
                said = network(x)
            losses = losses_of(said, y)
            monitor.validate(in_bars(said), in_bars(y), recording=base, losses=losses, inputs=x)
            loss = float(sum(losses.values()))
            reported = {"loss": loss, "span": span_metrics(said["span"], y["span"])}
            monitor.epoch(metrics={"val": reported}, kept=loss < least)
            least = min(loss, least)
    write_published(monitor.folder, COLUMNS)
    return monitor.folder.path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of runs")
    parser.add_argument("--quick", action="store_true", help="a quarter of the epochs")
    parser.add_argument("--null", action="store_true", help="a market whose labels nothing tells")
    arguments = parser.parse_args()
    print(run(arguments.out, 25 if arguments.quick else 100, {"expansions": not arguments.null}))
