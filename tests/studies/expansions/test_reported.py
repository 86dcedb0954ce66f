"""The reported run: its loop is the one that was written up, with its faults, on the generator's windows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.folder import read_folder
from polyhead.studies.expansions import reported
from polyhead.studies.expansions.market import generate
from polyhead.studies.expansions.options import MarketOptions

FEW = {"bases": 40, "overlapping": 20, "seed": 3}
EPOCHS = 3


@pytest.fixture(scope="module")
def windows() -> reported.Windows:
    return reported.Windows(MarketOptions())


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_folder(reported.run(tmp_path_factory.mktemp("reported"), epochs=EPOCHS, options=FEW))


def test_the_loop_is_short():
    lines = Path(reported.__file__).read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 150


def test_the_model_is_the_one_of_the_write_up():
    """LSTM 2 x 4 x 96 x (12 + 96 + 2), 192 to 64, and of these 3 and 2, per bar 1 and 1, and four sigmas."""
    by_hand = 8 * 96 * (12 + 96 + 2) + 193 * 64 + 65 * 3 + 65 * 2 + 193 + 193 + 4
    assert sum(p.numel() for p in reported.Compact().parameters()) == by_hand == 97_547
    out = reported.Compact()(torch.zeros(5, 12, 105))
    assert {task: tuple(one.shape) for task, one in out.items()} == {
        "type": (5, 3),
        "ptr": (5, 2),
        "span": (5, 105),
        "countdown": (5, 105),
    }


def test_two_hundred_and_ten_windows_of_the_bases(windows):
    bases = generate(MarketOptions())
    assert windows.x.shape == (210, 12, 105)
    assert len(set(windows.base)) == len(bases) == 174
    for number in (0, 17, 173):
        base, at = bases[number], windows.base.index(f"base {number}")
        start, end = base.start, min(base.end, 104)
        assert windows.y["span"][at].nonzero()[:, 0].tolist() == list(range(start, end + 1))
        assert windows.y["ptr"][at].tolist() == pytest.approx([(start + end) / 2 / 105, (end - start) / 105])
        hand = [max(-20, min(20, start - bar)) for bar in range(105)]
        assert windows.y["countdown"][at].tolist() == hand
        assert ("consolidation", "retracement")[windows.y["type"][at]] == base.state


def test_a_shifted_window_sees_the_same_expansion_52_bars_earlier(windows):
    bases, seen = generate(MarketOptions()), 0
    for at in range(1, 210):
        if windows.base[at] != windows.base[at - 1]:
            continue
        seen += 1
        base = bases[int(windows.base[at].split()[1])]
        bars = windows.y["span"][at].nonzero()[:, 0] + 52
        assert (bars[0], bars[-1]) == (max(base.start, 52), base.end)
    assert seen == 36


def test_losses_by_their_formulas():
    draw = torch.Generator().manual_seed(0)
    score, truth = torch.rand(3, 105, generator=draw), (torch.rand(3, 105, generator=draw) < 0.1).float()
    score[0, 0], truth[0, 0] = 0.0, 1.0  # clamped: - ln 1e-7 and not infinite
    far, near = torch.tensor([[5.0, -0.5]]), torch.zeros(1, 2)
    out = {"type": torch.zeros(3, 3), "ptr": torch.tensor([[0.5, 0.04]]), "span": score, "countdown": far}
    losses = reported.losses_of(out, {"type": torch.tensor([0, 1, 1]), "ptr": near, "span": truth, "countdown": near})
    p = score.double().numpy().clip(1e-7, 1 - 1e-7)
    hand = -np.where(truth.numpy() == 1, np.log(p), np.log(1 - p)).mean()
    assert float(losses["span"]) == pytest.approx(hand, rel=1e-5)
    assert float(losses["countdown"]) == pytest.approx((5 - 0.5 + 0.5**2 / 2) / 2)
    assert float(losses["ptr"]) == pytest.approx((0.08 * (0.5 - 0.04) + 0.04**2 / 2) / 2)
    assert float(losses["type"]) == pytest.approx(np.log(3))


def test_span_f1_is_a_mean_over_windows():
    """A window found whole, one of which half the bars are found, and one where nothing is said: 1, 2/3 and 0."""
    truth, score = torch.zeros(3, 10), torch.zeros(3, 10)
    truth[:, 2:4], score[0, 2:4], score[1, 2] = 1, 0.9, 0.9
    found = reported.span_metrics(score, truth)
    assert found["f1"] == pytest.approx((1 + 2 / 3) / 3)
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), pytest.approx(1 / 2))
    assert reported.span_metrics(torch.full((3, 10), 0.06), truth)["f1"] == 0


def test_the_split_cuts_bases_in_two(case):
    few = reported.Windows(MarketOptions.model_validate(FEW))
    parts = train_test_split(range(60), test_size=0.2, random_state=42)
    train, val = ({few.base[at] for at in part} for part in parts)
    assert case.profile.split.windows == {"train": 48, "val": 12}
    assert case.profile.split.straddling == len(train & val) > 0


def test_f1_stands_beside_that_of_every_bar(case):
    score = case.metrics["val"]["span"]["f1"]
    share = (case.predictions["val"]["span"].truth == 1).mean()
    assert score.value == 0
    assert score.floor >= 2 * share / (1 + share) - 1e-9


def test_pointers_are_told_as_first_and_last_bar(case, windows):
    ends = reported.in_bars(windows.y)["ptr"].numpy()
    first, last = zip(*((bars[0], bars[-1]) for bars in map(np.flatnonzero, windows.y["span"].numpy())), strict=True)
    np.testing.assert_allclose(ends, np.stack([first, last], axis=1), atol=1e-4)
    assert case.metrics["val"]["ptr"]["boundary_mae"].unit == "bars"


def test_the_best_epoch_is_that_of_the_plain_sum(case):
    losses = case.losses["val"]
    plain = sum(losses[task] for task in reported.TASKS)
    np.testing.assert_allclose(plain, case.epochs["val_loss"], rtol=1e-5)
    assert case.state["best"]["epoch"] == 1 + int(np.argmin(plain))
    assert (losses["countdown"] / plain).min() > 0.8


def test_a_loop_that_climbs_keeps_its_first_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.optim, "AdamW", partial(torch.optim.AdamW, maximize=True))
    climbed = read_folder(reported.run(tmp_path, epochs=2, options={"bases": 12, "overlapping": 4}))
    assert climbed.epochs["val_loss"][1] > climbed.epochs["val_loss"][0]
    assert climbed.state["best"]["epoch"] == 1


def test_what_goes_backward_is_kendalls_with_its_logarithms(case):
    """At the first step the sigmas are those of the start: 1, and exp(-.3) for the pointers."""
    loss = {task: case.steps[f"loss.{task}"][0] for task in reported.TASKS}
    hand = (loss["type"] + loss["span"] + loss["countdown"]) / 2 + loss["ptr"] / (2 * np.exp(-0.6)) - 0.3
    assert case.steps["total_loss"][0] == pytest.approx(hand, rel=1e-5)
    assert case.steps["weight.ptr"][0] == pytest.approx(0.5 * np.exp(0.6), rel=1e-5)
    assert len(case.steps["total_loss"]) == EPOCHS * 2


def test_countdown_holds_most_of_the_objective_and_sigmas_lag(case):
    assert case.steps["share.countdown"].min() > 0.8
    assert case.weights["lag_countdown"].max() < 1 / 3  # sigma^2 is far below the loss that it should come to rest at
    assert case.scores["span"]["f1"].tolist() == [0.0] * EPOCHS


def test_the_same_seed_gives_the_same_run(case, tmp_path):
    again = read_folder(reported.run(tmp_path, epochs=1, options=FEW))
    assert again.steps["total_loss"].tolist() == case.steps["total_loss"][:2].tolist()
