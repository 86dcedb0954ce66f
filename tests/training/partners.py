"""The same steps by one process and by two: what both hold at the end. As a command, it is the second of the two."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed

from polyhead.balance import BALANCES
from polyhead.signals.windows import Index
from polyhead.trace.folder import RunFolder
from polyhead.training.fit import train_step
from polyhead.training.preparation import Prepared, prepare
from polyhead.training.ranks import Ranks, joined
from polyhead.training.session import Session

from .synthetic import TASKS, experiment, source

PATIENCE = timedelta(seconds=60)


def cases() -> list[tuple[str, str]]:
    """Every method, those that compare gradients at each place: (method, place)."""
    found = []
    for method, kind in BALANCES.items():
        if method == "torchjd" and find_spec("torchjd") is None:
            continue
        name = "torchjd:IMTLGWeighting" if method == "torchjd" else method
        places = ("features", "block", "parameters") if kind.sees == "gradients" else ("",)
        found += [(name, at) for at in places]
    return found


def ready(method: str, at: str, **train: Any) -> Prepared:
    """Three tasks, of one of which every other label is missing. No dropout, no batch norm.

    SGD, since Adam divides a gradient near zero, which is rounding, by its own size.
    """
    rows = source(80)
    rows.columns["level"][1::2] = np.nan
    balance = {"method": method} | ({"at": at} if at else {})
    options = {"device": "cpu", "optimizer": "sgd", "lr": 0.05, "batch_size": 8} | train
    chosen = {name: TASKS[name] for name in ("level", "tone", "next")}
    return prepare(experiment(chosen, balance=balance, train=options, trace={"every": 3}), rows)


def steps(prepared: Prepared) -> list[list[Index]]:
    """Six steps, some of several batches, in which `level` is known to both of two processes, the first or the second
    only, or to none; of odd sizes, and of one window, so that the second has none."""
    train = prepared.split["train"]
    known = prepared.windows.targets["level"].mask[train]
    on, off = train[known], train[~known]
    first = np.stack([on[:4], off[:4]], axis=1).ravel()
    second = np.stack([off[4:8], on[4:8]], axis=1).ravel()
    return [[first], [second, off[8:11]], [off[11:16]], [on[8:9]], [on[9:16], on[16:17], off[16:18]], [train[:7]]]


def train(case: tuple[str, str], ranks: Ranks, folder: Path) -> dict[str, Tensor]:
    """Weights, and what the balance holds, after all steps, every two of which are an epoch to it."""
    prepared = ready(*case)
    session = Session(prepared, RunFolder.create(folder, "sines", datetime.now(UTC)), ranks)
    session.log.begin(len(steps(prepared)))
    for number, parts in enumerate(steps(prepared)):
        train_step(session, parts)
        session.total += 1
        if number % 2:
            session.balance.close_epoch()
    return state(session)


def state(session: Session) -> dict[str, Tensor]:
    """Everything that a step moves."""
    held = session.raw.state_dict() | {f"balance.{key}": one for key, one in session.balance.state_dict().items()}
    return {key: one.detach().clone() for key, one in held.items() if isinstance(one, torch.Tensor)}


def main(folder: Path, port: int) -> None:
    torch.set_num_threads(1)
    ranks = Ranks(1, 2)
    store = distributed.TCPStore("127.0.0.1", port, None, False)
    with joined(ranks, store, torch.device("cpu"), PATIENCE):
        for case in cases():
            ranks.gather(train(case, ranks, folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
