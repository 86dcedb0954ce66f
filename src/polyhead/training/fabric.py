"""Fabric for one process: its device, its number format, and the scale of its losses."""

from __future__ import annotations

import logging
from typing import Any

import torch
from lightning_fabric import Fabric

from polyhead.config.training import TrainOptions
from polyhead.errors import InputError

_PRECISIONS: dict[str, Any] = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}


def build_fabric(options: TrainOptions, number: int = 0) -> Fabric:
    """Fabric for the process of this `number`, on a GPU of its own where it is on one. Raises InputError where the
    machine has no such device."""
    precision = _PRECISIONS[str(options.precision)]
    device = options.device
    if device == "auto":  # never mps, which has no float64 to record in
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if precision == "16-mixed" and device == "cpu":
        raise InputError("precision 16 needs a GPU", where="train.precision", do="write `precision: bf16` or 32")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("no GPU here", where="train.device", do="write `device: auto` or cpu")
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # what it says else, the config has said
    try:
        fabric = Fabric(accelerator=device, devices=[number] if device == "cuda" else 1, precision=precision)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"no device {options.device!r} here ({error})", where="train.device") from error
    torch.set_float32_matmul_precision(options.matmul_precision)
    return fabric


def refuse_processes(options: TrainOptions, device: torch.device) -> None:
    """Refuse more processes than there are GPUs, or windows in a batch."""
    count = options.devices
    if device.type == "cuda" and count > torch.cuda.device_count():
        raise InputError(
            f"{count} processes need a GPU each, found {torch.cuda.device_count()}",
            where="train.devices",
            do="write `device: cpu`, or fewer devices",
        )
    if count > 1 and 2 * count > options.batch_size:
        raise InputError(
            f"{count} processes cannot share batches of {options.batch_size}: each takes two windows or more",
            where="train.devices",
            do="write larger batches, or fewer devices",
        )


def loss_scale(fabric: Fabric) -> float:
    """By what Fabric multiplies losses before they go backward, so that float16 can hold their gradients."""
    scaler = scaler_of(fabric)
    return 1.0 if scaler is None else float(scaler.get_scale())


def scaler_of(fabric: Fabric) -> torch.amp.GradScaler | None:
    """What scales losses, where float16 needs it."""
    return getattr(fabric.strategy.precision, "scaler", None)
