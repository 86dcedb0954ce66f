"""Exported files say what `predict` says: in onnxruntime without torch, in torch without polyhead."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import polars
import pytest
from numpy.typing import NDArray

from polyhead import api
from polyhead.api.exporting import export

from ..workshop import LENGTH, TASKS, workshop, workshop_config

Arrays = dict[str, NDArray[Any]]
LABELS = {"state": ["good", "größer", "worn"], "grade": ["0", "1", "2"]}
OWN = """
    import torch

    class Two(torch.nn.Module):
        def __init__(self, shape):
            super().__init__()
            self.width = 4
            self.early = torch.nn.Conv1d(shape.channels, 4, 5)
            self.late = torch.nn.Conv1d(4, 4, 3)

        def forward(self, signal, known):
            early = self.early(signal).relu()
            return {"state": early, "wear": self.late(early).relu() * known[:, :1, None]}
"""

ON_ONNX = """
    import sys
    import numpy as np
    import onnxruntime
    model, inputs, outputs = sys.argv[1:]
    with np.load(inputs) as file:
        feeds = dict(file)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    found = dict(zip(names, session.run(None, feeds)))
    alone = session.run(None, {name: one[:1] for name, one in feeds.items()})
    assert [len(one) for one in alone] == [1] * len(names)
    np.savez(outputs, **{name: one.astype(str) if one.dtype == object else one for name, one in found.items()})
    assert not {"torch", "polyhead"} & set(sys.modules)
"""
ON_TORCH = """
    import json, sys
    import numpy as np
    import torch
    model, inputs, outputs = sys.argv[1:]
    with np.load(inputs) as file:
        feeds = {name: torch.from_numpy(file[name]) for name in file}
    sheet = {"polyhead.json": ""}
    module = torch.export.load(model, extra_files=sheet).module()
    found = {name: one.numpy() for name, one in module(feeds).items()}
    for task, said in json.loads(sheet["polyhead.json"])["tasks"].items():
        if said["kind"] in ("classification", "ordinal"):
            found[f"{task}.pred"] = np.array(said["classes"])[found[f"{task}.pred"]]
    np.savez(outputs, **found)
    assert "polyhead" not in sys.modules
"""


def rows(arrays: Arrays) -> Arrays:
    """Whole windows, as they stand in the file."""
    return {"signal": arrays["x"][:, :, :LENGTH], "known": arrays["load"]}


def short(arrays: Arrays) -> Arrays:
    """Windows whose real samples stand at their end, after zeros."""
    x = np.zeros((len(arrays["x"]), 2, LENGTH), np.float32)
    for window, count in enumerate(arrays["samples"]):
        x[window, :, LENGTH - count :] = arrays["x"][window, :, :count]
    return {"signal": x, "known": arrays["load"], "filled": arrays["samples"]}


@dataclass
class Case:
    """One experiment, and what its windows look like from outside."""

    tasks: tuple[str, ...]
    backbone: Any = "tcn"
    lost: bool = False
    blocks: dict[str, Any] = field(default_factory=dict)
    feeds: Callable[[Arrays], Arrays] = rows
    torch: bool = False
    """Whether it is written for torch too: the graph is the same one, and each takes seconds."""
    slow: bool = True


MASKED = {"data": {"lengths": "samples", "window": {"length": LENGTH, "short": "mask"}}}
CASES = {
    "every kind": Case(("state", "bad", "marks", "clock", "span", "held", "again", "next"), torch=True, slow=False),
    "marks": Case(("burst", "chain", "ends", "edges", "until"), "bilstm",
        blocks={"data": {"lengths": "samples", "window": {"length": LENGTH, "short": "mask", "position": True}}},
        feeds=short, torch=True),
    "lost samples": Case(("state", "again"), "mlp", lost=True, blocks={"data": {"non_finite": "mask"}}),
    "branches": Case(("state", "wear"), "resnet1d", blocks={"model": {"branches": "attention"}}, torch=True),
    "short, transformer": Case(("state", "bad", "again"), "patch_transformer", blocks=MASKED, feeds=short),
    "short, bilstm": Case(("state", "pair"), "bilstm", blocks=MASKED, feeds=short, slow=False),
    "isfm": Case(("grade", "life"), "isfm"),
    "own": Case(("state", "wear"), {"name": "two_maps:Two"}, torch=True, slow=False),
    "each by its own": Case(
        ("state",), blocks={"data": {"scaling": {"signal": "per_recording"}, "group": None, "inputs": {"signal": "x"}}},
        feeds=lambda arrays: {"signal": arrays["x"][:, :, :LENGTH]},
    ),
}  # fmt: skip


Exported = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """Of a case the run, what `predict` wrote, the raw windows, and what the files say of them."""
    folder = tmp_path_factory.mktemp("exported")
    found: dict[str, dict[str, Any]] = {}

    def of(name: str) -> dict[str, Any]:
        if name not in found:
            found[name] = _exported(folder / name.replace(" ", "-"), CASES[name])
            for kind, code in (("onnx", ON_ONNX), ("torch", ON_TORCH)):
                if kind in found[name]:
                    run_alone(code, [str(found[name][key]) for key in (kind, "inputs", f"{kind} says")], folder)
        return found[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        (folder / "two_maps.py").write_text(textwrap.dedent(OWN))
        yield of


def run_alone(code: str, files: list[str], folder: Path) -> None:
    """Run code in a Python of its own, outside of this repository."""
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def _exported(folder: Path, case: Case) -> dict[str, Any]:
    folder.mkdir()
    np.savez(folder / "train.npz", **workshop(0, case.lost))
    config = workshop_config(folder / "train.npz", case.tasks, case.backbone, **dict(case.blocks))
    run = api.train(config, out=folder / "runs", report=False)
    arrays = workshop(1, case.lost)
    np.savez(folder / "new.npz", x=arrays["x"], load=arrays["load"], samples=arrays["samples"])
    api.predict(run.folder, folder / "new.npz", folder / "new.parquet")
    np.savez(folder / "inputs.npz", **case.feeds(arrays))
    kinds: tuple[Literal["onnx", "torch"], ...] = ("onnx", "torch") if case.torch else ("onnx",)
    return {
        "run": run,
        "predicted": folder / "new.parquet",
        "inputs": folder / "inputs.npz",
        **{kind: export(run.folder, to=kind) for kind in kinds},
        **{f"{kind} says": folder / f"{kind}.npz" for kind in kinds},
    }


def columns(path: Path) -> Arrays:
    """Outputs as columns: those with several numbers a window row by row, numbered."""
    found: Arrays = {}
    with np.load(path) as file:
        for name in file:
            flat = file[name].reshape(len(file[name]), -1)
            single = file[name].ndim == 1
            found |= {name if single else f"{name}.{number}": column for number, column in enumerate(flat.T)}
    return found


def spread(column: str) -> float:
    """Standard deviation of what a column predicts, over the training labels or samples."""
    arrays, (task, _, *number) = workshop(), column.split(".")
    if task in ("again", "next"):
        return float(np.std(arrays["x"][:, 1 if task == "next" else int(number[0])]))
    if TASKS[task].get("target") == "burst":
        return float(LENGTH)
    labels = arrays[TASKS[task].get("target", task)]
    return float(np.std(labels[:, int(number[0])] if labels.ndim == 2 else labels))


FILES = [
    pytest.param(name, kind, marks=[pytest.mark.slow] if case.slow else [])
    for name, case in CASES.items()
    for kind in (("onnx", "torch") if case.torch else ("onnx",))
]


@pytest.mark.parametrize(("name", "kind"), FILES)
def test_the_file_says_what_predict_says(exported: Exported, name: str, kind: str):
    frame = polars.read_parquet(exported(name)["predicted"]).drop("recording", "index")
    found = columns(exported(name)[f"{kind} says"])
    assert list(found) == frame.columns
    for column, values in found.items():
        expected, (task, part) = frame[column].to_numpy(), column.split(".")[:2]
        if part == "pred" and TASKS[task]["kind"] in ("classification", "ordinal", "binary", "multilabel", "span"):
            assert values.tolist() == expected.tolist(), column
            continue
        if part == "score":
            rtol, atol = 0.0, 1e-6
        elif TASKS[task].get("log_transform"):
            rtol, atol = 1e-5, 0.0
        else:
            rtol, atol = 0.0, 1e-5 * spread(column)
        np.testing.assert_allclose(values, expected, rtol=rtol, atol=atol, err_msg=column)


def test_predictions_are_not_all_alike(exported: Exported):
    """Else the test above would see little: labels and numbers that differ."""
    frame = polars.read_parquet(exported("every kind")["predicted"])
    assert frame["state.pred"].n_unique() > 1
    assert frame["held.pred"].std() > 0.01


def test_onnx_says_what_it_is(exported: Exported):
    one = exported("every kind")
    model = onnx.load(one["onnx"])
    sheet = json.loads(next(prop.value for prop in model.metadata_props if prop.key == "polyhead"))
    assert sheet["inputs"]["signal"] == {
        "dtype": "float32",
        "shape": ["batch", 2, LENGTH],
        "channels": ["0", "1"],
        "unit": "g",
        "scaling": "standard",
    }
    ends = (*model.graph.input, *model.graph.output)
    assert {end.type.tensor_type.shape.dim[0].dim_param for end in ends} == {"batch"}
    assert sheet["tasks"]["state"]["classes"] == LABELS["state"]
    assert sheet["tasks"]["state"]["outputs"] == {"state.pred": ["batch"], "state.score": ["batch", 3]}
    metrics = one["run"].metrics
    assert sheet["tasks"]["bad"]["threshold"] == metrics["thresholds"]["bad"]
    assert sheet["tasks"]["span"]["interval_factor"] == metrics["interval_factors"]["span"]
    scored = sheet["tasks"]["clock"]["test"]
    assert (scored["metric"], scored["floor"]) == ("r2", metrics["test"]["clock"]["r2"]["floor"])
    assert [one.name for one in model.graph.input] == ["signal", "known"]
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert [dim.dim_param or dim.dim_value for dim in dims][1:] == [2, LENGTH]
    assert dims[0].dim_param


def test_scores_are_those_of_the_judged_checkpoint_alone(exported: Exported, tmp_path: Path):
    """metrics.json judges best.ckpt; another checkpoint has thresholds of it and no scores."""
    run = exported("own")["run"].folder
    file = export(run, to="torch", checkpoint="last", output=tmp_path / "last.pt2")
    with zipfile.ZipFile(file) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("polyhead.json")]
        sheet = json.loads(archive.read(name))
    assert sheet["checkpoint"] == "last"
    assert [one["test"] for one in sheet["tasks"].values()] == [None] * len(sheet["tasks"])


def test_torch_carries_the_same_sheet(exported: Exported):
    one = exported("own")
    model = onnx.load(one["onnx"])
    with zipfile.ZipFile(one["torch"]) as file:
        (name,) = [name for name in file.namelist() if name.endswith("polyhead.json")]
        assert json.loads(file.read(name)) == json.loads(model.metadata_props[0].value)


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_no_path_of_this_machine_is_in_the_file(exported: Exported, kind: str):
    path = exported("own")[kind]
    parts = [path.read_bytes()]
    if kind == "torch":
        with zipfile.ZipFile(path) as file:
            parts = [file.read(name) for name in file.namelist()]
    for part in parts:
        for word in (b"site-packages", b"two_maps.py", str(path.parent).encode(), b"/polyhead/"):
            assert word not in part
