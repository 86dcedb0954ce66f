"""The `track` block: what switches a tracker on and off, and names."""

from __future__ import annotations

from typing import Any

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.config.tracking import MlflowOptions, TrackOptions, WandbOptions
from polyhead.errors import InputError

from .cases import changed


def track(value: Any) -> TrackOptions:
    return load_experiment(changed("track", value)).experiment.track


@pytest.mark.parametrize("value", [None, {}, {"mlflow": None, "wandb": False, "tensorboard": None, "names": None}])
def test_off(value: Any) -> None:
    options = track(value)
    assert (options.mlflow, options.wandb, options.tensorboard, options.names) == (None, None, False, {})


@pytest.mark.parametrize("value", [True, {}])
def test_on_with_every_default(value: Any) -> None:
    options = track({"mlflow": value, "wandb": value, "tensorboard": True})
    assert (options.mlflow, options.wandb, options.tensorboard) == (MlflowOptions(), WandbOptions(), True)
    assert WandbOptions().mode == "offline"


def test_each_key() -> None:
    options = track(
        {
            "mlflow": {"uri": "sqlite:///x.db", "experiment": "e"},
            "wandb": {"project": "p", "entity": "me", "mode": "online", "tags": ["a"]},
            "names": {"val/a/b": "c"},
        }
    )
    assert options.mlflow == MlflowOptions(uri="sqlite:///x.db", experiment="e")
    assert options.wandb == WandbOptions(project="p", entity="me", mode="online", tags=["a"])
    assert options.names == {"val/a/b": "c"}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"mlflow": {"url": "x"}}, "unknown key track.mlflow.url; did you mean track.mlflow.uri?"),
        (
            {"mlflow": {"uri": "postgresql://me:secret@host/runs"}},
            "track.mlflow.uri: holds a password, which everybody who sees the run would read; leave it out, and put the"
            " address into the variable MLFLOW_TRACKING_URI",
        ),
        ({"mlflow": 3}, "track.mlflow: expected a mapping or null, found 3"),
        ({"wandb": {"mode": "disabled"}}, "track.wandb.mode: unknown mode 'disabled' (valid: offline, online)"),
        ({"names": {"a": "x", "b": "x"}}, "track.names: two metrics would both be called x"),
        ({"names": {"a": ""}}, "track.names: a metric needs a name"),
        ({"tensorbord": True}, "unknown key track.tensorbord; did you mean track.tensorboard?"),
    ],
)
def test_refused(value: Any, says: str) -> None:
    with pytest.raises(InputError) as refused:
        track(value)
    assert refused.value.line == f"config: {says}"
