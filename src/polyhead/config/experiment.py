"""The whole experiment as one typed, documented model."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.config.model import Balance, MlpOptions, ModelOptions, default_balance
from polyhead.config.tasks import ForecastOptions, Task
from polyhead.config.training import TraceOptions, TrainOptions


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
    model: ModelOptions = ModelOptions()
    """The shared network."""
    balance: Balance = Field(default_factory=default_balance)
    """How the tasks' losses become one step: a method, or `{method: ..., its keys}`."""
    train: TrainOptions = TrainOptions()
    """The loop."""
    trace: TraceOptions = TraceOptions()
    """What is recorded."""

    @field_validator("tasks")
    @classmethod
    def _some_task(cls, tasks: dict[str, Task]) -> dict[str, Task]:
        if not any(task.enabled for task in tasks.values()):
            raise ValueError("every task is disabled: enable at least one")
        return tasks

    @model_validator(mode="after")
    def _batch_statistics(self) -> Experiment:
        backbone = self.model.backbone
        if isinstance(backbone, MlpOptions) and backbone.norm == "batch" and self.train.batch_size == 1:
            raise ValueError("train.batch_size 1 leaves norm: batch nothing to average over; write 2 or more")
        return self

    @property
    def enabled(self) -> dict[str, Task]:
        """The tasks that train, in the order of the file."""
        return {name: task for name, task in self.tasks.items() if task.enabled}

    @property
    def horizon(self) -> int:
        """Samples that must follow a window, for the longest forecast."""
        return max((task.horizon for task in self.enabled.values() if isinstance(task, ForecastOptions)), default=0)
