"""The same small run as different programs would have logged it: two tasks, six epochs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

EPOCHS = np.arange(1, 7)
SPAN = np.array([0.57, 0.25, 0.27, 0.29, 0.28, 0.26])
COUNTDOWN = np.array([16.12, 15.25, 12.88, 11.0, 10.5, 10.08])
F1 = np.array([0.0, 0.1, 0.2, 0.3, 0.25, 0.35])
SIGMA = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.47])


def six_tables(folder: Path) -> Path:
    """Some of the six tables with the columns of the expansions study."""
    folder.mkdir(parents=True, exist_ok=True)
    total = SPAN + COUNTDOWN
    rows = [f"{e},{t:.4f},{t:.4f},{f},0.3,0.2,1.5" for e, t, f in zip(EPOCHS, total, F1, strict=True)]
    head = "epoch,train_loss,val_loss,span_f1,span_precision,span_recall,epoch_time"
    (folder / "epoch_metrics.csv").write_text("\n".join([head, *rows]) + "\n")
    rows = [
        f"{e},{phase},{s},{c},{s + c:.4f}"
        for e, s, c in zip(EPOCHS, SPAN, COUNTDOWN, strict=True)
        for phase in ("train", "val")
    ]
    (folder / "loss_components.csv").write_text(
        "\n".join(["epoch,phase,loss_span,loss_countdown,total_loss", *rows]) + "\n"
    )
    rows = [f"{e},{s},1.0,0.1,0.9" for e, s in zip(EPOCHS, SIGMA, strict=True)]
    head = "epoch,sigma_countdown,sigma_span,weight_countdown,weight_span"
    (folder / "uncertainty_params.csv").write_text("\n".join([head, *rows]) + "\n")
    head = "epoch,phase,in_span_mean,in_span_std,out_span_mean,out_span_std,separation"
    rows = [f"{e},val,0.065,0.01,0.061,0.01,0.004" for e in EPOCHS]
    (folder / "probability_stats.csv").write_text("\n".join([head, *rows]) + "\n")
    return folder


def scalars() -> dict[str, np.ndarray]:
    """The same by the names that polyhead gives scalars in trackers."""
    return {
        "train/loss": SPAN + COUNTDOWN,
        "val/loss": SPAN + COUNTDOWN,
        "train/span/loss": SPAN,
        "train/countdown/loss": COUNTDOWN,
        "val/span/loss": SPAN,
        "val/countdown/loss": COUNTDOWN,
        "val/span/f1": F1,
        "countdown/sigma": SIGMA,
        "lr": np.full(6, 1e-3),
    }


def json_lines(path: Path) -> Path:
    """One object an epoch."""
    rows = [
        {"epoch": int(epoch)} | {name: float(values[at]) for name, values in scalars().items()}
        for at, epoch in enumerate(EPOCHS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lightning(folder: Path, steps: int = 4) -> Path:
    """What CSVLogger leaves: rows of training steps, rows of validation, empty cells elsewhere."""
    place = folder / "version_0"
    place.mkdir(parents=True)
    lines = ["epoch,step,train_loss_step,train_loss_epoch,val_loss_span,val_loss_countdown,val_span_f1,lr-AdamW"]
    for at, epoch in enumerate(EPOCHS):
        for one in range(steps):
            lines.append(f"{epoch - 1},{at * steps + one},{SPAN[at] + COUNTDOWN[at]:.4f},,,,,0.001")
        last = at * steps + steps - 1
        lines.append(f"{epoch - 1},{last},,,{SPAN[at]},{COUNTDOWN[at]},{F1[at]},")
        lines.append(f"{epoch - 1},{last},,{SPAN[at] + COUNTDOWN[at]:.4f},,,,")
    (place / "metrics.csv").write_text("\n".join(lines) + "\n")
    return folder


def tensorboard(folder: Path, steps: int = 4) -> Path:
    """Event files as tensorboard's own writer makes them."""
    at = (np.arange(len(EPOCHS)) + 1) * steps
    return events(folder, {name: list(zip(at, values, strict=True)) for name, values in scalars().items()})


def events(folder: Path, log: Mapping[str, Sequence[tuple[int, float]]]) -> Path:
    """(step, value) of each tag."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    for name, points in log.items():
        for step, value in points:
            summary = Summary(value=[Summary.Value(tag=name, simple_value=float(value))])
            writer.add_event(Event(step=int(step), summary=summary, wall_time=1.0))
    writer.close()
    return folder


def mlflow(path: Path) -> Path:
    """A SQLite store with one run."""
    import mlflow
    from mlflow.entities import Metric

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{path}")
    experiment = client.create_experiment("signals", artifact_location=(path.parent / "artifacts").as_uri())
    run = client.create_run(experiment)
    metrics = [
        Metric(name, float(value), 1, int(epoch))
        for name, values in scalars().items()
        for epoch, value in zip(EPOCHS, values, strict=True)
    ]
    client.log_batch(run.info.run_id, metrics)
    client.set_terminated(run.info.run_id)
    return path


def wandb(folder: Path) -> Path:
    """An offline run of W&B."""
    import wandb

    settings = wandb.Settings(console="off", x_disable_stats=True, silent=True)
    with wandb.init(mode="offline", dir=str(folder), project="signals", settings=settings) as run:
        for at, epoch in enumerate(EPOCHS):
            run.log({name: float(values[at]) for name, values in scalars().items()} | {"epoch": int(epoch)})
    _wait_for_exit(folder / "wandb")
    return folder / "wandb"


def _wait_for_exit(folder: Path) -> None:
    """wandb's own process may write the end of the file after `finish` has returned."""
    from polyhead.trace.wandb_file import messages

    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = [
            one.WhichOneof("record_type") for file in folder.glob("offline-*/run-*.wandb") for one in messages(file)
        ]
        if "exit" in found:
            return
        time.sleep(0.2)
    raise TimeoutError(f"no end of the run in {folder}")
