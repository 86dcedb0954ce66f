"""A sample of a batch: what the network saw of a few training windows, and what it says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from polyhead.signals.windows import Index
from polyhead.tasks import Decoded, SignalTask, Task
from polyhead.tasks.choice import ChoiceTask
from polyhead.trace.batches import batch_path, write_batch
from polyhead.training.feed import Batch
from polyhead.training.session import Session

WINDOWS = 8  # as many as a reader looks at

Arrays = dict[str, NDArray[Any]]


def sample_epoch(session: Session) -> None:
    """Keep a sample of the epoch that ends, if one is due: of the first, and of every `batch_figure_every`."""
    every = session.trace.batch_figure_every
    if every and (session.number == 1 or session.number % every == 0):
        write_batch(session.run.trace, session.number, _sample(session, session.evaluated, session.epoch))


def sample_judged(session: Session, epoch: int) -> None:
    """Keep a sample of the judged epoch, from 1, whose weights the network holds; unless there is one already, which
    is the same."""
    if not batch_path(session.run.trace, epoch).exists():
        write_batch(session.run.trace, epoch, _sample(session, session.network, epoch - 1))


def _sample(session: Session, network: nn.Module, epoch: int) -> Arrays:
    """The first windows of the first batch of `epoch`, from 0, once more: what is drawn for them is a function of
    (seed, epoch, window), so that nothing random is used up and training goes on as if nobody had looked."""
    index = session.steps_of(epoch)[0][0][:WINDOWS]
    batch = session.feed.batch(index, epoch)
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        outputs = network(batch.signal, batch.known, batch.present).outputs
    network.train(was_training)
    windows = session.prepared.windows
    found: Arrays = {
        "epoch": np.array(epoch + 1),
        "recording": np.array([windows.recordings[code] for code in windows.recording[index]]),
        "index": index,
        **_inputs(session, batch, index),
    }
    for number, task in enumerate(session.tasks):
        said = _said(task, task.decode(outputs[number].float()))
        parts = {"truth": _truth(session, task, number, batch, index), "mask": batch.mask[:, number].cpu().numpy()}
        found |= {f"{task.name}.{part}": values for part, values in (parts | said).items()}
    return found


def _inputs(session: Session, batch: Batch, index: Index) -> Arrays:
    """What the network gets, with names and scaling of each channel."""
    windows = session.prepared.windows
    others = [name for name in windows.inputs if name not in windows.timed]
    found: Arrays = {}
    for part, values, inputs in (("signal", batch.signal, windows.timed), ("known", batch.known, others)):
        if values is not None:
            found |= {part: values.cpu().numpy()} | _scaled(session, part, inputs, index)
    if batch.present is not None:
        found["present"] = batch.present.cpu().numpy()
    return found


def _scaled(session: Session, part: str, inputs: Sequence[str], index: Index) -> Arrays:
    """Names (channel,), offset and scale (window, channel) of some inputs, one after another."""
    windows, scaling = session.prepared.windows, session.prepared.scaling
    names = [f"{name}.{channel}" for name in inputs for channel in windows.inputs[name].channels]
    found: Arrays = {f"{part}.names": np.array(names)}
    for key in ("offset", "scale"):
        each = [getattr(scaling[name], key) for name in inputs]
        rows = [one[windows.recording[index]] if one.ndim == 2 else np.tile(one, (len(index), 1)) for one in each]
        found[f"{part}.{key}"] = np.concatenate(rows, axis=1)
    return found


def _truth(session: Session, task: Task, number: int, batch: Batch, index: Index) -> NDArray[Any]:
    """What was to be predicted in physical units; samples of a signal as augmentation left them."""
    if isinstance(task, SignalTask):
        return task.numbers.scale.physical(batch.truths[number].double().cpu().numpy())
    return _labelled(task, task.observed(session.prepared.windows, index).truth)


def _labelled(task: Task, values: NDArray[Any]) -> NDArray[Any]:
    """Class indices as labels; everything else is physical already."""
    return np.asarray(task.classes)[values] if isinstance(task, ChoiceTask) else values


def _said(task: Task, one: Decoded) -> Arrays:
    """Prediction, score and standard deviation, as far as the network alone says them."""
    found: Arrays = {}
    if one.score is None or one.score.shape != one.pred.shape:  # else what is yes is decided on validation
        found["pred"] = _labelled(task, one.pred)
    spread = {"score": one.score, "sd": one.sd}
    return found | {name: values for name, values in spread.items() if values is not None}
