"""One epoch for several tasks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.stale_checkpoint import CHECK, measure
from polyhead.scoring.metric import Score

from ..cases import Row, fires, found, healthy, nested

BASE = "detector"
EPOCHS = np.arange(1.0, 31.0)


def kept(case: Case, chosen: int, drop: float, noise: float = 0.01, peak: int = 10, scale: float = 1.0) -> Case:
    """30 epochs: the angle rises to the end; the energy peaks at `peak` at 0.8 and falls by `drop` to the end. A sum of
    losses chooses."""
    rng = np.random.default_rng(0)
    energy = 0.8 * np.minimum(EPOCHS / peak, 1) - drop * np.clip((EPOCHS - peak) / (30 - peak), 0, None)
    energy = energy + noise * rng.normal(size=30)
    angle = 0.9 * EPOCHS / 30
    losses = {"epoch": EPOCHS, "energy": 1 - energy, "angle": 100 * scale * (1 - angle)}
    losses["total"] = losses["energy"] + losses["angle"]
    return replace(
        case,
        tasks={name: case.tasks[name] for name in ("energy", "angle")},
        scores={"energy": {"epoch": EPOCHS, "r2": energy}, "angle": {"epoch": EPOCHS, "r2": angle}},
        losses={"val": losses},
        epochs={"epoch": EPOCHS, "val_loss": losses["total"]},
        state={"best": {"monitor": "val/loss", "epoch": chosen}},
    )


def plant(case: Case) -> Case:
    """The last epoch is the best of the sum; the energy lost 0.3 of 0.8 since its own."""
    return kept(case, 30, 0.3)


def judged_by(case: Case, monitor: str, half: float) -> Case:
    """The energy loses 0.12 of 0.8 after epoch 10, `monitor` chose, and the interval of its score is +-`half`."""
    case = kept(case, 30, 0.12)
    interval = (0.68 - half, 0.68 + half)
    score = Score(0.68, 0.0, None, 0.68, 200, interval, None, "mean", "higher", 1.0, "", primary=True)
    state = {"best": {"monitor": monitor, "epoch": 30}}
    return replace(case, state=state, losses=None, metrics={"val": {"energy": {"r2": score}}})


def learned_little(case: Case) -> Case:
    """The best epoch stands 0.02 above the floor, of a score that is known to +-0.05, and all of it is lost."""
    case = judged_by(case, "val/angle/r2", 0.05)
    energy = 0.02 * np.exp(-(((EPOCHS - 10) / 5) ** 2))
    return replace(case, scores={**case.scores, "energy": {"epoch": EPOCHS, "r2": energy}})


ROWS: tuple[Row, ...] = (
    ("a mean, surely lost", lambda case: judged_by(case, "val/skill", 0.05), True, "0.12 is more than 0.05"),
    ("a mean, few windows", lambda case: judged_by(case, "val/skill", 0.2), False, "0.12 is within the interval"),
    ("another's metric", lambda case: judged_by(case, "val/angle/r2", 0.2), True, "it was never asked"),
    ("by training", lambda case: judged_by(case, "train/energy/r2", 0.2), True, "validation was never asked"),
    ("nothing learned", learned_little, False, "what is lost was never there"),
    ("another's best", plant, True, "the energy lost a third"),
    ("final instead of best", lambda case: replace(case, state={"best": {"monitor": "val/skill", "epoch": 3}}), True,
     "epoch 3 of a run that rises to epoch 12"),
    ("a little less", lambda case: kept(case, 30, 0.05, noise=0.002), False, "0.05 of 0.8 is 6 %"),
    ("noise", lambda case: kept(case, 30, 0.1, noise=0.1), False, "no more than an epoch's noise"),
    ("own best", lambda case: kept(case, 30, 0.3, peak=29), False, "epochs 29 and 30 are one"),
    ("healthy", lambda case: case, False, "val/skill, every task near its best"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_lost_by_hand():
    """Medians of three: at the peak 0.785 of 0.72, 0.8, 0.785; at the end 0.5075 of 0.515 and 0.5. Over the floor of 0
    the share lost is 0.2775 / 0.785 = 0.3535."""
    stale = next(one for one in measure(kept(healthy(BASE), 30, 0.3, noise=0.0)) if one.task == "energy")
    assert (stale.best, stale.chosen) == (10, 30)
    assert stale.lost == pytest.approx(0.3535, abs=0.003)
    assert stale.dominant == ("angle", pytest.approx(0.99, abs=0.01))


def test_published_run():
    """Epoch 68 of 100 by validation loss: of what moved, 6.04 of 6.776 is the countdown's (89 %)."""
    table = {
        "epoch": np.array([1.0, 10, 20, 50, 100]),
        "type": np.array([1.08, 0.69, 0.70, 0.74, 0.68]),
        "pointer": np.array([0.025, 0.011, 0.010, 0.011, 0.009]),
        "span": np.array([0.57, 0.25, 0.27, 0.29, 0.28]),
        "countdown": np.array([16.12, 15.25, 12.88, 11.00, 10.08]),
        "total": np.array([17.79, 16.20, 13.86, 12.04, 11.05]),
    }
    tasks = {name: TaskFacts(name) for name in ("type", "pointer", "span", "countdown")}
    state = {"best": {"monitor": "val_loss", "epoch": 68}}
    (stale,) = measure(Case("a paper", tasks, losses={"val": table}, state=state))
    assert stale.dominant == ("countdown", pytest.approx(6.04 / 6.776, abs=1e-3))
    finding = CHECK.judge(stale)
    assert finding.severity == "note"
    assert "countdown" in finding.what


def test_weighted_sum_counts_weighted_parts():
    """Where the total is that of weighted losses, so is the movement: a weight of 1/100 takes the angle's lead."""
    case = kept(healthy(BASE), 30, 0.3)
    loss = case.losses["val"]
    total = loss["energy"] + 0.01 * loss["angle"]
    weights = {"epoch": EPOCHS, "weight_energy": np.ones(30), "weight_angle": np.full(30, 0.01)}
    weighted = replace(case, losses=nested(case.losses, "val", total=total), weights=weights)
    monitor = next(one for one in measure(weighted) if one.task is None)
    assert monitor.dominant[1] < 0.6


def test_order_of_tasks_and_scale_of_the_others_do_not_matter():
    case = plant(healthy(BASE))
    turned = replace(case, tasks=dict(reversed(case.tasks.items())))
    scaled = kept(healthy(BASE), 30, 0.3, scale=10.0)

    def said(one: Case) -> set[str]:
        return {finding.fingerprint for finding in found(CHECK, one) if finding.severity == "warning"}

    assert said(case) == said(turned) == said(scaled) != set()


def test_a_run_that_still_trains_is_not_checked():
    case = plant(healthy(BASE))
    going = replace(case, state={**case.state, "status": "training"})
    assert not fires(CHECK, going)
    with pytest.raises(NotCheckedError, match="still going on"):
        list(measure(going))
    assert fires(CHECK, replace(case, state={**case.state, "status": "interrupted"}))


@pytest.mark.parametrize(
    ("monitor", "counted"),
    [("val/skill", True), ("val/energy/r2", True), ("", True), ("val/angle/r2", False), ("train/skill", False)],
)
def test_whom_the_monitor_counts(monitor, counted):
    stale = next(one for one in measure(judged_by(healthy(BASE), monitor, 0.2)) if one.task == "energy")
    assert stale.counted is counted


def test_half_an_interval_by_hand():
    """Medians of three: from 0.794 (of 0.72, 0.8 and 0.794) to 0.683 (of 0.686 and 0.68), 0.111 of +-0.2."""
    case = judged_by(healthy(BASE), "val/skill", 0.2)
    energy = kept(healthy(BASE), 30, 0.12, noise=0.0).scores["energy"]
    case = replace(case, scores={**case.scores, "energy": energy})
    stale = next(one for one in measure(case) if one.task == "energy")
    assert stale.half == pytest.approx(0.2 / 0.111)


def test_unknown_epoch_is_not_passed():
    with pytest.raises(NotCheckedError, match="chosen"):
        list(measure(replace(healthy(BASE), state={})))
