"""The optimiser: which parameters decay, and at which rate each moves."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from polyhead.balance import Terms, build_balance
from polyhead.config.balance import FamoOptions, FloorOptions, KendallOptions
from polyhead.config.training import TrainOptions
from polyhead.training.optimizer import build_optimizer

FLOOR = FloorOptions(method="floor")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.Linear(4, 2))


def built(module, balance_options=FLOOR, **train):
    balance = build_balance(balance_options, Terms(("a", "b"), (1.0, 2.0)))
    return balance, build_optimizer(module, balance, TrainOptions(**train), balance_options)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_without_a_gradient_only_weights_shrink(name):
    """One step of decoupled decay is a factor of 1 - lr x decay; that of sgd is the same before any momentum."""
    module, options = network(), KendallOptions(method="kendall")
    balance, optimizer = built(module, options, optimizer=name, lr=0.1, weight_decay=0.5)
    nn.init.ones_(module[0].bias)
    for one in balance.learned:
        nn.init.ones_(one)
    before = {key: value.detach().clone() for key, value in module.named_parameters()}
    for parameter in [*module.parameters(), *balance.parameters()]:
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for key, value in module.named_parameters():
        torch.testing.assert_close(value, before[key] * (0.95 if key in ("0.weight", "3.weight") else 1))
    assert [one.item() for one in balance.learned] == [1, 1]


def test_every_parameter_is_in_one_group():
    module, options = network(), KendallOptions(method="kendall")
    balance, optimizer = built(module, options)
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    expected = [*module.parameters(), *balance.parameters()]
    assert len(held) == len(expected)
    assert {id(parameter) for parameter in held} == {id(parameter) for parameter in expected}


@pytest.mark.parametrize(("own", "rate"), [({}, 1e-2), ({"lr": 0.05}, 0.05)])
def test_log_variances_have_their_own_rate(own, rate):
    balance, optimizer = built(network(), KendallOptions(method="kendall", **own), lr=1e-3)
    groups = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert {groups[id(one)] for one in balance.learned} == {rate}
    assert sorted(groups.values()) == sorted([1e-3] * 6 + [rate] * len(balance.learned))


@pytest.mark.parametrize("options", [FLOOR, FamoOptions(method="famo")])
def test_a_balance_that_leaves_nothing_to_the_optimiser_has_no_group(options):
    assert len(built(network(), options)[1].param_groups) == 2


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)]
)
def test_optimisers_by_name(name, kind):
    optimizer = built(network(), optimizer=name)[1]
    assert type(optimizer) is kind
    if name == "sgd":
        assert {group["momentum"] for group in optimizer.param_groups} == {0.9}


@pytest.mark.parametrize("name", ["adamw", "adam"])
@pytest.mark.parametrize("precision", [16, "16"])
def test_gradients_of_float16_can_be_clipped_with_every_optimiser(name, precision):
    """Fabric refuses to where the optimiser says that it undoes the loss scale itself."""
    optimizer = built(network(), optimizer=name, precision=precision)[1]
    assert not getattr(optimizer, "_step_supports_amp_scaling", False)
    assert getattr(built(network(), optimizer=name)[1], "_step_supports_amp_scaling", False)
