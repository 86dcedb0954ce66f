"""The record of an epoch's steps: pooled means, sums that agree, and what each step was made of."""

from __future__ import annotations

import io
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from polyhead.signals.order import batches
from polyhead.training.steplog import Descent, StepLog, composition

from .synthetic import prepared

CPU = torch.device("cpu")
STEPS = [  # rate, loss of a and b, weights, known labels, norm
    (0.1, [1.0, 4.0], [2.0, 0.5], [10, 1], 3.0),
    (0.2, [3.0, 0.0], [2.0, 0.5], [30, 0], 4.0),
    (0.3, [5.0, 8.0], [1.0, 0.5], [2, 3], 5.0),
]


def add(log: StepLog, steps) -> None:
    for rate, losses, weights, known, norm in steps:
        sampled = torch.arange(7, dtype=torch.float64) if rate == 0.1 else None
        step = Descent(torch.tensor(losses), torch.tensor(weights), torch.tensor([0.5, -0.25]), None, 0.0)
        log.add(rate, step, torch.tensor(known), torch.tensor(norm), sampled, True, 0.25, time.perf_counter())


def filled(steps=STEPS, room=3) -> StepLog:
    log = StepLog(["a", "b"], CPU)
    log.begin(room)
    add(log, steps)
    return log


def test_columns_hold_what_was_added():
    columns = filled().columns()
    expected = {
        "loss.a": [1, 3, 5],
        "loss.b": [4, 0, 8],
        "weight.a": [2, 2, 1],
        "share.a": [2 / 4, 1, 5 / 9],
        "share.b": [2 / 4, 0, 4 / 9],
        "known.b": [1, 0, 3],
        "total_loss": [4.25, 6.25, 9.25],  # with penalties of .5 and -.25
        "total_grad_norm": [3, 4, 5],
        "lr": [0.1, 0.2, 0.3],
    }
    for name, values in expected.items():
        assert columns[name].tolist() == pytest.approx(values), name


def test_what_is_sampled_is_nan_elsewhere():
    columns = filled().columns()
    names = ["grad_norm.a", "grad_norm.b", "cosine.a~b", "update_ratio", "dead_share", "effective_rank", "checksum"]
    for number, name in enumerate(names):
        assert columns[name].tolist() == pytest.approx([number, np.nan, np.nan], nan_ok=True)


def test_mean_losses_are_pooled_over_labels_not_averaged_over_steps():
    a, b = filled().mean_losses()
    assert a == pytest.approx((10 * 1 + 30 * 3 + 2 * 5) / 42)
    assert b == pytest.approx((1 * 4 + 3 * 8) / 4)


def test_mean_weights_are_those_of_steps_with_labels_counted_by_them():
    assert filled().mean_weights().tolist() == pytest.approx([(10 * 2 + 30 * 2 + 2 * 1) / 42, 0.5])
    assert np.isnan(filled(STEPS[1:2]).mean_weights()[1])


def test_the_seconds_of_a_step_and_of_its_balancing():
    log = filled(STEPS[:1])
    step = Descent(torch.ones(2), torch.ones(2), torch.zeros(2), None, 0.0)
    log.add(0.1, step, torch.ones(2), torch.ones(()), None, False, 1.5, time.perf_counter() - 2)
    columns = log.columns()
    assert columns["balance_seconds"].tolist() == [0.25, 1.5]
    assert columns["stepped"].tolist() == [1, 0]
    assert columns["seconds"][1] == pytest.approx(2, abs=0.5)


def test_a_step_that_was_skipped_does_not_count():
    skipped = (0.2, [float("nan"), 7.0], [2.0, 0.5], [30, 5], float("nan"))
    a, b = filled([STEPS[0], skipped, STEPS[2]]).mean_losses()
    assert a == pytest.approx((10 * 1 + 2 * 5) / 12)
    assert b == pytest.approx((1 * 4 + 5 * 7 + 3 * 8) / 9)


def test_a_task_without_any_label_has_no_mean_loss():
    assert np.isnan(filled(STEPS[1:2]).mean_losses()[1])


def test_every_loss_that_is_not_finite_is_found():
    broken = [*STEPS[:1], (0.2, [1.0, float("nan")], [1.0, 1.0], [1, 1], 1.0), (0.3, [float("inf")] * 2, *STEPS[2][2:])]
    assert filled(broken).broken() == [(1, 1), (2, 0), (2, 1)]
    assert filled().broken() == []


@pytest.mark.parametrize("done", [0, 1, 2, 3])
def test_the_log_goes_on_in_the_middle_of_an_epoch(done):
    first = filled(STEPS[:done])
    first.norms = torch.tensor([1.0, 2.0], dtype=torch.float64)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = StepLog(["a", "b"], CPU)
    second.load_state_dict(torch.load(file, weights_only=True))
    add(second, STEPS[done:])
    whole = filled().columns()
    assert second.filled == 3
    assert torch.equal(second.norms, first.norms)
    for name, values in second.columns().items():
        if name != "seconds":
            np.testing.assert_array_equal(values, whole[name])


def test_a_new_epoch_forgets_the_last_one():
    log = filled()
    log.begin(2)
    assert log.filled == 0
    add(log, STEPS[2:])
    assert log.columns()["loss.a"].tolist() == [5.0]


def test_composition_is_what_a_naive_count_finds():
    ready = prepared()
    windows, train = ready.windows, ready.split["train"]
    parts = batches(train, 5, seed=1, epoch=0)
    steps = [parts[0:2], parts[2:4], parts[4:]]
    columns = composition(windows, ready.tasks, steps)
    for number, step in enumerate(steps):
        at = np.concatenate(step)
        tones = Counter(windows.targets["tone"].values[at])
        assert {name: columns[f"count.tone.{name}"][number] for name in ("low", "mid", "high")} == {
            name: tones[name] for name in ("low", "mid", "high")
        }
        loud = windows.targets["loud"].values[at]
        assert [columns[f"count.loud.{label}"][number] for label in (0, 1)] == [sum(loud == 0), sum(loud == 1)]
        known = at[windows.targets["level"].mask[at]]
        assert columns["variance.level"][number] == pytest.approx(np.var(windows.targets["level"].values[known]))
        assert columns["variance.pair"][number] == pytest.approx(windows.targets["pair"].values[at].var(axis=0).mean())
        recordings = Counter(windows.recording[at].tolist())
        found = dict(zip(columns["recording.id"][number], columns["recording.count"][number], strict=True))
        assert found == recordings
    assert not any("next" in name for name in columns)


def test_an_unknown_class_is_not_counted():
    ready = prepared(("tone", "loud"))
    dark = {name: replace(one, mask=np.arange(60) % 2 == 0) for name, one in ready.windows.targets.items()}
    columns = composition(replace(ready.windows, targets=dark), ready.tasks, [[np.array([0, 1, 3])], [np.array([5])]])
    for task, labels in (("tone", ("low", "mid", "high")), ("loud", (0, 1))):
        assert sum(columns[f"count.{task}.{label}"] for label in labels).tolist() == [1, 0]


def test_a_step_without_known_labels_counts_none_and_has_no_variance():
    ready = prepared(("level",))
    unknown = np.flatnonzero(~ready.windows.targets["level"].mask)
    known = np.flatnonzero(ready.windows.targets["level"].mask)
    columns = composition(ready.windows, ready.tasks, [[unknown[:2]], [known[:1]]])
    assert columns["variance.level"].tolist() == pytest.approx([np.nan, 0.0], nan_ok=True)
