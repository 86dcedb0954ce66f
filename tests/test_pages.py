"""What README and docs show is true: their YAML trains, their parameters are the program's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from ruamel.yaml import YAML

import polyhead
from polyhead import api
from polyhead.backbones import BACKBONES
from polyhead.balance import BALANCES
from polyhead.cli.entry import run
from polyhead.config.balance import GradientOptions, TorchjdOptions
from polyhead.config.block import Block
from polyhead.studies.bearings.options import SimulatorOptions
from polyhead.tasks import TASKS

from .machine import machine_config, write_machine

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
PAGES += [page.relative_to(ROOT).as_posix() for page in sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of somebody who reads the README: its config, and recordings of their own."""
    (block,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "pumps.yaml").write_text(block)
    rng = np.random.default_rng(0)
    inputs = {
        "x": rng.standard_normal((400, 2, 96)).astype(np.float32),
        "load": rng.random(400),
        "rpm": rng.random(400),
    }
    targets = {
        "fault": rng.integers(0, 2, 40)[np.arange(400) // 10],
        "rul": np.where(rng.random(400) < 0.1, 1000.0, rng.random(400)),
        "pump": np.arange(400) // 10,
    }
    np.savez(tmp_path / "pumps.npz", **inputs, **targets)
    np.savez(tmp_path / "new.npz", **inputs)
    (tmp_path / "paper.csv").write_text("task,metric,value\nfault,accuracy,0.9\n")
    (tmp_path / "lightning_logs" / "version_0").mkdir(parents=True)
    (tmp_path / "lightning_logs" / "version_0" / "metrics.csv").write_text("epoch,val_fault_loss\n0,0.7\n1,0.6\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_trains_as_written(reader: Path) -> None:
    finished = api.train(reader / "pumps.yaml", ["train.epochs=1"])
    assert set(finished.metrics["test"]) == {"fault", "life", "next"}
    assert finished.metrics["test"]["life"]["r2"]["n"] < finished.metrics["test"]["fault"]["macro_f1"]["n"]


def test_the_commands_of_the_readme_run(reader: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = api.train(reader / "pumps.yaml", ["train.epochs=1"]).folder
    lines = re.findall(r"^    polyhead (\w+) (.*?)(?: +#.*)?$", README, flags=re.MULTILINE)
    assert [name for name, _ in lines][:3] == ["init", "check", "train"]
    for name, rest in lines[1:]:  # the tutorial and tests of its own run init
        line = rest.replace("runs/pumps/STAMP", str(first)).partition("> ")[0]
        if "*" in line:
            line = " ".join(str(path) for path in sorted(Path().glob(line)))
        short = [*shlex.split(line), *(["train.epochs=2"] if name == "train" and "--resume" not in line else [])]
        fine = (0, 1) if name in ("check", "diagnose") else (0,)  # labels of this reader are noise, which is found
        assert run([name, *short]) in fine, (name, line, capsys.readouterr().err)
    assert (reader / "predictions.csv").read_text().count("\n") == 401
    assert list((reader / first / "export").glob("*.onnx"))


def test_the_estimator_of_the_readme_fits(reader: Path) -> None:
    with np.load("pumps.npz") as file:
        names = {
            "X": file["x"],
            "X_new": file["x"][:3],
            "life": file["rul"],
            "pump": file["pump"],
            "fault": file["fault"],
        }
    (block,) = (one for one in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL) if "Estimator" in one)
    *before, last = block.replace("epochs=30", "epochs=1").strip().splitlines()
    exec("\n".join(before), names | {"polyhead": polyhead}, scope := {})
    assert eval(last, scope | names).shape == (3,)


def test_the_page_of_the_study_holds_the_simulator_s_parameters() -> None:
    page = (ROOT / "docs" / "studies" / "bearings.md").read_text()
    for name, field in SimulatorOptions.model_fields.items():
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        assert f"| `{name}` | {default} | {' '.join((field.description or '').split())} |" in page


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere_and_nothing_is_left_to_fill_in(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), target
    assert not re.search(r"\b[A-Z]+_(TABLE|TEXT)\b", text)


def test_the_example_is_a_config_that_loads() -> None:
    experiment = api.load(ROOT / "examples" / "hydraulic.yaml").experiment
    assert list(experiment.enabled) == ["cooler", "valve", "pump", "accumulator", "stable"]


def test_the_page_of_models_names_every_kind_and_backbone() -> None:
    first = re.findall(
        r"^\| `([a-z0-9_]+)` \|", (ROOT / "docs" / "reference" / "models.md").read_text(), flags=re.MULTILINE
    )
    assert sorted(first) == sorted(["kind", *TASKS, *BACKBONES])


def test_the_page_of_balancing_names_every_method_and_its_keys() -> None:
    rows = re.findall(
        r"^\| `([\w:]+)` \|.*\| ([^|]*)\|$",
        (ROOT / "docs" / "explanation" / "balancing.md").read_text(),
        flags=re.MULTILINE,
    )
    keys = {name: [key for key in cell.strip().split(", ") if key and key != "its own"] for name, cell in rows}
    expected = {name if name != "torchjd" else "torchjd:NAME" for name in BALANCES}
    assert {name for name in keys if name in expected} == expected
    for options in (*GradientOptions.__subclasses__(), *Block.__subclasses__()):
        words = get_args(options.model_fields["method"].annotation) if "method" in options.model_fields else ()
        for word in words:
            assert set(keys[word]) == set(options.model_fields) - {"method"}


def test_the_page_of_balancing_names_every_default() -> None:
    page = (ROOT / "docs" / "explanation" / "balancing.md").read_text().partition("| key |")[2]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", page, flags=re.MULTILINE)
    told = {(method, key): default for key, methods, default in rows for method in methods.split(", ")}
    known = {}
    for options in (*GradientOptions.__subclasses__(), *Block.__subclasses__()):
        field = options.model_fields.get("method")
        words = get_args(field.annotation) if field else ()
        for word in words or (("torchjd",) if options is TorchjdOptions else ()):
            own = {key: str(one.default) for key, one in options.model_fields.items() if key != "method"}
            known |= {(word, key): default for key, default in own.items()}
    assert told == {at: default for at, default in known.items() if at[0] in BALANCES}


def test_the_page_of_balancing_shows_blocks_that_load() -> None:
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "explanation" / "balancing.md").read_text(), flags=re.DOTALL
    )
    assert len(blocks) == 2
    for block in blocks:
        values = {"name": "x", "data": {"reader": "bearings"}, "tasks": {"fault": {"kind": "classification"}}}
        assert api.load(values | YAML(typ="safe").load(block)).experiment.balance.method in BALANCES


def test_the_page_of_models_shows_a_module_that_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "reference" / "models.md").read_text(), flags=re.DOTALL
    )
    (tmp_path / "shown_module.py").write_text("from torch import nn\n\n" + block)
    monkeypatch.syspath_prepend(tmp_path)
    config = machine_config(write_machine(tmp_path / "machine.npz"))
    config["model"] = {"backbone": {"name": "shown_module:Mean", "width": 8}}
    finished = api.train(config, ["train.epochs=1"], out=tmp_path / "runs")
    assert finished.metrics["test"]["state"]["macro_f1"]["n"]


def test_the_page_of_data_shows_keys_that_there_are(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "reference" / "data.md").read_text(), flags=re.DOTALL)
    own = "  reader: csv\n  path: a.csv\n  time: t\n  inputs: {signal: x}\n  targets: {fault: fault}\n"
    (tmp_path / "shown.yaml").write_text(f"name: shown\n{block}{own}tasks: {{fault: {{kind: classification}}}}\n")
    loaded = api.load(tmp_path / "shown.yaml").experiment.data
    assert loaded.augment is not None
    assert loaded.window is not None


def test_the_page_of_data_names_every_reader_and_its_keys() -> None:
    text = (ROOT / "docs" / "reference" / "data.md").read_text()
    for name, reader in api.readers().items():
        assert f"`{name}`" in text
        keys = [] if reader.generator else list(reader.options.model_fields)  # a generator's stand on its study's page
        row = [line for line in text.splitlines() if line.startswith(f"| `{name}` | `")][-1] if keys else ""
        for key in keys:
            assert f"`{key}`" in row or f"`{key}:" in row, (name, key)


def test_a_small_study_trains(tmp_path: Path) -> None:
    small = ["data.bearings=30", "data.snapshots=6", "train.epochs=1"]
    assert run(["study", "bearings", *small, "--out", str(tmp_path)]) == 0
