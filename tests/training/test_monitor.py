"""Someone's own loop under a monitor: nothing of it changes, and its folder reads as polyhead's own does."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import f1_score, r2_score, roc_auc_score
from torch import distributed, nn
from torch.nn import functional as F

import polyhead
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import read_folder
from polyhead.errors import InputError
from polyhead.training.monitor import Monitor

from .loops import ALL, BATCH, TASKS, TRAIN, Net, data, loop, losses_of

ROOT = Path(__file__).parents[2]
STEPS = 2 * TRAIN // BATCH


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Case]:
    model, monitor = loop(tmp_path_factory.mktemp("loop") / "mine")
    assert monitor is not None
    return model, read_folder(monitor.folder.path)


def weights(model: nn.Module) -> list[torch.Tensor]:
    return [p.detach() for p in model.parameters()]


def test_a_monitor_changes_no_bit_of_the_loop(watched):
    without, _ = loop(None)
    assert all(torch.equal(a, b) for a, b in zip(weights(watched[0]), weights(without), strict=True))


def test_every_part_of_a_run_is_there(watched):
    case = watched[1]
    parts = ("epochs", "scores", "losses", "weights", "probabilities", "features", "gradients", "parameters", "steps")
    assert all(getattr(case, part) is not None for part in parts)
    assert case.predictions is not None
    assert case.profile is not None
    assert {name: facts.kind for name, facts in case.tasks.items()} == {
        "fault": "classification",
        "anomaly": "binary",
        "life": "regression",
    }
    assert case.state["status"] == "finished"
    assert len(case.steps["step"]) == STEPS


def test_steps_say_losses_labels_and_rate(watched):
    steps = watched[1].steps
    assert steps["step"].tolist() == list(range(STEPS))
    assert steps["epoch"].tolist() == [1.0] * (STEPS // 2) + [2.0] * (STEPS // 2)
    assert set(steps["lr"]) == {0.01}
    assert set(steps["known.fault"]) == {float(BATCH)}
    classes = sum(steps[f"count.fault.{label}"] for label in range(3))
    assert classes.tolist() == [float(BATCH)] * STEPS
    assert steps["known.life"].sum() == 2 * sum(1 for i in range(TRAIN) if i % 7)
    total = steps["loss.fault"] + steps["loss.anomaly"] + steps["loss.life"]
    np.testing.assert_allclose(steps["total_loss"], total, rtol=1e-12)


def test_losses_are_those_that_the_loop_computes(watched):
    torch.manual_seed(3)
    net, (x, y) = Net(), data()
    at = torch.randperm(TRAIN, generator=torch.Generator().manual_seed(0))[:BATCH]
    expected = losses_of(net(x[at]), {name: one[at] for name, one in y.items()})
    for task, loss in expected.items():
        assert watched[1].steps[f"loss.{task}"][0] == pytest.approx(loss.item(), rel=1e-6)


def test_pooled_metrics_equal_sklearn(watched):
    case = watched[1]
    known = {task: one.mask for task, one in case.predictions["val"].items()}
    fault, anomaly, life = (case.predictions["val"][task] for task in TASKS)
    scores = {task: {name: score.value for name, score in each.items()} for task, each in case.metrics["val"].items()}
    expected = f1_score(fault.truth, fault.pred, average="macro")
    assert scores["fault"]["macro_f1"] == pytest.approx(expected)
    assert scores["anomaly"]["auroc"] == pytest.approx(roc_auc_score(anomaly.truth, anomaly.score))
    assert scores["anomaly"]["accuracy"] == pytest.approx(np.mean((anomaly.score >= 0.5) == anomaly.truth))
    at = known["life"]
    assert 0 < at.sum() < len(at) == ALL - TRAIN
    assert scores["life"]["r2"] == pytest.approx(r2_score(life.truth[at], life.pred[at]))


def test_floors_are_of_the_training_labels(watched):
    _, y = data()
    score = watched[1].metrics["val"]["life"]["mae"]
    known = y["life"].isfinite()
    train, val = y["life"][:TRAIN][known[:TRAIN]].double(), y["life"][TRAIN:][known[TRAIN:]].double()
    errors = [(val - float(np.median(train))).abs().mean(), (val - train.mean()).abs().mean()]
    assert score.floor == pytest.approx(float(min(errors)))
    prior = torch.bincount(y["fault"][:TRAIN]).double() / TRAIN
    assert watched[1].tasks["fault"].floor_loss == pytest.approx(float(-(prior * prior.log()).sum()))


def test_without_training_labels_a_floor_says_whose_it_is(tmp_path):
    _, monitor = loop(tmp_path / "mine", told=False)
    case = read_folder(monitor.folder.path)
    assert all("this split's own labels" in score.reason for score in case.metrics["val"]["life"].values())
    assert case.profile is None


def test_gradients_at_the_shared_features_by_hand(tmp_path):
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
    monitor = Monitor(tmp_path / "mine", net, ["a", "b"], shared=net[0])
    h = net[0](torch.ones(4, 2))
    out = net[1](h)
    monitor.step({"a": out[:, 0].mean(), "b": 3 * out[:, 1].mean()}, weights={"a": 2.0, "b": 0.5})
    monitor.close()
    steps = read_folder(monitor.folder.path).steps
    rows = net[1].weight.detach().double()
    # each of 4 windows gets the head's row over 4: the norm is |row| / 2
    assert steps["grad_norm.a"][0] == pytest.approx(float(rows[0].norm() / 2), rel=1e-6)
    assert steps["grad_norm.b"][0] == pytest.approx(float(3 * rows[1].norm() / 2), rel=1e-6)
    # all windows are alike, so gradients over the shared parameters are the rows times (1, 1, 1)
    cosine = float(F.cosine_similarity(rows[0], rows[1], dim=0))
    assert steps["cosine.a~b"][0] == pytest.approx(cosine, rel=1e-5)
    first, second = out.detach().mean(dim=0).tolist()
    whole = 2 * first + 0.5 * 3 * second
    assert steps["total_loss"][0] == pytest.approx(whole, rel=1e-6)
    assert steps["share.a"][0] == pytest.approx(2 * first / whole, rel=1e-5)
    assert net[0].weight.grad is None


def test_whole_gradients_and_updates_are_those_of_the_optimiser(tmp_path):
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 2.0)
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    monitor = Monitor(tmp_path / "mine", net, ["a"], shared=net, every=1)
    loss = net(torch.full((1, 1), 3.0)).mean()
    monitor.step({"a": loss}, optimizer=optimizer)
    loss.backward()
    optimizer.step()
    monitor.close()
    case = read_folder(monitor.folder.path)
    # d(3 w)/dw = 3, the step is 0.3, the weight 2 -> 1.7
    assert case.steps["total_grad_norm"][0] == pytest.approx(3.0)
    assert case.steps["update_ratio"][0] == pytest.approx(0.15, rel=1e-5)
    assert case.parameters["weight"].tolist() == pytest.approx([2.0, 1.7])
    assert case.gradients["weight"].tolist() == pytest.approx([3.0])


def test_batches_before_a_move_are_one_step(tmp_path):
    plain, _ = loop(None, accumulate=3)
    model, monitor = loop(tmp_path / "mine", accumulate=3)
    assert all(torch.equal(a, b) for a, b in zip(weights(model), weights(plain), strict=True))
    steps = read_folder(monitor.folder.path).steps
    assert len(steps["step"]) == STEPS // 3
    assert set(steps["known.fault"]) == {3.0 * BATCH}
    assert set(steps["stepped"]) == {1.0}


def test_a_loss_that_is_no_number_makes_no_total_of_zero(tmp_path):
    """Epochs of two steps: 1 + 2 and 1 alone; NaN and 1, whose mean is 1; NaN twice, which has none; NaN and 1."""
    model = nn.Linear(2, 1)
    with Monitor(tmp_path / "mine", model, ["a", "b"], every=None) as monitor:
        for losses in ((1.0, 2.0), (1.0, math.nan), (math.nan, math.nan), (1.0, math.nan)):
            monitor.step(dict(zip("ab", losses, strict=True)))
            monitor.step({"a": 1.0} if losses[0] == 1 else {"a": math.nan})
            monitor.epoch()
    case = read_folder(monitor.folder.path)
    assert case.steps["total_loss"].tolist() == pytest.approx(
        [3, 1, math.nan, 1, math.nan, math.nan, math.nan, 1], nan_ok=True
    )
    assert case.epochs["train_loss"].tolist() == pytest.approx([2, 1, math.nan, 1], nan_ok=True)


def test_a_batch_without_labels_adds_nothing_to_the_total(tmp_path):
    with Monitor(tmp_path / "mine", nn.Linear(2, 1), {"a": "regression", "b": "regression"}, every=None) as monitor:
        for labels in (torch.ones(4), torch.full((4,), math.nan)):
            monitor.step({"a": 1.0, "b": labels.mean()}, targets={"a": torch.ones(4), "b": labels})
        monitor.epoch()
    assert read_folder(monitor.folder.path).steps["total_loss"].tolist() == [2.0, 1.0]


def test_norms_under_a_gradient_scaler_are_unscaled(tmp_path):
    found = {}
    for name, scale in (("small", 1.0), ("large", 2.0**12)):
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        _, monitor = loop(tmp_path / name, precision=torch.bfloat16, scaler=scaler, epochs=1)
        found[name] = read_folder(monitor.folder.path).steps
    for column in ("total_grad_norm", "grad_norm.fault", "grad_norm.life"):
        np.testing.assert_allclose(found["small"][column], found["large"][column], rtol=1e-3)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)
    plain, _ = loop(None, precision=torch.bfloat16, scaler=scaler, epochs=1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)
    model, _ = loop(tmp_path / "again", precision=torch.bfloat16, scaler=scaler, epochs=1)
    assert all(torch.equal(a, b) for a, b in zip(weights(model), weights(plain), strict=True))


def test_small_half_precision_gradients_do_not_vanish(tmp_path):
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)).half()
    monitor = Monitor(tmp_path / "mine", net, ["a"], shared=net[0])
    monitor.step({"a": 1e-6 * net(torch.ones(64, 2).half()).float().mean()})
    monitor.close()
    expected = 1e-6 / 64 * 8 * float(net[1].weight.detach().double().norm())
    assert read_folder(monitor.folder.path).steps["grad_norm.a"][0] == pytest.approx(expected, rel=0.05)


def test_numbers_only(tmp_path):
    _, monitor = loop(tmp_path / "mine", every=None)
    steps = read_folder(monitor.folder.path).steps
    assert np.isnan(steps["total_grad_norm"]).all()
    assert not [name for name in steps if name.startswith("grad_norm.")]
    assert np.isfinite(steps["loss.fault"]).all()


def test_what_the_loop_reports_stands_beside_what_is_pooled(tmp_path):
    net = Net()
    x, y = data()
    with Monitor(tmp_path / "mine", net, TASKS) as monitor:
        monitor.validate(net(x), y)
        monitor.epoch(
            metrics={"val": {"fault": {"acc": 0.9, "accuracy": 0.8}, "loss": 0.3}, "train": {"fault": {"acc": 1}}}
        )
        monitor.validate(net(x), y)
        monitor.epoch(metrics={"life": {"new": 2.0}})
    case = read_folder(monitor.folder.path)
    assert case.scores["fault"]["acc"].tolist() == pytest.approx([0.9, np.nan], nan_ok=True)
    assert case.scores["fault"]["accuracy"][0] == 0.8
    assert case.metrics["val"]["fault"]["accuracy"].value != 0.8
    assert case.scores["life"]["new"].tolist() == pytest.approx([np.nan, 2.0], nan_ok=True)
    assert case.epochs["val_loss"][0] == 0.3


def test_the_epoch_that_is_kept_is_judged(tmp_path):
    x, y = data()
    net = Net().eval()
    with Monitor(tmp_path / "mine", net, TASKS) as monitor:
        for kept in (False, True, False):
            nn.init.constant_(net.heads["life"].bias, 7.0 if kept else 0.0)
            nn.init.zeros_(net.heads["life"].weight)
            monitor.validate(net(x), y)
            monitor.epoch(kept=kept)
    case = read_folder(monitor.folder.path)
    assert case.state["best"]["epoch"] == 2
    assert set(case.predictions["val"]["life"].pred) == {7.0}


def test_windows_of_validation_that_were_trained_on_are_counted(tmp_path):
    net = Net()
    x, y = data()
    with Monitor(tmp_path / "mine", net, TASKS) as monitor:
        first = {name: one[:20] for name, one in y.items()}
        monitor.step(losses_of(net(x[:20]), first), targets=first, inputs=x[:20], recording=list("ab" * 10))
        both = {name: one[10:30] for name, one in y.items()}
        monitor.validate(net(x[10:30]), both, inputs=x[10:30], recording=list("bc" * 10))
        monitor.epoch()
    split = read_folder(monitor.folder.path).profile.split
    assert (split.duplicates, split.straddling) == (10, 1)
    assert split.windows == {"train": 20, "val": 20}


def test_a_loop_that_fails_says_so_and_keeps_what_there_is(tmp_path):
    net, (x, y) = Net(), data()
    monitor = Monitor(tmp_path / "mine", net, TASKS)

    def fail() -> None:
        with monitor:
            monitor.step(losses_of(net(x), y))
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError):
        fail()
    case = read_folder(monitor.folder.path)
    assert case.state["status"] == "failed"
    assert case.state["reason"] == "ZeroDivisionError: mine"
    assert len(case.steps["step"]) == 1


KILLED = """
import sys, torch
sys.path.insert(0, sys.argv[1])
from tests.training.loops import loop
from polyhead.training.monitor import Monitor
epoch = Monitor.epoch
def told(self, *a, **k):
    epoch(self, *a, **k)
    print(self.folder.path, flush=True)
Monitor.epoch = told
loop(__import__("pathlib").Path(sys.argv[2]), epochs=10000)
"""


def test_a_killed_loop_leaves_a_folder_that_reads(tmp_path):
    command = [sys.executable, "-c", KILLED, str(ROOT), str(tmp_path / "mine")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            folder = Path(process.stdout.readline().strip())
        time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    case = read_folder(folder)
    assert case.state["status"] == "training"
    assert len(case.steps["step"]) >= 3 * STEPS // 2
    assert case.metrics["val"]["fault"]["macro_f1"].value is not None


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[nn.Module]]:
    """Runs of the first of two processes, without and with gathering, and one without a monitor."""
    out = tmp_path_factory.mktemp("ranks")
    store = distributed.TCPStore("127.0.0.1", 0, None, True, wait_for_workers=False)
    command = [sys.executable, "-m", "tests.training.loops", str(out / "second"), str(store.port)]
    threads = torch.get_num_threads()
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"GLOO_SOCKET_IFNAME": "lo"}) as other:
        try:
            os.environ["GLOO_SOCKET_IFNAME"] = "lo"
            torch.set_num_threads(1)
            distributed.init_process_group("gloo", store=store, rank=0, world_size=2)
            models = [loop(out / name, wrap=True, gather=name == "all", count=2)[0] for name in ("own", "all")]
            models.append(loop(None, wrap=True, count=2)[0])
            distributed.destroy_process_group()
            assert other.wait(60) == 0
        finally:
            del os.environ["GLOO_SOCKET_IFNAME"]
            torch.set_num_threads(threads)
            other.kill()
    return out, models


def test_of_two_processes_the_first_writes(both):
    out, models = both
    assert not (out / "second").exists()
    assert all(torch.equal(a, b) for m in models[:2] for a, b in zip(weights(m), weights(models[2]), strict=True))
    case = read_folder(next((out / "own").iterdir()))
    assert len(case.predictions["val"]["fault"].truth) == (ALL - TRAIN) // 2
    assert set(case.parameters) == {"epoch", *(name for name, _ in Net().named_parameters())}


def test_processes_that_gather_put_their_predictions_together(both):
    case = read_folder(next((both[0] / "all").iterdir()))
    found = case.predictions["val"]["fault"].truth
    assert sorted(found) == sorted(str(one) for one in data()[1]["fault"][TRAIN:].tolist())


def test_a_folder_of_its_own_for_each_monitor(tmp_path):
    first, second = (Monitor(tmp_path / "mine", Net(), TASKS) for _ in range(2))
    assert first.folder.path != second.folder.path
    assert first.folder.path.parent == tmp_path / "mine"


def test_polyhead_brings_it():
    assert polyhead.Monitor is Monitor


X, Y = data()
WRONG = [
    (lambda m: m.step({"falt": 1.0}), r"losses\['falt'\]: no task 'falt'; there are fault, anomaly, life"),
    (lambda m: m.step({"fault": torch.ones(3)}), r"losses\['fault'\]: expected one number, found shape \(3,\)"),
    (lambda m: m.step({"fault": 1.0}, weights=[1.0]), "weights: expected 3 weights, found 1"),
    (lambda m: m.step({"fault": 1.0}, weights={"x": 1}), "weights: no task 'x'"),
    (
        lambda m: m.step({"fault": 1.0}, targets={"fault": torch.tensor([-3])}),
        "expected class numbers from 0, found -3",
    ),
    (lambda m: m.step({"fault": 1.0}, targets={"anomaly": torch.tensor([2.0])}), "expected 0 and 1, found 2"),
    (lambda m: m.validate({"fault": torch.ones(3)}, Y), r"expected shape \(window, class\), found \(3,\)"),
    (lambda m: m.validate({"fault": torch.tensor([1, 2])}, Y), "expected logits, found int64"),
    (lambda m: m.validate({"life": X[:, :1]}, {"life": Y["life"][:3]}), "predictions and targets of one shape"),
    (lambda m: m.validate({"fault": X[:, :3]}, Y, recording=["a"]), "a name for each of 256 windows, found 1"),
    (lambda m: m.validate({"fault": X[:, :2]}, Y), r"targets\['fault'\]: class 2 of 2 outputs"),
    (lambda m: m.validate({"fault": X[:, :3]}, Y, split="dev"), "split: no split 'dev'; use one of train, val, test"),
    (lambda m: m.epoch(metrics={"val": {"x": {"acc": 1}}}), "metrics.val: no task 'x'"),
    (lambda m: m.epoch(metrics={"fault": {"acc": "good"}}), "metrics.val.fault.acc: expected a number, found 'good'"),
]


@pytest.mark.parametrize(("call", "line"), WRONG)
def test_what_cannot_be_is_one_clear_line(tmp_path, call, line):
    monitor = Monitor(tmp_path / "mine", Net(), TASKS)
    with pytest.raises(InputError, match=line):
        call(monitor)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"tasks": {"fault": "clasification"}}, "tasks.fault: no kind of task 'clasification'; did you mean class"),
        ({"tasks": {"fault": {"kind": "binary", "los": "bce"}}}, "tasks.fault: no key 'los'; did you mean loss"),
        ({"tasks": {"a b": "binary"}}, "task name 'a b'"),
        ({"tasks": "fault"}, "tasks: expected"),
        ({"shared": "trunk"}, "shared: no module 'trunk'; use one of backbone, heads"),
        ({"every": 0}, "every: expected a number of steps or None, found 0"),
    ],
)
def test_a_monitor_that_cannot_be_made(tmp_path, options, line):
    with pytest.raises(InputError, match=line):
        Monitor(tmp_path / "mine", Net(), **({"tasks": TASKS} | options))
    assert not (tmp_path / "mine").exists()


def test_files_are_json_and_parquet_without_polyhead(watched):
    folder = watched[1].folder
    for name in ("metadata", "data", "state", "metrics", "profile", "environment"):
        assert json.loads((folder / f"{name}.json").read_text())["schema_version"] == 1
    frame = pl.read_parquet(folder / "predictions" / "val.parquet")
    assert frame.columns[:2] == ["recording", "index"]
    assert frame.height == ALL - TRAIN
