"""A step by each balance: as one would put it together by hand, whatever its batches and wherever it is interrupted."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import torch
from lightning_fabric.plugins import Precision

from polyhead.balance import BALANCES
from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.training.descent import descend, look, task_losses
from polyhead.training.fit import train_step
from polyhead.training.preparation import Prepared
from polyhead.training.session import Session

from .synthetic import prepared

PLACES = ("features", "block", "parameters")
BY_GRADIENTS = [name for name, kind in BALANCES.items() if kind.sees == "gradients" and name != "torchjd"]
BY_LOSSES = [name for name, kind in BALANCES.items() if kind.sees != "gradients"]
EVERY = [*({"method": name} for name in BY_LOSSES)]
EVERY += [{"method": name, "at": at} for name in BY_GRADIENTS for at in PLACES]
EVERY += [{"method": "torchjd:MGDAWeighting"}, {"method": "pcgrad", "at": "parameters", "every": 3}]


def words(balance: dict) -> str:
    return " ".join(str(value) for value in balance.values())


every = pytest.mark.parametrize("balance", EVERY, ids=words)


def session_of(folder, balance="floor", tasks=("level", "tone", "loud", "pair"), **blocks) -> Session:
    """A session on sinusoids without dropout and norm; the level of some windows is not known."""
    train = {"device": "cpu", "optimizer": "sgd", "lr": 0.02, "clip_norm": None, "batch_size": 8}
    blocks["train"] = train | blocks.get("train", {})
    ready: Prepared = prepared(tasks, balance=balance, **blocks)
    session = Session(ready, RunFolder.create(folder, "sines", datetime.now(UTC)))
    session.log.begin(100)
    return session


def weights_of(session: Session) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in session.raw.state_dict().items()}


def train(session: Session, steps) -> Session:
    for step in steps:
        train_step(session, step)
        session.total += 1
    return session


@every
def test_accumulated_batches_make_the_step_of_one_large_batch(tmp_path, balance):
    index = prepared(("level",)).split["train"]
    whole = train(session_of(tmp_path, balance), [[index[:12]], [index[12:24]]])
    parts = [[index[:5], index[5:6], index[6:12]], [index[12:20], index[20:24]]]
    accumulated = train(session_of(tmp_path, balance), parts)
    for key, value in whole.raw.state_dict().items():
        torch.testing.assert_close(accumulated.raw.state_dict()[key], value, rtol=0, atol=1e-6, msg=key)
    for part, value in whole.balance.state_dict().items():
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(accumulated.balance.state_dict()[part], value, rtol=1e-4, atol=1e-6, msg=part)


@every
def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path, balance):
    model = {"backbone": {"name": "tcn", "channels": [6, 6], "norm": "batch", "dropout": 0.3}}
    options = {"model": model, "train": {"optimizer": "adamw", "accumulate": 2}}
    whole = session_of(tmp_path / "a", balance, **options)
    whole.begin(datetime.now(UTC))
    steps = whole.steps_of(0) + whole.steps_of(1)
    whole.log.begin(100)
    train(whole, steps[:2])
    whole.balance.close_epoch()
    train(whole, steps[2:3])
    whole.save()
    train(whole, steps[3:])
    again = session_of(tmp_path / "b", balance, **options)
    again.run, again.tables = whole.run, whole.tables
    again.resume()
    train(again, steps[3:])
    for key, value in whole.raw.state_dict().items():
        assert torch.equal(again.raw.state_dict()[key], value), key
    assert np.array_equal(again.log.columns()["weight.level"], whole.log.columns()["weight.level"], equal_nan=True)


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize(
    "branches", [{"kind": "none"}, {"kind": "attention", "dropout": 0.0}], ids=["heads", "branches"]
)
def test_a_step_by_gradients_is_what_separate_backward_passes_put_together(tmp_path, at, branches):
    """Backbone: the sum of w_k times the gradient of loss k in units of its floor, times its weight. Head and branch of
    task k: the gradient of its own loss, not weighed by the balance."""
    tasks = {"level": {"kind": "regression", "weight": 2.0}, "tone": {"kind": "classification"}}
    model = {"backbone": {"name": "tcn", "channels": [6, 6]}, "branches": branches}
    session = session_of(tmp_path, {"method": "mgda", "at": at}, tasks, model=model)
    session.raw.eval()  # batch norm of branches then does not depend on how often it is passed
    batches = session.batches([session.prepared.split["train"][:8]])
    known = session.known(batches)
    descent = descend(session, batches, known, sampled=False)
    found = {name: p.grad.clone() for name, p in session.raw.named_parameters()}
    floors = torch.tensor([task.fitted.floor_loss for task in session.tasks])
    own = torch.tensor([2.0, 1.0]) / floors
    shared = descent.weights / own  # what the balance found
    alone = []
    for number in range(2):
        session.raw.zero_grad()
        losses = task_losses(session, batches[0], session.forward(batches[0]).outputs, known)
        (own[number] * losses[number]).backward()
        alone.append({name: p.grad for name, p in session.raw.named_parameters() if p.grad is not None})
    assert shared.min() >= 0
    assert not torch.allclose(shared, torch.ones(2), atol=0.05)
    for name, gradient in found.items():
        parts = [one.get(name, torch.zeros_like(gradient)) for one in alone]
        weights = shared if name.startswith("backbone") else torch.ones(2)
        torch.testing.assert_close(
            gradient, weights[0] * parts[0] + weights[1] * parts[1], rtol=1e-4, atol=1e-6, msg=name
        )


@pytest.mark.parametrize("at", PLACES)
def test_with_weights_of_one_a_step_by_gradients_is_the_plain_step(tmp_path, at):
    """c = 0 makes cagrad the mean."""
    index = prepared(("level",)).split["train"][:10]
    plain = train(session_of(tmp_path, "floor"), [[index]])
    same = train(session_of(tmp_path, {"method": "cagrad", "c": 0, "at": at}), [[index]])
    for key, value in plain.raw.state_dict().items():
        torch.testing.assert_close(same.raw.state_dict()[key], value, rtol=0, atol=1e-6)


@every
def test_a_task_without_labels_changes_nothing(tmp_path, balance):
    """Beside it, the others train as without it; its head gets no gradient."""
    index = np.flatnonzero(~prepared(("level",)).windows.targets["level"].mask)
    index = np.intersect1d(index, prepared(("level",)).split["train"])
    session = session_of(tmp_path, balance, ("level", "tone", "loud"))
    batches = session.batches([index])
    known = session.known(batches)
    assert known[0] == 0
    descend(session, batches, known, sampled=False)
    assert all(not p.grad.any() for p in session.raw.heads["level"].parameters() if p.grad is not None)
    if balance["method"] in ("rlw", "pcgrad"):
        return  # draws are over all tasks
    without = session_of(tmp_path, balance, ("tone", "loud"))
    with torch.no_grad():
        for name, parameter in without.raw.named_parameters():
            parameter.copy_(session.raw.state_dict()[name])
    descend(without, without.batches([index]), without.known(without.batches([index])), sampled=False)
    for name, parameter in without.raw.named_parameters():
        torch.testing.assert_close(
            dict(session.raw.named_parameters())[name].grad, parameter.grad, rtol=1e-4, atol=1e-6
        )


def test_between_comparisons_the_last_weights_hold(tmp_path):
    session = session_of(tmp_path, {"method": "mgda", "every": 3})
    train(session, session.steps_of(0)[:1] * 2 + session.steps_of(1)[:1] * 2)
    weights = session.log.columns()["weight.tone"]
    assert weights[0] == weights[1] == weights[2]
    assert weights[3] != weights[2]


def test_famo_sees_the_losses_of_the_same_batches_after_the_step(tmp_path):
    """With dropout and batch norm: the same draws, and nothing of the second look stays."""
    model = {"backbone": {"name": "tcn", "channels": [6, 6], "norm": "batch", "dropout": 0.3}}
    session = session_of(tmp_path, "famo", model=model)
    seen = []
    session.balance.look_again = lambda before, after, present: seen.append((before, after))
    other = session_of(tmp_path, "gls", model=model)
    drawn = []
    for one in (session, other):
        one.schedule.apply = lambda total: 0.0
        for group in one.optimizer.optimizer.param_groups:
            group["lr"] = 0.0
        index = one.prepared.split["train"][:10]
        torch.manual_seed(3)
        train_step(one, [index[:5], index[5:]])
        drawn.append(torch.rand(3))
    ((before, after),) = seen
    torch.testing.assert_close(after, before)  # nothing moved, and the same units were dropped
    assert torch.equal(*drawn)
    for name, value in other.raw.named_buffers():
        assert torch.equal(dict(session.raw.named_buffers())[name], value), name


SEVERAL = [("floor", False), ("gls", True), ({"method": "nash"}, True), ({"method": "nash", "at": "parameters"}, False)]


@pytest.mark.parametrize(("balance", "light"), SEVERAL)
def test_the_inside_of_a_backbone_is_not_kept_while_other_batches_go_forward(tmp_path, balance, light):
    """Accumulation is for memory; batches that wait for weights keep maps only. Going through them again leaves running
    statistics alone."""
    model = {"backbone": {"name": "tcn", "channels": [6, 6], "norm": "batch", "dropout": 0.3}}
    session, plain = (session_of(tmp_path, which, model=model) for which in (balance, "floor"))
    asked, forward = [], session.forward
    session.forward = lambda batch, **how: asked.append(how.get("light", False)) or forward(batch, **how)
    index = session.prepared.split["train"]
    for one in (session, plain):
        torch.manual_seed(5)
        train(one, [[index[:6], index[6:12]]])
    for name, value in plain.raw.named_buffers():
        assert torch.equal(dict(session.raw.named_buffers())[name], value), name
    train(session, [[index[12:18]]])
    assert asked == [light, light, False]


def test_a_look_leaves_no_gradient(tmp_path):
    session = session_of(tmp_path)
    batches = session.batches([session.prepared.split["train"][:10]])
    losses = look(session, batches, session.known(batches))
    assert losses.shape == (4,)
    assert all(p.grad is None for p in session.raw.parameters())


@every
def test_a_loss_that_is_not_finite_skips_the_step_where_the_config_says_so(tmp_path, balance):
    session = session_of(tmp_path, balance, train={"non_finite": "skip"})
    broken = session.batches
    before = weights_of(session)
    session.batches = lambda parts: [_spoiled(batch) for batch in broken(parts)]
    train(session, [[session.prepared.split["train"][:8]]])
    assert all(torch.equal(value, before[key]) for key, value in session.raw.state_dict().items())
    assert session.log.broken() == [(0, 3)]
    session.batches = broken
    train(session, [[session.prepared.split["train"][:8]]])
    assert all(value.isfinite().all() for value in session.raw.state_dict().values())
    assert not torch.equal(session.raw.state_dict()["heads.pair.output.bias"], before["heads.pair.output.bias"])
    assert session.log.broken() == [(0, 3)]


def _spoiled(batch):
    batch.truths[3] = batch.truths[3] * torch.inf
    return batch


def test_one_task_alone_trains_as_with_the_plain_sum_in_units_of_its_floor(tmp_path):
    index = prepared(("level",)).split["train"][:10]
    plain = train(session_of(tmp_path, "floor", ("tone",)), [[index]])
    for balance in EVERY:
        if balance["method"] in ("sum", "kendall", "nash", "gls"):
            continue  # raw losses, or another length
        alone = train(session_of(tmp_path, balance, ("tone",)), [[index]])
        for key, value in plain.raw.state_dict().items():
            torch.testing.assert_close(alone.raw.state_dict()[key], value, rtol=0, atol=1e-6, msg=words(balance))


class _Scaled(Precision):
    """Multiplies losses before they go backward and gradients back before the optimiser moves, as float16 needs."""

    def __init__(self) -> None:
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)

    def backward(self, tensor, model, *args, **kwargs):
        super().backward(self.scaler.scale(tensor), model, *args, **kwargs)

    def unscale_gradients(self, optimizer):
        self.scaler.unscale_(optimizer)

    def optimizer_step(self, optimizer, **kwargs):
        self.scaler.step(optimizer)
        self.scaler.update()


@every
def test_a_scale_on_losses_changes_no_step(tmp_path, balance):
    index = prepared(("level",)).split["train"]
    plain, scaled = session_of(tmp_path, balance), session_of(tmp_path, balance)
    scaled.fabric.strategy.precision = scaled.fabric._precision = _Scaled()
    for session in (plain, scaled):
        train(session, [[index[:8]], [index[8:16], index[16:20]]])
    for key, value in plain.raw.state_dict().items():
        torch.testing.assert_close(scaled.raw.state_dict()[key], value, rtol=0, atol=1e-6, msg=key)
    assert scaled.log.columns()["weight.tone"] == pytest.approx(plain.log.columns()["weight.tone"], rel=1e-5)


@every
def test_half_precision_makes_nearly_the_same_step(tmp_path, balance):
    index = prepared(("level",)).split["train"]
    steps = [[index[:8]], [index[8:16], index[16:20]]]
    whole, half = (train(session_of(tmp_path, balance, train={"precision": p}), steps) for p in (32, "bf16"))
    moved = [_flat(session) - _flat(session_of(tmp_path, balance)) for session in (whole, half)]
    assert torch.nn.functional.cosine_similarity(*moved, dim=0) > 0.98


def _flat(session: Session) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in session.raw.parameters()])


@every
def test_an_overflow_that_is_skipped_lets_the_loss_scale_fall(tmp_path, balance):
    """The losses are finite, but at this scale their gradients are not: the scaler halves it and training goes on."""
    session = session_of(tmp_path, balance, train={"non_finite": "skip"})
    session.fabric.strategy.precision = session.fabric._precision = precision = _Scaled()
    precision.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    before = weights_of(session)
    index = session.prepared.split["train"]
    spoiled = session.batches
    session.batches = lambda parts: [_spoiled(batch) for batch in spoiled(parts)]
    train(session, [[index[:8]]])
    assert all(torch.equal(value, before[key]) for key, value in session.raw.state_dict().items())
    session.batches = spoiled
    train(session, [[index[:8]]] * 4)
    assert precision.scaler.get_scale() < 2.0**127
    assert all(value.isfinite().all() for value in session.raw.state_dict().values())


def test_a_skipped_step_leaves_running_statistics_and_averages_alone(tmp_path):
    model = {"backbone": {"name": "tcn", "channels": [6, 6], "norm": "batch"}}
    session = session_of(tmp_path, model=model, train={"non_finite": "skip", "ema": 0.9})
    index, batches = session.prepared.split["train"], session.batches
    train(session, [[index[:8]]])
    before = [weights_of(session), {key: value.clone() for key, value in session.ema.state_dict().items()}]
    session.batches = lambda parts: [_overflowing(batch) for batch in batches(parts)]
    train(session, [[index[8:16]]])
    for state, kept in zip((session.raw.state_dict(), session.ema.state_dict()), before, strict=True):
        assert all(torch.equal(value, kept[key]) for key, value in state.items())
    assert session.log.columns()["stepped"].tolist() == [1, 0]


def _overflowing(batch):
    batch.signal.mul_(1e38)
    return batch


@every
def test_a_task_of_weight_zero_is_not_there_for_the_others(tmp_path, balance):
    tasks = {"level": {"kind": "regression"}, "tone": {"kind": "classification"}}
    mute = {"pair": {"kind": "regression", "loss_fn": "mse", "weight": 0}}
    if balance["method"] in ("rlw", "pcgrad"):
        return  # draws are over all tasks
    ends = []
    for chosen in (tasks, tasks | mute):
        session = session_of(tmp_path, balance, chosen)
        torch.manual_seed(1)
        with torch.no_grad():
            for name, parameter in session.raw.named_parameters():
                parameter.copy_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(len(name))))
        ends.append(train(session, session.steps_of(0)).raw.state_dict())
    for key, value in ends[0].items():
        torch.testing.assert_close(ends[1][key], value, rtol=0, atol=1e-6, msg=key)


@pytest.mark.parametrize("balance", ["floor", {"method": "mgda"}, {"method": "mgda", "at": "parameters"}])
def test_sampled_norms_are_of_raw_losses_whatever_their_scale(tmp_path, balance):
    plain, scaled = session_of(tmp_path, "sum"), session_of(tmp_path, balance)
    scaled.fabric.strategy.precision = scaled.fabric._precision = _Scaled()
    for session in (plain, scaled):
        train(session, [[session.prepared.split["train"][:8]]])
    for name in ("grad_norm.level", "grad_norm.tone", "cosine.level~tone"):
        assert scaled.log.columns()[name][0] == pytest.approx(plain.log.columns()[name][0], rel=1e-4)


OWN = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, shape, frozen=""):
        super().__init__()
        self.width = 4
        self.first, self.last = nn.Conv1d(shape.channels, 4, 3, padding=1), nn.Conv1d(4, 4, 1)
        self.first.requires_grad_(not frozen)
        self.last.requires_grad_(frozen != "all")
    def forward(self, signal, known):
        early = torch.relu(self.first(signal))
        late = self.last(early)
        return {"level": early, "tone": late, "loud": late, "pair": early}
"""


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    (tmp_path / "early_and_late.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    return "early_and_late:Net"


@pytest.mark.parametrize("frozen", ["", "first", "all"])
@every
def test_a_backbone_of_ones_own_with_several_maps(tmp_path, own_module, balance, frozen):
    """Some tasks read an earlier map, which may be frozen, as may all be."""
    options = {"model": {"backbone": {"name": own_module, "frozen": frozen}}, "trace": {"every": 1}}
    index = prepared(("level",)).split["train"]
    whole, parts = (session_of(tmp_path, balance, **options) for _ in range(2))
    assert len(whole.backbone) == {"": 4, "first": 2, "all": 0}[frozen]
    train(whole, [[index[:12]]])
    train(parts, [[index[:5], index[5:12]]])
    for key, value in whole.raw.state_dict().items():
        torch.testing.assert_close(parts.raw.state_dict()[key], value, rtol=0, atol=1e-6, msg=key)


def test_a_task_without_a_map_is_named(tmp_path, own_module):
    session = session_of(tmp_path, "floor", ("level", "next"), model={"backbone": own_module})
    with pytest.raises(InputError, match=r"^model\.backbone: .* no map for task 'next'; there are level, tone"):
        train(session, [[session.prepared.split["train"][:8]]])
