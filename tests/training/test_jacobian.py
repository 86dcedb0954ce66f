"""Gradients of tasks at a place of a network, against gradients and inner products worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from polyhead.balance import Balance, Sight, Terms
from polyhead.training.jacobian import Jacobian, combined, inner_products
from polyhead.training.ranks import Ranks

A, B = torch.tensor([3.0, 4.0, 0.0]), torch.tensor([0.0, 2.0, 1.0])
X = torch.tensor([1.0, 2.0, 2.0])  # of square length 9
BOTH = torch.tensor([True, True])


class Witness(Balance):
    """Weighs 2 and 3, and keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__(None, Terms(("a", "b"), (1.0, 1.0)))

    def forward(self, sight: Sight) -> Tensor:
        self.seen = sight
        return torch.tensor([2.0, 3.0])


def stepped(at: str, due=True, scales=(1.0, 1.0), batches=1) -> tuple[nn.Parameter, Sight]:
    """A map W x whose losses have the gradients a and b there; the gradient of W after the step, and what was seen."""
    weight, witness = nn.Parameter(torch.eye(3)), Witness()
    place = [] if at == "features" else [weight]
    jacobian = Jacobian(place, at == "parameters", due, torch.tensor(scales))
    for _ in range(batches):
        arrived = [scale * one for scale, one in zip(scales, (A, B), strict=True)]
        jacobian.add([weight @ X] * 2, arrived, [True, True])
    weights = jacobian.weigh(witness, Sight(BOTH, torch.ones(2)), Ranks())
    jacobian.descend(weights)
    return weight, witness.seen


@pytest.mark.parametrize(
    ("at", "length"),  # at W the gradients are a x' and b x', whose inner products carry x'x
    [("features", 1.0), ("block", 9.0), ("parameters", 9.0)],
)
@pytest.mark.parametrize("scales", [(1.0, 1.0), (0.5, 4.0)])
def test_what_is_compared_and_the_step_that_follows(at, length, scales):
    weight, seen = stepped(at, scales=scales)
    assert seen.gramian.flatten().tolist() == pytest.approx([25 * length, 8 * length, 8 * length, 5 * length])
    assert seen.gramian.dtype == torch.float64
    step = 2 * scales[0] * A + 3 * scales[1] * B
    torch.testing.assert_close(weight.grad, torch.outer(step, X))


@pytest.mark.parametrize(("at", "factor"), [("features", 2), ("parameters", 4), ("block", 4)])
def test_batches_are_side_by_side_at_the_map_and_add_up_at_parameters(at, factor):
    weight, seen = stepped(at, batches=2)
    length = 1 if at == "features" else 9
    assert seen.gramian[0, 1] == 8 * length * factor
    torch.testing.assert_close(weight.grad, 2 * torch.outer(2 * A + 3 * B, X))


@pytest.mark.parametrize("at", ["features", "block", "parameters"])
def test_between_comparisons_nothing_is_seen_and_the_step_is_the_same(at):
    weight, seen = stepped(at, due=False)
    assert seen.gramian is None
    torch.testing.assert_close(weight.grad, torch.outer(2 * A + 3 * B, X))


def test_a_task_that_is_not_there_costs_no_pass_and_counts_nothing():
    weight = nn.Parameter(torch.eye(3))
    jacobian = Jacobian([weight], True, True, torch.ones(2))
    jacobian.add([weight @ X] * 2, [A, torch.full((3,), 7.0)], [True, False])
    witness = Witness()
    jacobian.descend(jacobian.weigh(witness, Sight(torch.tensor([True, False])), Ranks()))
    assert witness.seen.gramian.tolist() == [[225.0, 0.0], [0.0, 0.0]]
    torch.testing.assert_close(weight.grad, torch.outer(2 * A, X))


def test_a_parameter_that_no_loss_reaches_gets_no_gradient():
    weight, unused = nn.Parameter(torch.eye(3)), nn.Parameter(torch.ones(2))
    jacobian = Jacobian([weight, unused], True, True, torch.ones(2))
    jacobian.add([weight @ X] * 2, [A, B], [True, True])
    jacobian.descend(jacobian.weigh(Witness(), Sight(BOTH), Ranks()))
    assert unused.grad is None  # a zero would let weight decay and momentum move it


@pytest.mark.parametrize("length", [1, 1023, 1024, 1025, 20_000, 70_001])
def test_inner_products_of_any_length(length):
    rows = np.random.default_rng(length).normal(size=(3, length)).astype(np.float32)
    found = inner_products([torch.from_numpy(row) for row in rows])
    np.testing.assert_allclose(found.numpy(), rows.astype(np.float64) @ rows.T.astype(np.float64), rtol=1e-5, atol=1e-3)


def test_inner_products_of_long_vectors_keep_their_digits():
    """Ten million times .1 squared: one float32 sum is off by a hundredth."""
    found = inner_products([torch.full((10_000_000,), 0.1)])
    assert found.item() == pytest.approx(float(np.float32(0.1)) ** 2 * 1e7, rel=1e-6)


def test_the_weighted_sum_leaves_its_parts_alone():
    parts = [A.clone(), B.clone()]
    assert combined(torch.tensor([2.0, -1.0]), parts).tolist() == [6.0, 6.0, -1.0]
    assert torch.equal(parts[0], A)


@pytest.mark.parametrize(("at", "between"), [("features", 0.0), ("block", 72.0), ("parameters", 72.0)])
def test_tasks_that_read_maps_of_their_own_meet_at_the_parameters_only(at, between):
    weight, witness = nn.Parameter(torch.eye(3)), Witness()
    jacobian = Jacobian([] if at == "features" else [weight], at == "parameters", True, torch.ones(2))
    jacobian.add([weight @ X, weight @ X], [A, B], [True, True])
    jacobian.descend(jacobian.weigh(witness, Sight(BOTH), Ranks()))
    assert witness.seen.gramian[0, 1] == between
    torch.testing.assert_close(weight.grad, torch.outer(2 * A + 3 * B, X))
