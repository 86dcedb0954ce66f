"""Spans, pointers and countdowns in someone's own loop under a monitor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, roc_auc_score
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import read_folder
from polyhead.errors import InputError
from polyhead.training.monitor import Monitor

BARS, ALL, TRAIN = 20, 96, 64
TASKS = {
    "span": {"kind": "span", "loss": "bce"},
    "ptr": {"kind": "pointers", "loss": "mse", "unit": "bars"},
    "countdown": {"kind": "countdown", "loss": "mse", "unit": "bars"},
}


class Net(nn.Module):
    """A logit and a countdown for each bar, two numbers for each window."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Conv1d(1, 8, 3, padding=1)
        self.span, self.ptr, self.countdown = nn.Conv1d(8, 1, 1), nn.Linear(8, 2), nn.Conv1d(8, 1, 1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        h = self.backbone(x).relu()
        return {"span": self.span(h)[:, 0], "ptr": self.ptr(h.mean(2)), "countdown": self.countdown(h)[:, 0]}


def data() -> tuple[Tensor, dict[str, Tensor]]:
    """Windows with one span each but every seventh, which has none."""
    draw = torch.Generator().manual_seed(0)
    start = torch.randint(0, 12, (ALL,), generator=draw)
    end = start + torch.randint(1, 6, (ALL,), generator=draw)
    bar, none = torch.arange(BARS), torch.arange(ALL) % 7 == 0
    span = ((start[:, None] <= bar) & (bar <= end[:, None]) & ~none[:, None]).float()
    ptr, countdown = torch.stack([start, end], dim=1).float(), (start[:, None] - bar).float()
    ptr[none], countdown[none] = torch.nan, torch.nan
    x = (span + 0.1 * torch.randn(ALL, BARS, generator=draw))[:, None]
    return x, {"span": span, "ptr": ptr, "countdown": countdown}


def losses_of(out: dict[str, Tensor], y: dict[str, Tensor]) -> dict[str, Tensor]:
    known = y["ptr"].isfinite().all(dim=1)
    numbers = {task: F.mse_loss(out[task][known], y[task][known]) for task in ("ptr", "countdown")}
    return {"span": F.binary_cross_entropy_with_logits(out["span"], y["span"])} | numbers


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The folder as it reads, the last predictions and the labels of validation."""
    torch.manual_seed(0)
    (x, y), model = data(), Net()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    val = {task: one[TRAIN:] for task, one in y.items()}
    with Monitor(tmp_path_factory.mktemp("loop") / "spans", model, TASKS, shared="backbone") as monitor:
        for _ in range(2):
            for at in torch.arange(TRAIN).split(16):
                labels = {task: one[at] for task, one in y.items()}
                losses = losses_of(model(x[at]), labels)
                monitor.step(losses, targets=labels, optimizer=optimizer, recording=at, inputs=x[at])
                optimizer.zero_grad()
                torch.stack([*losses.values()]).sum().backward()
                optimizer.step()
            with torch.no_grad():
                said = model(x[TRAIN:])
            monitor.validate(said, val, losses=losses_of(said, val), recording=range(TRAIN, ALL), inputs=x[TRAIN:])
            monitor.epoch()
    case = read_folder(monitor.folder.path)
    return case, {task: one.numpy() for task, one in said.items()}, {task: one.numpy() for task, one in val.items()}


def test_metrics_equal_others(shown):
    case, said, truth = shown
    val = case.metrics["val"]
    score = 1 / (1 + np.exp(-said["span"].astype(float)))
    assert val["span"]["auroc"].value == pytest.approx(roc_auc_score(truth["span"].ravel(), score.ravel()))
    assert val["span"]["f1"].value == pytest.approx(f1_score(truth["span"].ravel(), score.ravel() >= 0.5))
    known = np.isfinite(truth["ptr"]).all(axis=1)
    assert val["ptr"]["boundary_mae"].n == known.sum()
    for task, metric in (("ptr", "boundary_mae"), ("countdown", "mae")):
        assert val[task][metric].value == pytest.approx(np.abs(said[task] - truth[task])[known].mean(), rel=1e-6)
    assert val["countdown"]["mae"].floor_predictor == "bar-median"


def test_floor_losses_are_of_one_constant_for_all_samples(shown):
    """Entropy of the share of marked bars; variance of all numbers together, of each end on its own."""
    case, y = shown[0], {task: one[:TRAIN].numpy() for task, one in data()[1].items()}
    p, known = y["span"].mean(), np.isfinite(y["ptr"]).all(axis=1)
    floors = {task: facts.floor_loss for task, facts in case.tasks.items()}
    assert floors == pytest.approx(
        {
            "span": -p * np.log(p) - (1 - p) * np.log(1 - p),
            "ptr": y["ptr"][known].var(axis=0).mean(),
            "countdown": y["countdown"][known].var(),
        },
        rel=1e-5,
    )


def test_tables_and_steps_count_samples(shown):
    case, said, truth = shown
    score = 1 / (1 + np.exp(-said["span"].astype(float)))
    table, marks = case.probabilities["val"], truth["span"] == 1
    assert table["span_pos_mean"][-1] == pytest.approx(score[marks].mean(), rel=1e-6)
    assert table["span_separation"][-1] == pytest.approx(score[marks].mean() - score[~marks].mean(), rel=1e-6)
    assert case.steps["count.span.0"][0] + case.steps["count.span.1"][0] == 16 * BARS
    assert case.steps["variance.ptr"][0] > 0
    assert np.isnan(case.predictions["val"]["countdown"].truth[~case.predictions["val"]["countdown"].mask]).all()


def test_views_of_one_span_are_no_proxies_of_each_other(shown):
    """The profile counts marked bars, and all numbers of a countdown."""
    profile = shown[0].profile
    left = data()[1]["countdown"][:TRAIN]
    labels, known = profile.targets["countdown"].splits["train"], left[left.isfinite()].numpy()
    assert (labels.mean, labels.sd) == (pytest.approx(known.mean(), rel=1e-5), pytest.approx(known.std(), rel=1e-5))
    assert (labels.distinct, labels.at_min) == (len(np.unique(known)), np.mean(known == known.min()))
    assert profile.targets["span"].splits["train"].known == TRAIN
    assert profile.pairs == []


@pytest.mark.parametrize(
    ("task", "shape", "expected"),
    [
        ("span", (16,), "(window, sample)"),
        ("ptr", (16, 3), "(window, 2), first and last sample"),
        ("countdown", (16,), "(window, sample)"),
    ],
)
def test_a_shape_that_cannot_be_is_one_clear_line(tmp_path: Path, task, shape, expected):
    with (
        pytest.raises(InputError) as error,
        Monitor(tmp_path / "mine", Net(), TASKS, shared="backbone") as monitor,
    ):
        monitor.validate({task: torch.zeros(shape)}, {task: torch.zeros(shape)})
    assert expected in str(error.value)
