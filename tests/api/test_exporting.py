"""What `export` refuses: each in one line, and nothing is written."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from polyhead import api
from polyhead.api.exporting import export
from polyhead.errors import InputError
from polyhead.training.decoding import ChoiceDecoder

from ..workshop import LENGTH, workshop, workshop_config

ASKS = """
    import torch

    class Asks(torch.nn.Module):
        def __init__(self, shape):
            super().__init__()
            self.width = shape.channels

        def forward(self, signal, known):
            return signal if signal.sum() > 0 else -signal
"""


def trained(folder: Path, tasks: tuple[str, ...] = ("state",), backbone: Any = "mlp", **blocks: Any) -> Path:
    np.savez(folder / "train.npz", **workshop())
    config = workshop_config(folder / "train.npz", tasks, backbone, **blocks)
    return api.train(config, out=folder / "runs", report=False).folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("exporting"))


def refused(run: Path, says: str, **keys: Any) -> None:
    with pytest.raises(InputError, match=says):
        export(run, **({"to": "torch"} | keys))
    assert not (run / "export").exists()


def test_other_endings_and_kinds(run: Path, tmp_path: Path):
    refused(run, "no export to 'tflite'.*write onnx or torch", to="tflite")
    refused(run, r"ends in '.bin'.*write a .pt2 file", output=tmp_path / "network.bin")
    refused(run, "no such checkpoint", checkpoint="epoch-0099")


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_missing_package_is_named_with_its_extra(run: Path, monkeypatch: pytest.MonkeyPatch, package: str):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    refused(run, rf'ONNX needs {package}; pip install "polyhead\[onnx\]"', to="onnx")


def test_a_file_that_says_something_else_is_not_written(run: Path, monkeypatch: pytest.MonkeyPatch):
    def wrong(self: ChoiceDecoder, output: torch.Tensor) -> dict[str, torch.Tensor]:
        score = output.double().softmax(dim=1) + 1e-3
        return {"pred": score.argmax(dim=1), "score": score}

    monkeypatch.setattr(ChoiceDecoder, "forward", wrong)
    refused(run, r"differs from `predict` by 0.001 in state.score on 8 windows")


def test_the_statistics_of_a_recording_are_not_in_a_window_of_it(tmp_path: Path):
    run = trained(tmp_path, data={"scaling": {"signal": "per_recording"}})
    refused(run, "scaled by each recording's own mean and spread, which a window of it cannot tell")


def test_an_input_called_as_the_count_of_samples(tmp_path: Path):
    data = {
        "inputs": {"filled": {"key": "x"}},
        "lengths": "samples",
        "window": {"length": LENGTH, "short": "mask"},
    }
    refused(trained(tmp_path, data=data), "an input is called 'filled'")


def test_an_own_module_that_cannot_be_traced_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "asking.py").write_text(textwrap.dedent(ASKS))
    run = trained(tmp_path, backbone={"name": "asking:Asks"})
    refused(run, "torch.export cannot trace asking:Asks")
    assert torch.backends.mha.get_fastpath_enabled()
