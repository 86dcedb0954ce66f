"""The models of the configuration: documented, closed, and light to import."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from polyhead.config.backbones import OwnBackbone
from polyhead.config.balance import TorchjdOptions
from polyhead.config.experiment import Experiment
from polyhead.config.fields import blocks
from polyhead.config.tasks import RegressionOptions

MODELS = sorted({model for _, _, model in blocks(Experiment)}, key=lambda model: model.__name__)


def test_every_block_is_found() -> None:
    names = {model.__name__ for model in MODELS}
    assert {"Experiment", "DataOptions", "Consecutive", "TargetOptions", "ForecastHeadOptions", "TcnOptions"} <= names
    assert {"KendallOptions", "ScheduleOptions", "TraceOptions", "BinaryOptions", "SplitOptions"} <= names
    assert {"FamoOptions", "NashOptions", "TorchjdOptions"} <= names


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_described(model: type[BaseModel]) -> None:
    assert model.__doc__
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_block_is_closed_and_frozen(model: type[BaseModel]) -> None:
    open_to_a_users_own_keys = model in (OwnBackbone, TorchjdOptions)
    assert model.model_config["extra"] == ("allow" if open_to_a_users_own_keys else "forbid")
    assert model.model_config["frozen"] is True


@pytest.mark.parametrize(
    "values",
    [
        {"bounds": (1.0, 1.0)},
        {"log_floor": 0.1},
        {"bounds": (0.0, 1.0), "log_transform": True},
        {"loss_beta": 0.0},
        {"weight": -1.0},
        {"weight": float("nan")},
        {"metrics": []},
    ],
)
def test_regression_refuses(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RegressionOptions.model_validate({"kind": "regression", **values})


def test_loading_is_light() -> None:
    code = (
        "import sys; import polyhead.config.experiment_file, polyhead.config.schema\n"
        "heavy = {'torch', 'numpy', 'sklearn', 'polars', 'lightning_fabric', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
