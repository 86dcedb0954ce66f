"""The `train` and `trace` blocks: the loop and what it records."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from polyhead.config.block import Block, text_as


class ScheduleOptions(Block):
    """How the learning rate moves."""

    name: Literal["none", "plateau", "cosine", "onecycle"] = "none"
    """none: constant; plateau: times `factor` after `patience` epochs without a better monitor; cosine: down to 0 over
    all steps; onecycle: up for 30 % of the steps, then down (Smith and Topin, 2018)."""
    warmup: int = Field(default=0, ge=0)
    """Steps over which the rate rises linearly from 0; not with onecycle, which has its own."""
    factor: float = Field(default=0.5, gt=0, lt=1)
    """Of plateau: what the rate is multiplied by."""
    patience: PositiveInt = 5
    """Of plateau: epochs without a better monitor before the rate falls."""

    @model_validator(mode="after")
    def _read(self) -> ScheduleOptions:
        """Refuse keys that the named schedule would not read."""
        unread = {"warmup"} if self.name == "onecycle" else set()
        unread |= set() if self.name == "plateau" else {"factor", "patience"}
        for key in sorted(unread & self.model_fields_set):
            raise ValueError(f"schedule {self.name} does not read {key}")
        return self


Schedule = Annotated[ScheduleOptions, text_as("name", ScheduleOptions)]


class TrainOptions(Block):
    """The loop."""

    epochs: PositiveInt = 50
    """Passes over the training windows."""
    batch_size: PositiveInt = 64
    """Windows in a batch."""
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    """Optimiser; sgd has momentum 0.9."""
    lr: PositiveFloat = 1e-3
    """Learning rate."""
    weight_decay: NonNegativeFloat = 1e-2
    """Weight decay; biases, norms and log-variances have none."""
    schedule: Schedule = ScheduleOptions()
    """How the learning rate moves: a name, or `{name: ..., its keys}`."""
    clip_norm: PositiveFloat | None = 1.0
    """Largest norm of the whole gradient; larger ones are scaled down. null: not clipped."""
    precision: Literal["32", "bf16", "16"] | Literal[32, 16] = 32
    """Number format of the forward pass: 32, bf16 or 16 (16 needs a GPU)."""
    matmul_precision: Literal["highest", "high", "medium"] = "highest"
    """Precision of float32 matrix products on a GPU."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes a GPU where there is one."""
    devices: int = Field(default=1, ge=1, le=64)
    """Processes that share each batch: GPUs of this machine, or processes on its CPU. Results do not depend on it, but
    for dropout, batch norm and rounding."""
    ema: float | None = Field(default=None, gt=0, lt=1)
    """Decay of a running average of the weights, which is then what is evaluated and saved as best."""
    accumulate: PositiveInt = 1
    """Batches per step. Losses are divided by the known labels of them all, so that the step equals one large batch."""
    non_finite: Literal["end", "skip"] = "end"
    """Where a loss is NaN or infinite: end the run and name the task, or skip the step and go on."""
    monitor: str = "val/skill"
    """What "best" means: val/skill, SPLIT/loss or SPLIT/TASK/METRIC."""
    early_stopping: PositiveInt | None = None
    """Epochs without a better monitor before training stops. null: never."""
    checkpoint_every: PositiveInt | None = None
    """Keep a copy of the weights every so many epochs, as epoch-0010.ckpt."""
    max_minutes: PositiveFloat | None = None
    """Stop after the epoch in which this time is over."""
    stop_on: list[str] = Field(default_factory=list)
    """Ids of checks that end the run, judged and saved, with exit code 1 after the epoch in which they find something
    as bad as a warning: `non-finite`, `orphan-head`, `weight-collapse` or any other that reads the trace."""


class TraceOptions(Block):
    """What is recorded beside losses and weights, which always are."""

    every: PositiveInt = 50
    """Steps between samples of the gradients at the backbone's output; cosines over shared parameters every eighth."""
    epochs: PositiveInt = 1
    """Epochs between rows of the epoch tables; the first and the last epoch are always there."""
    batch_figure_every: PositiveInt | None = None
    """Epochs between samples of batches: up to 8 windows as the network sees them, with truth and prediction, for the
    page. The first and the judged epoch are always among them. null: of the judged epoch alone."""
