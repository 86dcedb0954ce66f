"""The whole experiment as one typed, documented model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from polyhead.config.backbones import MlpOptions
from polyhead.config.balance import Balance, default_balance
from polyhead.config.block import FROM_LIST, Block, null_as
from polyhead.config.data import DataOptions
from polyhead.config.diagnosis import DiagnoseOptions
from polyhead.config.model import ModelOptions
from polyhead.config.pretraining import PretrainOptions
from polyhead.config.success import Criterion
from polyhead.config.tasks import ForecastOptions, Task
from polyhead.config.tracking import TrackOptions
from polyhead.config.training import TraceOptions, TrainOptions

Bins = Annotated[int, Field(ge=1, le=10_000)]


class ReweightingOptions(Block):
    """Weights that even out the distribution of one target over the training windows."""

    enabled: bool = True
    """Use these weights."""
    nbins: Bins = 30
    """Bins of each output of the target, between its least and largest training value."""
    nbins_2d: Annotated[tuple[Bins, Bins] | None, FROM_LIST] = None
    """Bins of a target of two outputs, or of three: the second number then counts twice."""
    cap: float | None = Field(default=None, gt=1)
    """Largest weight, in units of the mean weight."""


class JointOptions(Block):
    """A metric across tasks."""

    metric: Literal["all_correct"] = "all_correct"
    """all_correct: share of windows on which every one of the tasks is right."""
    tasks: list[str] = Field(min_length=2)
    """The tasks, each of classes."""


class Experiment(Block):
    """One training run: data, tasks, network, balance and loop. Only name, data and tasks have no default."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Name of the experiment and of its folder of runs."""
    notes: str = ""
    """Free text, shown in the report."""
    tags: list[str] = Field(default_factory=list)
    """Words to find the run by."""
    hypothesis: str = ""
    """What this run is meant to find out."""
    seed: int = Field(default=42, ge=0)
    """Everything random comes from it."""
    data: DataOptions
    """Where recordings come from and how they become windows, targets and splits."""
    tasks: dict[str, Task] = Field(min_length=1)
    """What the network predicts, by name."""
    joint: Annotated[dict[str, JointOptions], null_as(dict, dict[str, JointOptions])] = Field(default_factory=dict)
    """Metrics across tasks, by name."""
    reweighting: Annotated[dict[str, ReweightingOptions], null_as(dict, dict[str, ReweightingOptions])] = Field(
        default_factory=dict
    )
    """Weights of training windows, by the name of the task whose target they even out; several multiply."""
    model: ModelOptions = ModelOptions()
    """The shared network."""
    balance: Balance = Field(default_factory=default_balance)
    """How the tasks' losses become one step: a method, or `{method: ..., its keys}`."""
    train: TrainOptions = TrainOptions()
    """The loop."""
    pretrain: Annotated[PretrainOptions, null_as(PretrainOptions, PretrainOptions)] = PretrainOptions()
    """What `polyhead pretrain` hides from the network and how it trains; `train` does not read it."""
    trace: TraceOptions = TraceOptions()
    """What is recorded."""
    track: Annotated[TrackOptions, null_as(TrackOptions, TrackOptions)] = TrackOptions()
    """Where the run is shown beside its own folder: MLflow, Weights & Biases, TensorBoard."""
    success: Annotated[dict[str, Criterion], null_as(dict, dict[str, Criterion])] = Field(default_factory=dict)
    """What the run must reach, judged PASS or FAIL in every report: a condition for each TASK.METRIC (of the most
    independent split there is), SPLIT.TASK.METRIC, SPLIT.loss, SPLIT.skill or metric of `joint`. Conditions:
    `> NUMBER`, `>=`, `<`, `<=`; `improves` or `improves >= NUMBER %` from the first epoch to the judged one;
    `beats floor`."""
    diagnose: Annotated[DiagnoseOptions, null_as(DiagnoseOptions, DiagnoseOptions)] = DiagnoseOptions()
    """Which findings are known and accepted, and how bad one must be to fail a command."""

    @field_validator("tasks")
    @classmethod
    def _some_task(cls, tasks: dict[str, Task]) -> dict[str, Task]:
        if not any(task.enabled for task in tasks.values()):
            raise ValueError("every task is disabled: enable at least one")
        return tasks

    @model_validator(mode="after")
    def _batch_statistics(self) -> Experiment:
        backbone, branches = self.model.backbone, self.model.branches
        one_step = isinstance(backbone, MlpOptions) and (backbone.norm == "batch" or branches.kind == "attention")
        if one_step and self.train.batch_size == 1:
            raise ValueError("train.batch_size 1 leaves batch norm nothing to average over; write 2 or more")
        return self

    @property
    def enabled(self) -> dict[str, Task]:
        """The tasks that train, in the order of the file."""
        return {name: task for name, task in self.tasks.items() if task.enabled}

    @property
    def horizon(self) -> int:
        """Samples that must follow a window, for the longest forecast."""
        return max((task.horizon for task in self.enabled.values() if isinstance(task, ForecastOptions)), default=0)
