"""Time of someone's own loop under a Monitor, against the same loop without.

    OMP_NUM_THREADS=1 python benchmarks/monitor.py [--turns N] [--steps N]

Three loops of one network, batches and optimiser take turns every ten steps: bare, with numbers only, and with
gradients every 50 steps. A figure is the median over stretches of the loop's time over that of the bare one in the same
stretch, so that a busy machine slows all alike; times are those of the processor, which other programs cannot take. A
stretch holds everything that a step costs, the cosines of every eighth sample and the writing of steps included; the
end of an epoch, which costs once, stands beside in milliseconds of the clock.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.training.monitor import Monitor

BATCH, SAMPLES, WINDOWS, CLASSES, WIDTH = 32, 1024, 2048, 4, 56
TASKS = {"fault": "classification", "faulty": "binary", "life": "regression", "next": "forecast"}
WAYS: dict[str, int | None] = {"numbers": None, "gradients": 50}
LIMITS = {"numbers": 1.01, "gradients": 1.05}


class Residual(nn.Module):
    """A convolution beside a short cut."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(WIDTH, WIDTH, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, time), shape kept."""
        return x + F.relu(self.conv(x))


class Net(nn.Module):
    """Four heads on a convolutional network of a common size."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [Residual() for _ in range(8)]
        self.backbone = nn.Sequential(nn.Conv1d(1, WIDTH, 16, stride=8), *blocks)
        outputs = {"fault": CLASSES, "faulty": 1, "life": 1, "next": 96}
        self.heads = nn.ModuleDict({name: nn.Linear(WIDTH, count) for name, count in outputs.items()})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """What each head says of x (batch, 1, time)."""
        pooled = self.backbone(x).mean(dim=2)
        return {name: head(pooled) for name, head in self.heads.items()}


class Data:
    """Noise with labels; what is learned does not matter here."""

    def __init__(self) -> None:
        draw = torch.Generator().manual_seed(0)
        self.x = torch.randn(WINDOWS, 1, SAMPLES, generator=draw)
        fault = torch.randint(0, CLASSES, (WINDOWS,), generator=draw)
        life, future = torch.rand(WINDOWS, generator=draw), torch.randn(WINDOWS, 96, generator=draw)
        self.y = {"fault": fault, "faulty": (fault > 0).float(), "life": life, "next": future}


class Loop:
    """What one would write by hand; `every` is the monitor's, and without `out` there is none."""

    def __init__(self, data: Data, out: Path | None, every: int | None) -> None:
        torch.manual_seed(0)
        self.data, self.net = data, Net()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1e-3, fused=True)
        shared = self.net.backbone if every is not None else None
        self.monitor = None if out is None else Monitor(out, self.net, TASKS, shared=shared, every=every)

    def run(self, order: Tensor) -> float:
        """Seconds of the processor for steps over these windows (step, window)."""
        began = time.process_time()
        for at in order:
            y = {name: labels[at] for name, labels in self.data.y.items()}
            said = self.net(self.data.x[at])
            losses = {
                "fault": F.cross_entropy(said["fault"], y["fault"]),
                "faulty": F.binary_cross_entropy_with_logits(said["faulty"][:, 0], y["faulty"]),
                "life": F.smooth_l1_loss(said["life"][:, 0], y["life"]),
                "next": F.mse_loss(said["next"], y["next"]),
            }
            if self.monitor is not None:
                self.monitor.step(losses, optimizer=self.optimizer)
            torch.stack(list(losses.values())).sum().backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
        return time.process_time() - began


def measured(turns: int, steps: int) -> tuple[dict[str, list[float]], list[float], dict[str, list[float]]]:
    """Ratios by way, milliseconds of a bare step, and of the end of an epoch by way, one for each turn."""
    data, draw = Data(), torch.Generator().manual_seed(1)
    ratios: dict[str, list[float]] = {name: [] for name in WAYS}
    ends: dict[str, list[float]] = {name: [] for name in WAYS}
    bare_ms = []
    with tempfile.TemporaryDirectory() as folder:
        loops = {"bare": Loop(data, None, None)}
        loops |= {name: Loop(data, Path(folder) / name, every) for name, every in WAYS.items()}
        for turn in range(turns + 1):
            order = torch.randint(0, WINDOWS, (steps if turn else 20, BATCH), generator=draw)
            seconds = dict.fromkeys(loops, 0.0)
            for number, part in enumerate(order.split(10)):
                for name in (list(loops) * 2)[number % 3 : number % 3 + 3]:
                    seconds[name] += loops[name].run(part)
            for name in WAYS:
                monitor, began = loops[name].monitor, time.perf_counter()
                assert monitor is not None
                monitor.epoch()
                if turn:  # the first one warms up
                    ends[name].append(1e3 * (time.perf_counter() - began))
                    ratios[name].append(seconds[name] / seconds["bare"])
            if turn:
                bare_ms.append(1e3 * seconds["bare"] / steps)
        for loop in loops.values():
            if loop.monitor is not None:
                loop.monitor.close()
    return ratios, bare_ms, ends


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--steps", type=int, default=1000, help="steps of each loop in a turn")
    options = parser.parse_args()
    torch.set_num_threads(1)
    ratios, bare_ms, ends = measured(options.turns, options.steps)
    parameters = sum(p.numel() for p in Net().parameters())
    print(f"{parameters:,} parameters, bare step {statistics.median(bare_ms):.2f} ms, {options.turns} turns")
    for name, found in ratios.items():
        low, high = min(found), max(found)
        verdict = "within" if statistics.median(found) <= LIMITS[name] else "ABOVE"
        print(
            f"{name:10} {statistics.median(found):.4f} of bare ({low:.3f} to {high:.3f}), {verdict} {LIMITS[name]};"
            f" end of an epoch {statistics.median(ends[name]):.0f} ms"
        )


if __name__ == "__main__":
    main()
