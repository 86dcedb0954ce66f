"""The laws of every balance that sees no gradients, and the list of all balances."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from pydantic import ValidationError

from polyhead import balance as folder
from polyhead.balance import BALANCES, Sight
from polyhead.config.balance import KendallOptions
from polyhead.config.experiment import Experiment
from polyhead.config.fields import blocks

from .life import STEPS, Losses, build, live, reloaded

SHARED = {"__init__", "adam", "balance", "gradient", "geometry", "share"}
FLOORS = [0.3, 2.0, 40.0]
SHIFTED = (-3.0, 0.5, 4.0)
MORE = [
    *({"method": "kendall", "form": form} for form in get_args(KendallOptions.model_fields["form"].annotation)),
    {"method": "kendall", "start": {"a": 0.7}, "min_share": 0.2},
    {"method": "softmax", "temperature": 0.1, "min_share": 0.2},
    {"method": "gls", "form": "log"},
]
METHODS = [*({"method": name} for name, kind in BALANCES.items() if kind.sees != "gradients"), *MORE]
EVERY = {" ".join(map(str, method.values())): method for method in METHODS}


def of(*, without: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    chosen = {label: method for label, method in EVERY.items() if not label.startswith(without or "-")}
    return pytest.mark.parametrize("method", chosen.values(), ids=chosen)


every = of()


@every
def test_weights_are_one_positive_finite_number_per_task(method):
    weights = build(method, FLOORS)(Sight(torch.tensor([True] * 3), torch.tensor([1.0, 0.2, 0.0]).double()))
    assert weights.shape == (3,)
    assert weights.dtype == torch.float32
    assert not weights.requires_grad
    lived = live(build(method, FLOORS), Losses.of(FLOORS))
    assert lived.isfinite().all()
    assert weights.isfinite().all()
    assert (lived > 0).all()


@of(without=("sum", "kendall"))  # raw losses; half of the losses
def test_tasks_that_stand_alike_weigh_one_on_average_as_in_the_plain_sum(method):
    for present in ([True, True, True], [True, False, True], [False, True, False]):
        known = torch.tensor(present)
        weights = build(method, FLOORS)(Sight(known, torch.ones(3).double()))[known]
        assert weights.mean().item() == pytest.approx(1)
        if method["method"] != "rlw":
            assert weights.tolist() == pytest.approx([1] * len(weights))


@of(without=("rlw",))  # whose draws belong to places
def test_the_order_of_tasks_does_not_matter(method):
    order = [2, 0, 1]
    losses = Losses.of(FLOORS).absent(1, slice(3, 9))
    here = live(build(method, FLOORS), losses)
    there = live(build(method, [FLOORS[i] for i in order], names="cab"), losses.of_tasks(order))
    known = losses.present[:, order]
    torch.testing.assert_close(there[known], here[:, order][known])


@of(without=("sum", "kendall clamped_004", "kendall {'a': 0.7}"))  # raw losses; a range and a start in their units
def test_the_unit_of_a_loss_does_not_matter(method):
    losses, factor = Losses.of(FLOORS), torch.tensor([1e3, 1, 1e-3]).double()
    scaled = Losses(losses.before * factor, losses.after * factor, losses.present)
    here = live(build(method, FLOORS), losses) * losses.before
    there = live(build(method, (torch.tensor(FLOORS) * factor).tolist()), scaled) * scaled.before
    torch.testing.assert_close(there, here, rtol=1e-5, atol=0)


@every
def test_a_task_that_never_has_labels_might_as_well_not_be_there(method):
    losses = Losses.of(FLOORS)
    two = live(build(method, FLOORS[:2]), losses.of_tasks([0, 1]))
    for nothing in (0.0, 7.0, float("nan")):
        three = live(build(method, FLOORS), losses.absent(2, value=nothing))
        torch.testing.assert_close(three[:, :2], two)


@every
def test_a_task_keeps_its_state_while_it_has_no_labels(method):
    balance, losses = build(method, FLOORS), Losses.of(FLOORS).absent(1, slice(STEPS, 3 * STEPS))
    live(balance, losses, 0, STEPS)
    before = {key: value.clone() for key, value in balance.state_dict().items() if isinstance(value, torch.Tensor)}
    live(balance, losses, STEPS, 3 * STEPS)
    for key, value in before.items():
        now = balance.state_dict()[key]
        if key.startswith("learned."):  # a tensor for each task
            assert torch.equal(now, value) == (key == "learned.1")
            continue
        assert torch.equal(now[1], value[1])
        assert torch.equal(now, value) == (key in ("sums", "counts"))  # which an epoch's end empties


@every
def test_steps_without_any_label_do_no_harm(method):
    balance, nothing = build(method, FLOORS), torch.tensor([False] * 3)
    zeros = torch.zeros(3).double()
    assert balance(Sight(nothing, zeros)).isfinite().all()
    assert balance.penalty(nothing).tolist() == [0, 0, 0]
    balance.learn(zeros, nothing)
    balance.look_again(zeros, zeros, nothing)
    balance.close_epoch()
    assert all(value.isfinite().all() for value in balance.state_dict().values() if isinstance(value, torch.Tensor))


@every
@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_leaves_no_trace_in_the_state(method, broken):
    losses = Losses.of(FLOORS)
    balance, twin = build(method, FLOORS), build(method, FLOORS)
    for one, value, present in ((balance, broken, True), (twin, 0.0, False)):
        live(one, losses, 0, STEPS - 2)
        before, after, known = (part[STEPS].clone() for part in (losses.before, losses.after, losses.present))
        before[1], known[1] = value, present
        one.learn(before, known)
        one.look_again(before, after, known)
        one.close_epoch()
    for one, other in zip(balance.parameters(), twin.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None)
        assert one.grad is None or torch.equal(one.grad, other.grad)
        assert one.grad is None or one.grad.isfinite().all()
    torch.testing.assert_close(live(balance, losses), live(twin, losses), rtol=0, atol=0)


@every
@pytest.mark.parametrize("at", [STEPS, STEPS + 2])
def test_a_restored_balance_goes_on_where_it_was(method, at):
    losses = Losses.of(FLOORS).absent(1, slice(1, 4))
    whole = live(build(method, FLOORS), losses)
    first = build(method, FLOORS)
    live(first, losses, 0, at)
    again = reloaded(first, build(method, FLOORS))
    assert torch.equal(live(again, losses, at), whole[at:])


@every
def test_nothing_depends_on_the_global_generator_or_moves_it(method):
    losses, lives = Losses.of(FLOORS), []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        lives.append(live(build(method, FLOORS), losses))
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(*lives)


@every
def test_looking_twice_at_a_step_is_looking_once(method):
    losses, balance = Losses.of(FLOORS), build(method, FLOORS)
    live(balance, losses, 0, 7)
    sight = Sight(losses.present[7], losses.before[7] * balance.get_buffer("units"))
    assert torch.equal(balance(sight), balance(sight))


@every
def test_what_takes_no_ratios_weighs_losses_below_zero(method):
    kind = BALANCES[method["method"]]
    assert kind.ratios == (method["method"] in ("kendall", "dwa", "gls", "famo"))
    if not kind.ratios:
        weights = build(method, FLOORS)(Sight(torch.tensor([True] * 3), torch.tensor(SHIFTED).double()))
        assert weights.isfinite().all()
        assert (weights > 0).all()


@every
def test_one_task_alone_is_allowed(method):
    assert live(build(method, [2.0]), Losses.of([2.0])).isfinite().all()


def test_every_balance_has_its_file_and_every_file_its_balance():
    files = {path.stem for path in Path(folder.__file__).parent.glob("*.py")}
    assert set(BALANCES) == files - SHARED
    assert all(kind.__module__.endswith(f".{name}") for name, kind in BALANCES.items())


def test_every_balance_can_be_configured_and_is_what_is_built():
    configured = {tag.partition(":")[0] for path, tag, _ in blocks(Experiment) if path == ("balance",)}
    assert set(BALANCES) == configured
    for name in configured:
        method = {"method": "torchjd:PCGradWeighting" if name == "torchjd" else name}
        assert type(build(method, FLOORS)) is BALANCES[name]


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_is_a_share(share):
    with pytest.raises(ValidationError):
        build({"method": "softmax", "min_share": share}, FLOORS)
