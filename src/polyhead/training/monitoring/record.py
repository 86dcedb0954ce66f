"""What a monitor writes: tables and steps as they come, predictions and metrics of what is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from polyhead.scoring.prediction import Prediction
from polyhead.trace.environment import environment
from polyhead.trace.folder import RunFolder
from polyhead.trace.predictions import write_frame
from polyhead.trace.steps import write_steps
from polyhead.trace.tables import Value
from polyhead.training.monitoring.answer import array_of
from polyhead.training.monitoring.claims import Claims, claims_of
from polyhead.training.monitoring.description import describe_data, describe_model
from polyhead.training.monitoring.inputs import InputStatistics
from polyhead.training.monitoring.labels import TrainingLabels
from polyhead.training.monitoring.marks import marks_of
from polyhead.training.monitoring.profile import profile_of
from polyhead.training.monitoring.rows import EpochSteps, balance_row, probability_row, total_loss
from polyhead.training.monitoring.scores import Scores, metrics_json, scores_of
from polyhead.training.monitoring.split import SplitRecord
from polyhead.training.monitoring.steps import Step, columns_of, composition, kept
from polyhead.training.monitoring.table import GrowingTables
from polyhead.training.monitoring.task import MonitoredTask
from polyhead.training.probe import parameter_sums
from polyhead.training.selection import mean_skill

_STRETCH = 1000  # steps that wait in memory at most before they are written
Splits = Mapping[str, SplitRecord]
Pooled = Mapping[str, Mapping[str, Prediction]]


class Record:
    """The folder of one loop, and what of it is not yet written."""

    def __init__(
        self,
        folder: RunFolder,
        model: nn.Module,
        tasks: Mapping[str, MonitoredTask],
        sampled: Sequence[str],
        processes: int,
    ) -> None:
        self._folder, self._model, self._tasks = folder, model, tasks
        self._sampled, self._processes = list(sampled), processes
        self._tables = GrowingTables(folder.trace)
        self._steps: list[Step] = []
        self._written = EpochSteps()
        self._norms: Tensor | None = None
        self._sigmas: dict[str, Any] = {}
        self._stretches = self._total = self._epoch = 0
        self._seen = TrainingLabels()
        self._judged: Splits = {}
        self._judged_epoch: int | None = None
        self._keeps = False
        self._counts: dict[str, int] = {}
        self._described: dict[str, Any] = {}
        self.inputs = InputStatistics()
        self._began = self._epoch_began = time.monotonic()
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        device = next((str(p.device) for p in model.parameters()), "cpu")
        folder.write("environment.json", environment(torch.get_num_threads(), device))
        self._describe({})
        self._record_parameters()
        self._write_state("training", None)

    @property
    def waiting(self) -> bool:
        """Whether there are steps since the last epoch."""
        return bool(self._steps or len(self._written))

    def see(
        self,
        targets: Mapping[str, Any],
        recording: Sequence[Any] | None,
        inputs: Tensor | None,
        sigmas: Mapping[str, Any] | None,
        sampled: bool,
    ) -> None:
        """Look at a batch that trains: its labels over the first epoch, its inputs at samples."""
        if sigmas is not None:
            self._sigmas = {name: kept(one) for name, one in sigmas.items()}
        if self._epoch == 0:
            names = None if recording is None else [str(one) for one in array_of(recording).reshape(-1).tolist()]
            marks = None if inputs is None else marks_of(inputs)
            self._seen.add(list(self._tasks.values()), targets, names, marks)
            if inputs is not None:
                self._seen.shape = tuple(inputs.shape[1:])
        if inputs is not None and sampled:
            self.inputs.add("train", inputs)

    def add(self, step: Step, norms: Tensor | None) -> None:
        """Record a step; `norms` (parameter,) are those of the gradients at the latest sample."""
        self._norms = norms
        self._steps.append(step)
        self._total += 1
        if len(self._steps) >= _STRETCH:
            self._write_steps()

    def close_epoch(self, splits: Splits, said: Mapping[str, Any], keep: bool) -> None:
        """Write the rows of an epoch. Raises InputError where what was shown does not go together."""
        claims = claims_of(said, list(self._tasks))
        pooled = {name: one.predictions() for name, one in splits.items()}
        scores = self._scores(pooled, interval=False)
        self._write_steps()
        self._epoch += 1
        self._write_tables(splits, pooled, scores, claims)
        if splits and (keep or not self._keeps):
            self._judged, self._judged_epoch, self._keeps = splits, self._epoch, keep
            self._write_judged(splits, pooled, scores)
        self._counts |= {name: len(one) for name, one in splits.items()}
        self._describe(splits)
        self._written = EpochSteps()
        self._epoch_began = time.monotonic()
        self._write_state("training", None)

    def close(self, splits: Splits, status: str, reason: str | None) -> None:
        """Judge what is kept, with `splits` that were shown after the last epoch, and say that the run is over."""
        judged = {**self._judged, **splits}
        if judged:
            pooled = {name: one.predictions() for name, one in judged.items()}
            self._write_judged(judged, pooled, self._scores(pooled, interval=True))
            self._describe(judged)
        self._write_state(status, reason)

    def _scores(self, pooled: Pooled, interval: bool) -> dict[str, Scores]:
        return {name: scores_of(self._tasks, self._seen, one, interval) for name, one in pooled.items()}

    def _write_steps(self) -> None:
        if not self._steps:
            return
        columns = columns_of(self._steps, self._tasks, self._sampled)
        place: dict[str, Any] = {
            "step": np.arange(self._total - len(self._steps), self._total),
            "epoch": np.full(len(self._steps), self._epoch + 1, np.int32),
        }
        write_steps(self._folder.trace, self._stretches, place | columns | composition(self._steps, self._tasks))
        self._stretches += 1
        self._written.add(columns)
        self._steps = []

    def _write_tables(self, splits: Splits, pooled: Pooled, scores: Mapping[str, Scores], claims: Claims) -> None:
        epoch: dict[str, Value] = {"epoch": self._epoch}
        weights = {name: self._written.mean("weight", name) for name in self._tasks}
        losses = {"train": {name: self._written.mean("loss", name) for name in self._tasks}}
        losses |= {split: {name: one.loss(name) for name in self._tasks} for split, one in splits.items() if one.losses}
        totals = {phase: total_loss(each, weights) for phase, each in losses.items()}
        totals |= {"train": self._written.finite_mean("total_loss")} | claims.losses
        judged = scores.get("val", {})
        measured = {f"{task}_{name}": one.value for task, each in judged.items() for name, one in each.items()}
        self._tables.append(
            "epoch_metrics",
            epoch
            | {"train_loss": totals["train"], "val_loss": totals.get("val")}
            | measured
            | claims.columns
            | {"val_skill": mean_skill(judged) if judged else None, "lr": self._written.lr}
            | {"epoch_time": time.monotonic() - self._epoch_began},
        )
        for phase in losses:
            each = {f"loss_{name}": value for name, value in losses[phase].items()}
            self._tables.append("loss_components", epoch | {"phase": phase} | each | {"total_loss": totals[phase]})
        self._tables.append(
            "uncertainty_params", epoch | balance_row(list(self._tasks), self._sigmas, losses["train"], weights)
        )
        yes = {name: one for name, one in pooled.get("val", {}).items() if self._tasks[name].kind in ("binary", "span")}
        if yes:
            rows = [probability_row(name, one) for name, one in yes.items()]
            self._tables.append(
                "probability_stats", epoch | {"phase": "val"} | {key: one for row in rows for key, one in row.items()}
            )
        for feature in self.inputs.rows():
            self._tables.append("feature_stats", epoch | feature)
        self._tables.append("gradient_stats", epoch | self._gradient_row())
        self._record_parameters()

    def _gradient_row(self) -> dict[str, Value]:
        row: dict[str, Value] = {"total_grad_norm": self._written.finite_mean("total_grad_norm")}
        if self._norms is None:
            return row
        names = [name for name, _ in self._model.named_parameters()]
        return row | dict(zip(names, self._norms.tolist(), strict=True))

    def _record_parameters(self) -> None:
        named = list(self._model.named_parameters())
        if named:
            names, parameters = zip(*named, strict=True)
            sums = dict(zip(names, parameter_sums(parameters).tolist(), strict=True))
            self._tables.append("parameter_sums", {"epoch": self._epoch} | sums)

    def _write_judged(self, splits: Splits, pooled: Pooled, scores: Mapping[str, Scores]) -> None:
        for name, one in splits.items():
            write_frame(self._folder.predictions(name), one.frame(self._tasks, pooled[name]))
        self._folder.write("metrics.json", metrics_json(self._tasks, splits, scores))

    def _describe(self, splits: Splits) -> None:
        """Write what is known of model and data, where it is not written yet."""
        counts = {"train": self._seen.count} | self._counts | {name: len(one) for name, one in splits.items()}
        counts = {name: count for name, count in counts.items() if count}
        batch = splits["val"].batches[0][0] if "val" in splits else None
        model = describe_model(self._folder.path.parent.name, self._model, self._tasks, self._seen, counts, batch)
        files = {
            "metadata.json": model | {"processes": self._processes},
            "data.json": describe_data(self._tasks, self._seen, splits, counts),
        }
        if splits and "profile.json" not in self._described:
            profile = profile_of(self._tasks, self._seen, splits)
            files |= {} if profile is None else {"profile.json": profile.as_dict()}
        for name, value in files.items():
            if name not in self._described or (splits and self._described[name] != value):
                self._folder.write(name, value)
                self._described[name] = value

    def _write_state(self, status: str, reason: str | None) -> None:
        self._folder.write(
            "state.json",
            {
                "status": status,
                "reason": reason,
                "epoch": self._epoch,
                "step": self._total,
                "epochs": self._epoch if status == "finished" else None,
                "best": {
                    "monitor": None,
                    "value": None,
                    "epoch": self._judged_epoch or self._epoch or None,
                    "kept": self._keeps,
                },
                "stopped_by": None,
                "started": self._started,
                "seconds": time.monotonic() - self._began,
                "balance_share": None,
                "left_out": 0,
                "processes": self._processes,
            },
        )
