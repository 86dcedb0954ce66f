"""What `polyhead pretrain` trains: the same data, split and backbone, one task that needs no label."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.config.pretraining import pretraining
from polyhead.errors import InputError

CONFIG: dict[str, Any] = {
    "name": "pumps",
    "seed": 3,
    "data": {
        "reader": "npz",
        "path": "pumps.npz",
        "inputs": {"signal": "x"},
        "targets": {"fault": {"key": "y"}, "life": "z", "state": "s"},
        "group": "pump",
        "slices": ["site"],
        "split": {"stratify": "fault", "seed": 5},
        "sampler": {"name": "class_balanced", "target": "state"},
    },
    "tasks": {"fault": {"kind": "binary"}, "life": {"kind": "regression"}, "state": {"kind": "classification"}},
    "model": {"backbone": "bilstm", "branches": "attention", "init": "runs/earlier"},
    "balance": "kendall",
    "reweighting": {"life": {"nbins": 5}},
    "train": {"epochs": 9, "lr": 0.1, "monitor": "val/fault/f1"},
    "pretrain": {"share": 0.3, "patch": 10, "epochs": 4},
    "success": {"fault.f1": "> 0.5"},
    "diagnose": {"fail_on": "warning", "ignore": [{"id": "label-noise", "reason": "known"}]},
}


def made(**pretrain: Any) -> dict[str, Any]:
    values = copy.deepcopy(CONFIG) | ({"pretrain": pretrain} if pretrain else {})
    return pretraining(values, load_experiment(values).experiment.pretrain)


def test_one_task_instead_of_all_and_nothing_that_speaks_of_them():
    experiment = load_experiment(made()).experiment
    assert experiment.name == "pumps-pretrain"
    (task,) = experiment.enabled.values()
    assert (task.kind, task.input, task.share, task.patch) == ("masked", "signal", 0.3, 10)
    assert experiment.data.slices == []
    assert (experiment.joint, experiment.reweighting, experiment.success) == ({}, {}, {})
    assert (experiment.balance.method, experiment.model.branches.kind, experiment.model.init) == ("floor", "none", None)
    assert (experiment.diagnose.fail_on, experiment.diagnose.ignore) == ("warning", [])


def test_data_seed_backbone_and_split_stay():
    before, after = (load_experiment(values).experiment for values in (CONFIG, made()))
    assert (after.seed, after.model.backbone) == (before.seed, before.model.backbone)
    same = {"targets": {}, "slices": []}
    assert after.data.model_copy(update=same) == before.data.model_copy(update=same)
    assert set(after.data.targets) == {"fault", "state"}  # which split and sampler look at


@pytest.mark.parametrize(
    ("said", "epochs", "lr", "batch"),
    [({"epochs": 4}, 4, 0.1, 64), ({"lr": 0.5, "batch_size": 7}, 9, 0.5, 7), ({"share": 0.2}, 9, 0.1, 64)],
)
def test_the_loop_is_that_of_train_but_for_what_is_said(said, epochs, lr, batch):
    train = load_experiment(made(**said)).experiment.train
    assert (train.epochs, train.lr, train.batch_size, train.monitor) == (epochs, lr, batch, "val/skill")


def test_a_backbone_without_time_is_refused():
    values = copy.deepcopy(CONFIG) | {"model": {"backbone": "mlp"}}
    with pytest.raises(InputError, match=r"tasks.masked: masked answers for each sample, and the map of an mlp"):
        load_experiment(pretraining(values, load_experiment(values).experiment.pretrain))


def test_the_values_it_is_given_stay_as_they_are():
    values = copy.deepcopy(CONFIG)
    pretraining(values, load_experiment(values).experiment.pretrain)
    assert values == CONFIG
