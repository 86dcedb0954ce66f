"""From a file to an experiment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from polyhead.config.backbones import TcnOptions
from polyhead.config.balance import FloorOptions
from polyhead.config.block import Block
from polyhead.config.experiment_file import Loaded, load_experiment
from polyhead.config.tasks import BinaryOptions, ForecastOptions
from polyhead.errors import InputError

from .cases import BEARINGS, MINIMAL, changed


class Simulated(Block):
    """Keys of a generator."""

    bearings: int = Field(default=480, ge=1)
    """How many."""
    onset: tuple[float, float] = (0.3, 0.8)
    """When."""
    sampling_hz: float = 12800.0
    """How often."""


def options(reader: str) -> type[BaseModel] | None:
    return {"bearings": Simulated, "csv": Simulated}.get(reader)


def generated(**own: object) -> dict[str, object]:
    return {"name": "x", "data": {"reader": "bearings", **own}, "tasks": {"fault": {"kind": "classification"}}}


def test_the_example_of_the_design_loads(tmp_path: Path) -> None:
    path = tmp_path / "bearings.yaml"
    path.write_text(BEARINGS)
    loaded = load_experiment(path)
    experiment = loaded.experiment
    assert list(experiment.tasks) == ["fault", "anomaly", "rul", "next"]
    assert isinstance(experiment.tasks["anomaly"], BinaryOptions)
    assert isinstance(experiment.tasks["next"], ForecastOptions)
    assert experiment.horizon == 96
    assert experiment.model.backbone == TcnOptions(name="tcn")
    assert experiment.balance == FloorOptions(method="floor")
    assert experiment.data.targets["fault"].key == "fault"
    assert experiment.data.targets["rul"].missing == [1000.0]
    assert experiment.train.lr == 0.001
    assert loaded.document.text() == BEARINGS


def test_a_mapping_loads_and_is_left_alone() -> None:
    values = changed("train.schedule", "cosine")
    loaded = load_experiment(values)
    assert loaded.experiment.train.schedule.name == "cosine"
    assert values == changed("train.schedule", "cosine")
    assert loaded.document.text().startswith("name: x\n")


def test_problems_of_a_mapping_have_no_line() -> None:
    with pytest.raises(InputError, match=r"^config: train\.epochs: expected a whole number of at least 1, found 0$"):
        load_experiment(changed("train.epochs", 0))


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("train.epochs=5", lambda e: e.train.epochs == 5),
        ("train.lr=1e-4", lambda e: e.train.lr == 1e-4),
        ("tasks.rul.enabled=false", lambda e: "rul" not in e.enabled),
        ("data.targets.rul.missing=[1000.0, none]", lambda e: e.data.targets["rul"].missing == [1000.0, "none"]),
        ("balance.method=kendall", lambda e: e.balance.method == "kendall"),
        ("balance=sum", lambda e: e.balance.method == "sum"),
        ("model.backbone.kernel=5", lambda e: e.model.backbone.kernel == 5),
        ("train.schedule.warmup=5", lambda e: e.train.schedule.warmup == 5),
        ("trace.every=7", lambda e: e.trace.every == 7),
        ("train.early_stopping=", lambda e: e.train.early_stopping is None),
        ("notes=a = b", lambda e: e.notes == "a = b"),
        (" train.epochs = 5", lambda e: e.train.epochs == 5),
    ],
)
def test_overrides(tmp_path: Path, override: str, read: object) -> None:
    path = tmp_path / "bearings.yaml"
    path.write_text(BEARINGS)
    loaded = load_experiment(path, [override])
    assert callable(read)
    assert read(loaded.experiment)
    again = tmp_path / "again.yaml"
    loaded.document.write(again)
    assert load_experiment(again).experiment == loaded.experiment
    assert path.read_text() == BEARINGS


def test_a_readers_own_keys_stand_beside_it() -> None:
    data = load_experiment(generated(bearings=3, onset=[0.1, 0.2]), options=options).experiment.data
    assert data.options == {"bearings": 3, "onset": [0.1, 0.2]}


def test_a_key_that_both_have_reaches_both() -> None:
    data = load_experiment(generated(sampling_hz=6400.0), options=options).experiment.data
    assert data.options == {"sampling_hz": 6400.0}
    assert data.sampling_hz == 6400.0


@pytest.mark.parametrize(
    ("own", "part"),
    [
        ({"bearngs": 3}, "unknown key data.bearngs; did you mean data.bearings?"),
        ({"slpit": {}}, "unknown key data.slpit; did you mean data.split?"),
        ({"bearings": 0}, "data.bearings: expected a whole number of at least 1, found 0"),
        ({"bearings": "3"}, "data.bearings: expected a whole number of at least 1, found '3'"),
        ({"onset": [1, "x"]}, "data.onset[1]: expected a number, found 'x'"),
        ({"options": {"bearings": 3}}, "unknown key data.options"),
    ],
)
def test_a_readers_own_keys_are_strict(own: dict[str, object], part: str) -> None:
    with pytest.raises(InputError) as caught:
        load_experiment(generated(**own), options=options)
    assert part in caught.value.line
    assert " more: " not in caught.value.line


def test_a_file_reader_without_a_model_has_no_own_keys() -> None:
    with pytest.raises(InputError, match=r"unknown key data\.separator"):
        load_experiment(changed("data.separator", ";"))


def test_a_function_of_ones_own_takes_any_key() -> None:
    values = changed("data.reader", "my.readers:read")
    values["data"]["anything"] = {"deep": [1, None]}
    assert load_experiment(values, options=options).experiment.data.options == {"anything": {"deep": [1, None]}}


def test_readers_that_the_caller_names() -> None:
    load_experiment(changed("data.reader", "mine"), readers=["mine"])
    with pytest.raises(InputError, match=r"unknown reader 'mien'; did you mean mine\? \(valid: mine\)"):
        load_experiment(changed("data.reader", "mien"), readers=["mine"])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["tcn", "npz", "a.b:c", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "name", "key", "method", "rul", "signal", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
PLACES = [
    *("name", "seed", "data", "model", "model.backbone", "balance", "balance.method", "trace", "track", "joint", "x"),
    *(f"data.{key}" for key in ("reader", "inputs", "targets", "targets.rul", "group", "window", "split", "scaling")),
    *("data.split.fractions", "data.split.stratify", "data.options", "data.sampler", "tasks"),
    *(f"tasks.rul{key}" for key in ("", ".kind", ".bounds", ".metrics", ".head")),
    *(f"train{key}" for key in ("", ".schedule", ".precision", ".monitor", ".devices")),
]


def loaded_or_refused(values: dict[str, object], overrides: list[str]) -> Loaded | InputError:
    try:
        return load_experiment(values, overrides)
    except InputError as error:
        return error


@settings(deadline=None)  # a machine under load is no fault
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_any_value_anywhere_loads_or_is_an_input_error(place: str, value: object) -> None:
    outcome = loaded_or_refused(changed(place, value), [])
    if isinstance(outcome, InputError):
        assert "\n" not in outcome.line
        assert outcome.where == "config"


@settings(deadline=None)  # a machine under load is no fault
@given(st.text() | st.text("ab:-[]{}&*!|>'\"%@?,# \n\t<01.~").filter(bool))
@example("!!int x: 1")
@example("a: !!float x")
@example("a: !!bool x")
@example("a: " + "1" * 5000)
@example("<<: 1")
@example("%YAML 9.9\n---\na: 1")
@example("name: x\ndata: {reader: npz}\ntasks: {1: 2}")
def test_any_text_loads_or_is_an_input_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError) as caught:
        load_experiment(path)
    assert "\n" not in caught.value.line
    assert caught.value.where.startswith(str(path))


@settings(deadline=None)  # a machine under load is no fault
@given(st.text(max_size=30))
def test_any_override_loads_or_is_an_input_error(text: str) -> None:
    outcome = loaded_or_refused(MINIMAL, [text])
    assert isinstance(outcome, Loaded) or "\n" not in outcome.line


def test_pairs_of_numbers_are_read_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "pairs.yaml"
    path.write_text(
        """\
name: pairs
data:
  reader: npz
  path: a.npz
  inputs: {signal: x}
  targets: {life: {key: life, valid: [0, null]}}
tasks:
  life: {kind: regression, loss_fn: {name: gaussian_nll, logvar_clamp: [-5, 5]}, bounds: [0, 9]}
"""
    )
    experiment = load_experiment(path).experiment
    assert experiment.data.targets["life"].valid == (0, None)
    assert experiment.tasks["life"].loss_fn.logvar_clamp == (-5, 5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("balance.methd=upgrad", "unknown key balance.methd; did you mean balance.method?"),
        ("balance={method: TorchJD:MGDA}", "balance.method: unknown method 'TorchJD:MGDA'"),
    ],
)
def test_a_method_that_is_misspelt(override, says):
    with pytest.raises(InputError) as raised:
        load_experiment(MINIMAL, [override])
    assert says in raised.value.line
