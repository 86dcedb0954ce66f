"""Learning rates against torch's own schedulers and by hand."""

from __future__ import annotations

import json

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from polyhead.config.training import ScheduleOptions
from polyhead.training.schedule import Schedule

PEAK = 0.2


def optimizer(*rates: float) -> torch.optim.SGD:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates or (PEAK,)]
    return torch.optim.SGD(groups, lr=PEAK)


def rates(steps: int, **options) -> list[float]:
    schedule = Schedule(optimizer(), ScheduleOptions(**options), steps)
    return [schedule.apply(step) for step in range(steps)]


def torchs(kind, steps: int, **options) -> list[float]:
    inner = optimizer()
    scheduler = kind(inner, **options)
    seen = []
    for _ in range(steps):
        seen.append(inner.param_groups[0]["lr"])
        inner.step()
        scheduler.step() if len(seen) < steps else None
    return seen


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 10, 40, 101])
def test_onecycle_is_torchs(steps):
    expected = torchs(OneCycleLR, steps, max_lr=PEAK, total_steps=steps, cycle_momentum=False)
    assert rates(steps, name="onecycle") == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_cosine_is_torchs(steps):
    expected = torchs(CosineAnnealingLR, steps, T_max=steps)
    assert rates(steps, name="cosine") == pytest.approx(expected, rel=1e-9)


def test_a_warm_up_rises_linearly_and_cosine_goes_on_from_there():
    assert rates(6, name="none", warmup=4) == pytest.approx([0.05, 0.1, 0.15, 0.2, 0.2, 0.2])
    expected = [0.1, 0.2, *torchs(CosineAnnealingLR, 8, T_max=8)]
    assert rates(10, name="cosine", warmup=2) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["none", "plateau", "cosine"])
def test_a_warm_up_longer_than_training_never_gets_there(name):
    assert rates(3, name=name, warmup=10) == pytest.approx([0.02, 0.04, 0.06])


PLATEAU = [  # monitor after each epoch, factor of the next one; patience 2, factor .5
    ([1.0, 1.1, 1.2, 1.3], [1, 1, 1, 1]),
    ([1.0, 0.9, 0.9, 0.9], [1, 1, 0.5, 0.5]),
    ([1.0, 1.0, 1.0, 1.0, 1.0], [1, 1, 0.5, 0.5, 0.25]),
    ([1.0, 0.9, 1.1, 1.0, 1.2], [1, 1, 1, 1, 1]),
    ([1.0, 0.9, 0.9, 1.1, 1.0, 1.0], [1, 1, 0.5, 0.5, 0.5, 0.25]),
    ([None, None, -3.0, None, -2.0], [1, 0.5, 0.5, 0.5, 0.5]),
]


@pytest.mark.parametrize(("monitor", "factors"), PLATEAU)
def test_a_plateau_cuts_the_rate_after_patience_epochs_without_a_better_monitor(monitor, factors):
    schedule = Schedule(optimizer(), ScheduleOptions(name="plateau", patience=2, factor=0.5), 100)
    seen = []
    for epoch, value in enumerate(monitor):
        schedule.epoch_ended(value)
        seen.append(schedule.apply(epoch + 1) / PEAK)
    assert seen == pytest.approx(factors)


def test_only_a_plateau_looks_at_the_monitor():
    schedule = Schedule(optimizer(), ScheduleOptions(name="none"), 100)
    for _ in range(5):
        schedule.epoch_ended(0.0)
    assert schedule.apply(9) == PEAK


def test_every_group_moves_in_proportion():
    inner = optimizer(0.2, 0.01)
    assert Schedule(inner, ScheduleOptions(warmup=4), 10).apply(0) == pytest.approx(0.05)
    assert [group["lr"] for group in inner.param_groups] == pytest.approx([0.05, 0.0025])


@pytest.mark.parametrize("epochs", range(5))
def test_a_schedule_goes_on_where_it_stopped(epochs):
    monitor, options = [1.0, 0.9, 0.9, 1.1, 1.0, 1.0], ScheduleOptions(name="plateau", patience=2)
    whole, first, second = (Schedule(optimizer(), options, 100) for _ in range(3))
    for value in monitor[:epochs]:
        first.epoch_ended(value)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for value in monitor[epochs:]:
        second.epoch_ended(value)
    for value in monitor:
        whole.epoch_ended(value)
    assert second.apply(50) == whole.apply(50) != PEAK
