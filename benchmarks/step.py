"""Time of a training step with all tracing on, against a bare loop of the same model, batches and optimiser.

    OMP_NUM_THREADS=1 python benchmarks/step.py

Both loops take the same windows in the same order, in alternating stretches of one run; the ratio is the median over
stretches, so that a busy machine slows both alike. The bare loop holds scaled inputs and labels as tensors in memory.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from polyhead.config.experiment import Experiment
from polyhead.signals.source import InputArray, Source
from polyhead.trace.folder import RunFolder
from polyhead.training.fit import train_step
from polyhead.training.network import Network, build_network
from polyhead.training.preparation import Prepared, prepare
from polyhead.training.session import Session

BATCH, SAMPLES, WINDOWS, CLASSES = 32, 1024, 4096, 4
MODELS: dict[str, dict[str, Any]] = {
    "tcn": {"name": "tcn", "channels": [56] * 5, "stem_kernel": 16, "stem_stride": 8},
    "mlp": {"name": "mlp", "hidden": [256, 256]},
}
LIMITS = {"tcn": 1.05, "mlp": 1.10}


def experiment(model: str) -> Experiment:
    """Four tasks, one of them with a fifth of its labels missing."""
    return Experiment.model_validate(
        {
            "name": "benchmark",
            "data": {"reader": "npz", "split": {"by": "window", "fractions": [0.8, 0.1, 0.1]}},
            "tasks": {
                "fault": {"kind": "classification"},
                "faulty": {"kind": "binary", "pos_weight": "auto"},
                "life": {"kind": "regression"},
                "next": {"kind": "forecast", "horizon": 96},
            },
            "model": {"backbone": MODELS[model]},
            "balance": "sum",
            "train": {"batch_size": BATCH, "epochs": 1, "weight_decay": 0.01},
        }
    )


def source() -> Source:
    """Noise with labels; what is learned does not matter here."""
    rng = np.random.default_rng(0)
    fault = rng.integers(0, CLASSES, WINDOWS)
    life = np.where(rng.random(WINDOWS) < 0.2, np.nan, rng.random(WINDOWS))
    signal = rng.standard_normal((WINDOWS, 1, SAMPLES + 96), dtype=np.float32)
    columns = {"fault": fault, "faulty": (fault > 0).astype(np.int64), "life": life}
    return Source({"signal": InputArray(signal, ("vibration",))}, columns)


class BareLoop:
    """What one would write by hand: tensors, masked losses, one backward, clipping, AdamW."""

    def __init__(self, prepared: Prepared) -> None:
        torch.manual_seed(prepared.experiment.seed)
        self.network: Network = build_network(prepared.experiment, prepared.windows, prepared.tasks)
        groups = [
            {"params": [p for p in self.network.parameters() if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in self.network.parameters() if p.dim() <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
        everything = prepared.windows.fetch(np.arange(len(prepared.windows)))
        scaling = prepared.scaling["signal"]
        offset, scale = (torch.tensor(v, dtype=torch.float32)[:, None] for v in (scaling.offset, scaling.scale))
        self.signal = (torch.from_numpy(everything.inputs["signal"]) - offset) / scale
        self.future = (torch.from_numpy(everything.futures["signal"]) - offset) / scale
        fault, faulty, life, _ = prepared.tasks
        self.fault, self.faulty, self.life = (task.targets(prepared.windows) for task in (fault, faulty, life))
        self.known = torch.from_numpy(prepared.windows.targets["life"].mask).float()
        self.positive = torch.tensor(faulty.pos_weight)  # type: ignore[attr-defined]

    def step(self, index: np.ndarray) -> None:
        """One step."""
        chosen = torch.from_numpy(index)
        pick = [x.index_select(0, chosen) for x in (self.signal, self.fault, self.faulty, self.life, self.known)]
        signal, fault, faulty, life, known = pick
        future = self.future.index_select(0, chosen)
        outputs = self.network(signal, None).outputs
        loss = F.cross_entropy(outputs[0], fault)
        loss = loss + F.binary_cross_entropy_with_logits(outputs[1][:, 0], faulty, pos_weight=self.positive)
        each = F.smooth_l1_loss(outputs[2], life, reduction="none")[:, 0]
        loss = loss + (each * known).sum() / known.sum().clamp(min=1)
        loss = loss + F.mse_loss(outputs[3], future)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()


def ratio(model: str, stretches: int, steps: int) -> tuple[float, float, float, int]:
    """Median ratio of traced to bare, both median step times in ms, and the number of parameters."""
    prepared = prepare(experiment(model), source())
    with tempfile.TemporaryDirectory() as folder:
        session = Session(prepared, RunFolder.create(Path(folder), "benchmark", datetime.now()))
        session.begin(datetime.now(UTC))
        bare = BareLoop(prepared)

        def traced(index: np.ndarray) -> None:
            train_step(session, [index])
            session.total += 1

        order = [parts[0] for epoch in range(1 + stretches * steps // 100) for parts in session.steps_of(epoch)]
        ours, theirs = [], []
        for stretch in range(stretches + 1):
            part = [index for index in order[stretch * steps : (stretch + 1) * steps] if len(index) == BATCH]
            session.log.begin(len(part))
            times = []
            for loop in (traced, bare.step)[:: 1 if stretch % 2 else -1]:
                began = time.perf_counter()
                for index in part:
                    loop(index)
                times.append((time.perf_counter() - began) / len(part))
            if stretch:  # the first one warms up
                first, second = times if stretch % 2 else times[::-1]
                ours.append(first)
                theirs.append(second)
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    parameters = sum(p.numel() for p in bare.network.backbone.parameters())
    return statistics.median(ratios), 1e3 * statistics.median(ours), 1e3 * statistics.median(theirs), parameters


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stretches", type=int, default=6)
    parser.add_argument("--steps", type=int, default=400, help="a multiple of the trace's period, 400")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("| model | backbone parameters | bare step, ms | traced step, ms | ratio | aim |")
    print("|---|---|---|---|---|---|")
    for model, limit in LIMITS.items():
        middle, ours, theirs, parameters = ratio(model, arguments.stretches, arguments.steps)
        print(f"| {model} | {parameters:,} | {theirs:.2f} | {ours:.2f} | {middle:.3f} | {limit:.2f} |")


if __name__ == "__main__":
    main()
