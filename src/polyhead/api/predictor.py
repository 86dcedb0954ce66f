"""The network of a finished run, brought back once, that predicts and judges arrays at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from polyhead.api.arrays import Arrays
from polyhead.api.configuration import load
from polyhead.config.data import SplitOptions, WindowOptions
from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction
from polyhead.signals.assembly import assemble
from polyhead.signals.readers.array import arrays_source
from polyhead.signals.windows import WindowSet
from polyhead.tasks import ClassTask, LabelTask
from polyhead.trace.folder import RunFolder
from polyhead.training.evaluation import Pooled, decided, pool, score
from polyhead.training.feed import Feed
from polyhead.training.judgement import decisions
from polyhead.training.network import Network
from polyhead.training.restored import restore, restored_tasks, scaling_of
from polyhead.training.selection import mean_skill

_ROWS = 512  # rows that go through the network together


class Predictor:
    """Predicts and judges rows with the best weights of the run in `folder`, on the CPU."""

    def __init__(self, folder: Path) -> None:
        self._run = RunFolder.open(folder).single()
        self._experiment = load(folder / "config.yaml").experiment
        self._described = self._run.read("data.json")
        self._at = decisions(self._run.read("metrics.json"))
        self._length: int = self._described["windows"]["length"]
        self.tasks = restored_tasks(self._run, self._experiment)
        self.classes = {task.name: task.classes for task in self.tasks if isinstance(task, ClassTask)}
        self.targets = [task.name for task in self.tasks if isinstance(task, LabelTask)]
        self._network: Network | None = None

    def predict(self, inputs: Arrays) -> dict[str, Prediction]:
        """Predictions by task for the rows of `x`, with or without the samples that are to be forecast, of which
        nothing is known. Raises InputError."""
        self._check(inputs["x"], {self._length, self._length + self._experiment.horizon})
        data = self._experiment.data.model_copy(update={"targets": {}, "group": None, "split": SplitOptions()})
        if self._length:  # one window of each row
            window = WindowOptions(length=self._length, strategy="sequential", count=1)
            data = data.model_copy(update={"window": window})
        return self._pooled(assemble(data, arrays_source(Path("X"), data, inputs), 0), labels=False).predictions

    def skill(self, arrays: Arrays) -> float | None:
        """Mean over tasks of the primary skill on `x` and the labels beside it, clipped to [-1, 1], against the floors
        of training. None where no task has a skill. Raises InputError."""
        self._check(arrays["x"], {self._length + self._experiment.horizon})
        data = self._experiment.data.model_copy(update={"group": None, "split": SplitOptions()})
        windows = assemble(data, arrays_source(Path("X"), data, arrays), self._experiment.horizon)
        return mean_skill(score(self.tasks, self._pooled(windows, labels=True)))

    def _check(self, x: NDArray[Any], lengths: set[int]) -> None:
        samples = x.shape[2] if x.ndim == 3 else 0
        if samples not in lengths:
            fitted = " or ".join(
                f"{length} samples" if length else "numbers without time" for length in sorted(lengths)
            )
            found = f"{samples} samples" if samples else "numbers without time"
            raise InputError(f"expected rows of {fitted}, as in fit, found {found}", where="X")

    def _pooled(self, windows: WindowSet, labels: bool) -> Pooled:
        if self._network is None:
            with torch.random.fork_rng(devices=[]):  # fresh weights are drawn first
                network, _ = restore(self._run, self._experiment, windows, self.tasks, "best", labels)
            self._network = network.eval()
        inputs = self._described["inputs"]
        scaling = {name: scaling_of(windows, name, inputs[name]["scaling"]) for name in windows.inputs}
        fill = self._experiment.data.non_finite == "mask"
        feed = Feed(windows, self.tasks, scaling, torch.device("cpu"), fill, labels)
        return decided(self.tasks, pool(self._network, feed, np.arange(len(windows)), _ROWS), self._at)
