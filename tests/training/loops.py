"""A small loop of someone's own, with a monitor or without. As a command, it is the second of two processes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional as F

from polyhead.training.monitor import Monitor

TASKS = {"fault": {"kind": "classification", "loss": "ce"}, "anomaly": "binary", "life": "regression"}
TRAIN, ALL, BATCH = 192, 256, 32


class Net(nn.Module):
    """Three heads on one shared layer; dropout draws random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.1))
        self.heads = nn.ModuleDict({"fault": nn.Linear(16, 3), "anomaly": nn.Linear(16, 1), "life": nn.Linear(16, 1)})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """What each head says of x (window, feature)."""
        h = self.backbone(x)
        return {name: head(h) for name, head in self.heads.items()}


def data() -> tuple[Tensor, dict[str, Tensor]]:
    """Windows and their labels; some are not known."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(ALL, 6, generator=draw)
    life = 2 * x[:, 1] + 5
    life[::7] = torch.nan
    return x, {"fault": x[:, :3].argmax(1), "anomaly": (x[:, 0] > 0.5).float(), "life": life}


def losses_of(out: Mapping[str, Tensor], y: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each task's loss."""
    known = y["life"].isfinite()
    return {
        "fault": F.cross_entropy(out["fault"], y["fault"]),
        "anomaly": F.binary_cross_entropy_with_logits(out["anomaly"][:, 0], y["anomaly"]),
        "life": F.mse_loss(out["life"][known, 0], y["life"][known]),
    }


def loop(
    out: Path | None,
    *,
    epochs: int = 2,
    accumulate: int = 1,
    precision: torch.dtype | None = None,
    scaler: torch.amp.GradScaler | None = None,
    wrap: bool = False,
    told: bool = True,
    rank: int = 0,
    count: int = 1,
    **options: Any,
) -> tuple[nn.Module, Monitor | None]:
    """Train; `out` None is without a monitor."""
    torch.manual_seed(3)
    net = Net()
    model: nn.Module = nn.parallel.DistributedDataParallel(net) if wrap else net
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    given = {"shared": "backbone", "every": 4} | options
    monitor = None if out is None else Monitor(out, model, TASKS, **given)
    x, y = data()
    for epoch in range(epochs):
        order = torch.randperm(TRAIN, generator=torch.Generator().manual_seed(epoch))[rank::count]
        for number, at in enumerate(order.split(BATCH)):
            labels = {name: one[at] for name, one in y.items()}
            with torch.autocast("cpu", precision, enabled=precision is not None):
                losses = losses_of(model(x[at]), labels)
            if monitor is not None:
                beside = {"targets": labels, "recording": [f"r{i // 8}" for i in at.tolist()], "inputs": x[at]}
                monitor.step(losses, optimizer=optimizer, **(beside if told else {}))
            total = torch.stack(list(losses.values())).sum() / accumulate
            (total if scaler is None else scaler.scale(total)).backward()
            if (number + 1) % accumulate == 0:
                optimizer.step() if scaler is None else (scaler.step(optimizer), scaler.update())
                optimizer.zero_grad()
        model.eval()
        with torch.no_grad():
            for at in torch.arange(TRAIN, ALL)[rank::count].split(BATCH):
                labels = {name: one[at] for name, one in y.items()}
                said = net(x[at])
                if monitor is not None:
                    beside = {"recording": [f"r{i // 8}" for i in at.tolist()], "inputs": x[at]}
                    monitor.validate(said, labels, losses=losses_of(said, labels), **(beside if told else {}))
        model.train()
        if monitor is not None:
            monitor.epoch()
    if monitor is not None:
        monitor.close()
    return net, monitor


def main(out: Path, port: int) -> None:
    """The second process."""
    torch.set_num_threads(1)
    store = distributed.TCPStore("127.0.0.1", port, None, False)
    distributed.init_process_group("gloo", store=store, rank=1, world_size=2)
    for gather in (False, True):
        loop(out, wrap=True, gather=gather, rank=1, count=2)
    loop(None, wrap=True, rank=1, count=2)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
