"""A backbone pre-trained without labels and begun with: from the config to the weights, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from polyhead import api
from polyhead.config.document import Document
from polyhead.errors import InputError
from polyhead.training.checkpoint import load, save
from polyhead.training.initial import weights_fingerprint
from polyhead.training.watcher import EpochReport, Watcher

from ..workshop import workshop, workshop_config

QUICK: dict[str, Any] = {"report": False, "diagnosis": False}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with labelled and unlabelled arrays, a config of the former, and a run pre-trained on the latter."""
    folder = tmp_path_factory.mktemp("pretraining")
    arrays = workshop()
    np.savez(folder / "labelled.npz", **arrays)
    np.savez(folder / "bare.npz", **{name: arrays[name] for name in ("x", "load", "machine")})
    config = workshop_config(folder / "labelled.npz", ("state", "wear"), "bilstm")
    config["train"]["epochs"] = 2
    config["pretrain"] = {"share": 0.3, "patch": 2, "epochs": 3}
    Document.of(config).write(folder / "config.yaml")
    run = api.pretrain(folder / "config.yaml", [f"data.path={folder / 'bare.npz'}"], out=folder / "runs", **QUICK)
    assert run.folder.parent == folder / "runs" / "workshop-pretrain"
    (folder / "pretrained").symlink_to(run.folder)
    return folder


def backbone(path: Path) -> dict[str, torch.Tensor]:
    weights = load(path)["network"]
    return {name: one for name, one in weights.items() if name.startswith("backbone.")}


class Stop(Watcher):
    """Ends a run after its first epoch, as Ctrl-C would."""

    def on_epoch(self, report: EpochReport) -> None:
        raise KeyboardInterrupt


def begun(home: Path, out: str, *overrides: str) -> Path:
    """A run's folder that ends after one epoch."""
    with pytest.raises(KeyboardInterrupt):
        api.train(home / "config.yaml", overrides, out=home / out, watcher=Stop(), **QUICK)
    (run,) = (home / out / "workshop").iterdir()
    return run


def test_pre_training_reads_no_label_and_is_scored_beside_its_floors(home: Path) -> None:
    scores = json.loads((home / "pretrained" / "metrics.json").read_text())["test"]["masked"]
    assert set(scores) >= {"r2", "mae"}
    assert scores["mae"]["floor_predictor"] in ("mean", "median", "interpolation")
    described = json.loads((home / "pretrained" / "data.json").read_text())
    assert list(described["targets"]) == ["masked"]


def test_a_run_begins_with_the_backbone_and_records_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from polyhead.training.session import Session

    first: dict[str, torch.Tensor] = {}
    original = Session.record_parameters

    def noted(session: Session, epoch: int) -> None:
        if epoch == 0:
            first.update({name: one.clone() for name, one in session.raw.state_dict().items()})
        original(session, epoch)

    monkeypatch.setattr(Session, "record_parameters", noted)
    scratch = begun(home, "scratch")
    fresh = dict(first)
    run = begun(home, "begun", f"model.init={home / 'pretrained'}")
    expected = backbone(home / "pretrained" / "checkpoints" / "best.ckpt")
    for name, one in first.items():
        assert torch.equal(one, expected.get(name, fresh[name]))  # heads begin as they do from scratch
        assert (name in expected) == name.startswith("backbone.")
    assert not all(torch.equal(fresh[name], one) for name, one in expected.items())
    said = json.loads((run / "metadata.json").read_text())["initial"]
    weights = {name.removeprefix("backbone."): one for name, one in expected.items()}
    assert said["fingerprint"] == weights_fingerprint(weights)
    assert said["path"] == str(home / "pretrained" / "checkpoints" / "best.ckpt")
    assert json.loads((scratch / "metadata.json").read_text())["initial"] is None


def test_a_resumed_run_does_not_begin_again(home: Path) -> None:
    """It ends with the weights of one that was not interrupted, although the file it began with is gone."""
    save(home / "gone.ckpt", load(home / "pretrained" / "checkpoints" / "best.ckpt"))
    whole = api.train(home / "config.yaml", [f"model.init={home / 'gone.ckpt'}"], out=home / "whole", **QUICK)
    run = begun(home, "stopped", f"model.init={home / 'gone.ckpt'}")
    said = json.loads((run / "metadata.json").read_text())["initial"]
    (home / "gone.ckpt").unlink()
    api.resume(run, diagnosis=False)
    weights = [load(folder / "checkpoints" / "last.ckpt")["network"] for folder in (run, whole.folder)]
    assert all(torch.equal(one, weights[1][name]) for name, one in weights[0].items())
    assert json.loads((run / "metadata.json").read_text())["initial"] == said


def test_a_path_is_meant_from_the_config_s_folder(home: Path) -> None:
    document = Document.read(home / "config.yaml")
    document.set("model.init", "pretrained")
    document.write(home / "begin.yaml")
    assert api.load(home / "begin.yaml").experiment.model.init == str(home / "pretrained")
    assert api.load(home / "begin.yaml", ["model.init=here"]).experiment.model.init == str(Path.cwd() / "here")


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["model.backbone=tcn"], "does not fit: it is a bilstm, here a tcn"),
        (["model.backbone.hidden=4"], "does not fit: its hidden is 3, here 4"),
        (["data.inputs.known.keys=[wear]", "data.inputs.known.key=null"], "it reads 4 channels, here are 3; not in"),
        (["data.inputs.signal.channels=['1', '0']"], "another order: signal.0 where signal.1 is here"),
        (["data.inputs.signal.channels=[a, b]"], "it reads other channels: signal.0 where signal.a is here"),
    ],
)
def test_what_does_not_fit_is_one_line(home: Path, overrides: list[str], says: str) -> None:
    init = f"model.init={home / 'pretrained'}"
    with pytest.raises(InputError) as caught:
        api.train(home / "config.yaml", [init, *overrides], out=home / "none", **QUICK)
    assert says in caught.value.line
    assert not (home / "none").exists() or not any((home / "none").iterdir())


def test_a_checkpoint_alone_tells_which_weight_differs(home: Path) -> None:
    save(home / "alone.ckpt", load(home / "pretrained" / "checkpoints" / "best.ckpt"))
    with pytest.raises(InputError, match=r"its lstm.weight_ih_l0 is of shape \(12, 4\), here of shape \(16, 4\)"):
        api.train(home / "config.yaml", [f"model.init={home / 'alone.ckpt'}", "model.backbone.hidden=4"], **QUICK)


def test_check_and_a_missing_file_say_so_before_training(home: Path) -> None:
    found = api.check(home / "config.yaml", [f"model.init={home / 'nowhere.ckpt'}"])
    assert "no such checkpoint" in found.findings[0].what


def test_an_input_that_is_not_there_is_named(home: Path) -> None:
    with pytest.raises(InputError, match=r"pretrain.input: unknown input 'sound'.*valid: signal, known"):
        api.pretrain(home / "config.yaml", ["pretrain.input=sound"], out=home / "none", **QUICK)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("pretrain.channels=['00']", r"input 'signal' has no channel '00'; it has 0, 1; did you mean '0'\?"),
        ("pretrain.input=known", r"no input 'known' with a time axis for masked; there are signal"),
    ],
)
def test_a_channel_that_is_not_there_is_named_where_it_stands(home: Path, override: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as refusal:
        api.pretrain(home / "config.yaml", [override], out=home / "none", **QUICK)
    assert refusal.value.where == f"override {override}"


def test_folds_are_refused(home: Path) -> None:
    with pytest.raises(InputError, match=r"a network of its own; write data.split.folds=null"):
        api.pretrain(home / "config.yaml", ["data.split.folds=3"], out=home / "none", **QUICK)


def test_a_pre_trained_run_is_not_exported(home: Path) -> None:
    with pytest.raises(InputError, match=r"export a run that begins with it \(model.init\)"):
        api.export(home / "pretrained", to="torch")
