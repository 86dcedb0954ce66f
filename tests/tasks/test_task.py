"""The laws that every kind of task obeys."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from polyhead.errors import InputError
from polyhead.signals.target import Target
from polyhead.tasks import restore_task

from .cases import EXAMPLES, LABELLED, Example, N, example, fit, labelled, options_of, scaled_by

every = pytest.mark.parametrize("name", EXAMPLES)
BESIDE = ("soft_iou", "span soft_iou", "dice", "boundary")
at_its_constant = pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in BESIDE])
"""The best constant of an overlap is 0 or 1, that of boundary minus infinity where no span ended, and there nothing is
learned: their heads start beside it."""
KNOWN = torch.arange(N) % 3 != 0


def loss_and_gradient(case: Example, truth, mask, at=slice(None)):
    output = case.output[at].clone().requires_grad_()
    loss = case.task.loss_sum(output, truth[at], mask[at])
    loss.backward()
    return loss.item(), output.grad


@every
@pytest.mark.parametrize("garbage", [float("nan"), float("inf"), -1e30, 99.0])
def test_whatever_stands_for_an_unknown_label_changes_nothing(name, garbage):
    case = example(name)
    spoilt = case.truth.clone()
    spoilt[~KNOWN] = garbage if spoilt.is_floating_point() else 99
    loss, gradient = loss_and_gradient(case, spoilt, KNOWN)
    alone, expected = loss_and_gradient(case, case.truth, KNOWN, at=KNOWN)
    assert loss == pytest.approx(alone, rel=1e-6)
    assert torch.equal(gradient[KNOWN], expected)
    assert not gradient[~KNOWN].any()


@every
def test_without_any_known_label_loss_and_gradient_are_zero(name):
    case = example(name)
    loss, gradient = loss_and_gradient(case, case.truth, torch.zeros(N, dtype=torch.bool))
    assert loss == 0
    assert not gradient.any()


@every
def test_parts_of_a_batch_over_the_global_count_add_up_to_the_whole(name):
    case = example(name)
    head = case.task.build_head(6)
    features = torch.randn(N, 6, 5, generator=torch.Generator().manual_seed(0))

    def gradients(parts):
        head.zero_grad()
        for part in parts:
            (case.task.loss_sum(head(features[part]), case.truth[part], KNOWN[part]) / KNOWN.sum()).backward()
        return [parameter.grad.clone() for parameter in head.parameters()]

    for whole, split in zip(gradients([slice(None)]), gradients([slice(0, 5), slice(5, 7), slice(7, N)]), strict=True):
        torch.testing.assert_close(split, whole)


@every
def test_the_loss_of_a_window_is_a_mean_over_outputs_and_a_batch_is_their_sum(name):
    case = example(name)
    losses = case.task.losses(case.output, case.truth)
    assert losses.shape == (N,)
    total = case.task.loss_sum(case.output, case.truth, KNOWN)
    assert total.item() == pytest.approx(losses[KNOWN].sum().item(), rel=1e-6)


@at_its_constant
def test_the_first_loss_is_about_the_floor_loss(name):
    case = example(name)
    torch.manual_seed(0)
    head = case.task.build_head(32)
    features = torch.randn(N, 32, 20).relu()
    first = case.task.loss_sum(head(features), case.truth, torch.ones(N, dtype=torch.bool)).item() / N
    assert first == pytest.approx(case.task.fitted.floor_loss, rel=0.05)


@at_its_constant
def test_the_constant_has_the_floor_loss(name):
    case = example(name)
    constant = case.task.constant.reshape(1, *case.output.shape[1:]).expand_as(case.output)
    loss = case.task.losses(constant, case.truth).mean().item()
    assert loss == pytest.approx(case.task.fitted.floor_loss, rel=1e-5)


@every
def test_a_task_comes_back_from_json(name):
    case = example(name)
    state = json.loads(json.dumps(case.task.state(), allow_nan=False))
    back = restore_task("y", case.task.options, state)
    assert back.fitted == case.task.fitted
    assert json.dumps(back.state()) == json.dumps(case.task.state())
    assert torch.equal(back.losses(case.output, case.truth), case.task.losses(case.output, case.truth))
    here, there = case.task.decode(case.output), back.decode(case.output)
    np.testing.assert_array_equal(there.pred, here.pred)
    for part in ("score", "sd", "low", "high"):
        np.testing.assert_array_equal(getattr(there, part), getattr(here, part))


@every
def test_a_window_that_counts_twice_is_that_window_twice(name):
    """`weights` have mean 1, so they and the count of windows say the same as the windows drawn twice."""
    case = example(name)
    twice = np.arange(N) % 4 == 1
    weights = np.where(twice, 2.0, 1.0)
    weights /= weights.mean()
    index = np.concatenate([np.arange(N), np.flatnonzero(twice)])
    scaling, options = scaled_by((5.0, 4.0), (1.0, 2.0)), plain(case.task.options)
    if case.task.kind not in ("classification", "ordinal", "binary", "multilabel", "span") and name != "boundary":
        options["loss_beta"] = 1.0  # the default is a standard deviation of the windows, whatever they weigh
    if case.task.kind in ("regression", "countdown"):
        options["scale"] = "none"  # as above
    weighted = fit(case.windows, case.task.kind, None, scaling, weights, **options)
    doubled = fit(case.windows, case.task.kind, index, scaling, **options)
    assert weighted.fitted.floor_loss == pytest.approx(doubled.fitted.floor_loss, rel=1e-6)
    assert weighted.fitted.constant == pytest.approx(doubled.fitted.constant, abs=1e-4)
    mask = torch.ones(N, dtype=torch.bool)
    each = torch.from_numpy(weights).float()
    total = case.task.loss_sum(case.output, case.truth, mask, each)
    assert total.item() == pytest.approx((case.task.losses(case.output, case.truth) * each).sum().item(), rel=1e-5)
    assert case.task.loss_sum(case.output, case.truth, None, each).item() == pytest.approx(total.item(), rel=1e-6)


def plain(options):
    """The keys that were given and their defaults, as a file has them."""
    return options.model_dump(exclude={"kind"})


@pytest.mark.parametrize("name", LABELLED)
def test_what_is_fitted_is_fitted_on_training_windows_only(name):
    case = example(name)
    target, train = case.windows.targets["y"], np.arange(N // 2)
    other = target.values.copy()
    other[N // 2 :] = target.values[N // 2 :][::-1]
    mask = np.arange(N) < N - 3
    task = fit(labelled(target.values), case.task.kind, train, **plain(case.task.options))
    again = fit(labelled(other, mask), case.task.kind, train, **plain(case.task.options))
    assert again.state() == task.state()


@pytest.mark.parametrize(
    ("values", "train", "mask", "says"),
    [
        ([1, 1, 1, 0], [0, 1, 2], None, "constant in training: 1"),
        ([1, 0, 1, 0], [0, 1, 2], [1, 0, 1, 1], "constant in training: 1"),
        ([1, 0, 1, 0], [0, 1], [0, 0, 1, 1], "every label of target 'y' is missing in training"),
    ],
)
@pytest.mark.parametrize("kind", ["classification", "binary", "regression"])
def test_a_target_without_anything_to_learn_is_refused(kind, values, train, mask, says):
    with pytest.raises(InputError, match=says) as caught:
        fit(labelled(values, mask), kind, train)
    assert caught.value.where == "tasks.y"
    assert caught.value.check == ("filled-labels" if "missing" in says else "degenerate-r2")


def test_a_task_may_read_a_target_of_another_name():
    windows = labelled([0.0, 1.0, 5.0])
    windows.targets["other"] = Target(np.array([0.0, 10.0, 50.0]), np.ones(3, bool), "min")
    task = fit(windows, "regression", target="other")
    assert task.fitted.reference.mean == (20.0,)
    assert task.fitted.unit == "min"


@every
def test_weight_and_metrics_are_those_of_the_options(name):
    case = example(name)
    scored = {"classification": "macro_f1", "ordinal": "macro_f1", "binary": "auroc", "multilabel": "auroc"}
    primary = scored.get(case.task.kind, "r2")
    options = options_of(case.task.kind, **(plain(case.task.options) | {"weight": 2.5, "metrics": [primary]}))
    back = restore_task("y", options, case.task.state())
    assert (back.weight, back.metrics) == (2.5, (primary,))
