"""Curves that turn, by construction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.overfitting import CHECK, measure
from polyhead.scoring.metric import Score

from ..cases import Row, columns, fires, found, healthy

BASE = "detector"
EPOCHS = np.arange(1.0, 41.0)


def curves(
    case: Case, fall: float, noise: float = 0.01, learning: bool = True, kept: int = 40, scale: float = 1.0
) -> Case:
    """40 epochs of the energy: R2 rises to 0.8 at epoch 15, then falls by `fall` in all; its training loss falls on or
    lies flat; epoch `kept` is the judged one."""
    rng = np.random.default_rng(0)
    rise = 0.8 * np.minimum(EPOCHS / 15, 1)
    r2 = rise - fall * np.clip((EPOCHS - 15) / 25, 0, None) + noise * rng.normal(size=40)
    train = np.exp(-EPOCHS / 10) if learning else np.exp(-np.minimum(EPOCHS, 15) / 10)
    train = train + 0.001 * rng.normal(size=40)
    return replace(
        case,
        tasks={"energy": case.tasks["energy"]},
        scores={"energy": {"epoch": EPOCHS, "r2": r2}},
        losses={"train": {"epoch": EPOCHS, "energy": scale * train, "total": scale * train}},
        state={"best": {"monitor": "val/loss", "epoch": kept}},
    )


def plant(case: Case) -> Case:
    """A quarter of what validation gained is lost again while training gains, and the last epoch is used."""
    return with_gap(curves(case, 0.2), 0.75, 0.6)


def scored(train: float, val: float, half: float | None = 0.02) -> Case:
    """A table of two scores of a classifier of 440 classes, chance 0.0023."""

    def score(value: float) -> Score:
        skill = (value - 0.0023) / (1 - 0.0023)
        interval = None if half is None else (value - half, value + half)
        return Score(value, 0.0023, None, skill, 1000, interval, None, "majority", "higher", 1.0, "", True)

    metrics = {"train": {"combined": {"accuracy": score(train)}}, "val": {"combined": {"accuracy": score(val)}}}
    return Case("a table", {"combined": TaskFacts("combined", primary="accuracy")}, losses={}, metrics=metrics)


def with_gap(case: Case, train: float, val: float, test: float | None = None, half: float | None = 0.05) -> Case:
    """R2 of the energy on training, +- `half`, on validation and on test, each +- 0.05."""

    def score(value: float, half: float | None = 0.05) -> Score:
        interval = None if half is None else (value - half, value + half)
        return Score(value, 0.0, None, value, 500, interval, None, "mean", "higher", 1.0, "", True)

    metrics = {"train": {"energy": {"r2": score(train, half)}}, "val": {"energy": {"r2": score(val)}}}
    return replace(case, metrics=metrics | ({} if test is None else {"test": {"energy": {"r2": score(test)}}}))


def trained_on(case: Case, recordings: int, train: float = 0.95) -> Case:
    """Training on so few recordings that they have no interval; 12 of validation and test, where skill is 0.6."""

    def said(recordings: int) -> dict[str, Predicted]:
        name, known = np.arange(10 * recordings) % recordings, np.ones(10 * recordings, bool)
        return {"energy": Predicted(name, known.astype(float), known.astype(float), known)}

    predictions = {"train": said(recordings), "val": said(12), "test": said(12)}
    return replace(with_gap(case, train, 0.6, 0.6, None), predictions=predictions)


def columns_of(case: Case, factor: float) -> dict:
    """Validation over epochs, R2 times a factor."""
    table = case.scores["energy"]
    return {"energy": columns(table, r2=factor * table["r2"])}


def held_out(case: Case) -> Case:
    """Validation on a load that training never saw."""
    split = case.config.data.split.model_copy(update={"hold_out": {"val": {"load": [2.0]}}})
    data = case.config.data.model_copy(update={"split": split})
    return replace(case, config=case.config.model_copy(update={"data": data}))


def rising(case: Case) -> Case:
    """Validation that gains to the last epoch."""
    return replace(curves(case, 0.0), scores={"energy": {"epoch": EPOCHS, "r2": 0.02 * EPOCHS}})


def total(val: np.ndarray, train: np.ndarray | None = None) -> Case:
    """A log of 40 epochs that knows no task."""
    falling = np.exp(-EPOCHS / 10) if train is None else train
    return Case("a log", {}, epochs={"epoch": EPOCHS, "train_loss": falling, "val_loss": val})


TURNS = 0.4 + 0.6 * np.exp(-EPOCHS / 4) + 0.02 * np.clip(EPOCHS - 15, 0, None)
TURNS = TURNS + 0.01 * np.random.default_rng(0).normal(size=40)

ROWS: tuple[Row, ...] = (
    ("past its best", plant, True, "lost 0.2 of 0.8"),
    ("best epoch kept", lambda case: curves(case, 0.2, kept=15), False, "no harm was done: a note"),
    (
        "never gained",
        lambda case: (c := with_gap(curves(case, 0.2), 0.75, 0.6)) and replace(c, scores=columns_of(c, 0.1)),
        False,
        "R2 of 0.08 at its best",
    ),
    ("within noise", lambda case: curves(case, 0.08, noise=0.08), False, "a fall of one epoch's noise"),
    ("a little", lambda case: curves(case, 0.04, noise=0.002), False, "a twentieth of the gain"),
    ("training lies still too", lambda case: curves(case, 0.2, learning=False), False, "nothing is learned by heart"),
    ("rises to the end", lambda case: curves(case, -0.1), False, "no fall"),
    ("published gap", lambda _: scored(0.383, 0.256), True, "12.7 points of 38, a third"),
    ("published gap without intervals", lambda _: scored(0.5923, 0.26, None), True, "33 points"),
    ("gap at the end of a long run", lambda case: with_gap(curves(case, 0.0), 0.95, 0.6), True, "0.35 of 0.95"),
    ("gap while validation gains", lambda case: with_gap(rising(case), 0.95, 0.6), False, "best at the end: a note"),
    (
        "gap once training has ended",
        lambda case: with_gap(curves(case, 0.0, learning=False), 0.95, 0.6),
        False,
        "what fitting left, nothing is lost by it: a note",
    ),
    ("held out on purpose", lambda case: with_gap(held_out(curves(case, 0.0)), 0.95, 0.6), False, "a shift: a note"),
    ("most is lost", lambda case: with_gap(rising(case), 0.95, 0.35, 0.3), True, "0.6 - 0.07, more than 0.475"),
    ("most may be lost", lambda case: with_gap(rising(case), 0.95, 0.45, 0.3), False, "0.5 - 0.07, less than 0.475"),
    (
        "test has no gap",
        lambda case: with_gap(curves(case, 0.0), 0.95, 0.6, 0.9),
        False,
        "validation is hard by chance",
    ),
    ("few recordings", lambda case: trained_on(rising(case), 4), True, "0.35 - hypot(0.05, 0.05 sqrt 3) = 0.25"),
    ("eight recordings", lambda case: trained_on(rising(case), 8), False, "the same gap, what fitting leaves: a note"),
    ("two recordings, small gap", lambda case: trained_on(rising(case), 2, 0.7), False, "0.1 - hypot(0.05, 0.12)"),
    ("turns, but training is no better", lambda case: with_gap(curves(case, 0.2), 0.6, 0.6), False, "not by heart"),
    ("turns, but training is hardly better", lambda case: with_gap(curves(case, 0.2), 0.65, 0.6), False, "0.05 - 0.07"),
    ("small gap", lambda _: scored(0.90, 0.82), False, "0.08, below 0.1"),
    ("wide gap of few", lambda _: scored(0.383, 0.256, 0.1), False, "hypot(.1, .1) = .14 around .127"),
    ("only totals", lambda _: total(TURNS), True, "from 0.42 at epoch 15 to 0.8"),
    ("totals in other units", lambda _: total(1000 * TURNS), True, "the same"),
    ("totals that fall", lambda _: total(0.4 + 0.6 * np.exp(-EPOCHS / 4)), False, "no rise"),
    ("totals that end together", lambda _: total(TURNS, np.exp(-np.minimum(EPOCHS, 8) / 10)), False, "none learns"),
    (
        "nine totals",
        lambda _: replace(total(TURNS), epochs={k: v[-9:] for k, v in total(TURNS).epochs.items()}),
        False,
        "too few epochs",
    ),
    ("few epochs", lambda case: case, False, "12 epochs, healthy"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_kept_best_is_a_note_with_counter_evidence():
    (finding,) = found(CHECK, curves(healthy(BASE), 0.2, kept=15))
    assert finding.severity == "note"
    assert finding.counter_evidence


def one_sided(train: bool, val: bool, epochs: int = 40) -> Case:
    """A log with the losses of training or validation only, or of few epochs."""
    table = {"epoch": EPOCHS[:epochs], "a": np.exp(-EPOCHS[:epochs] / 10)}
    phases = {name: table for name, there in (("train", train), ("val", val)) if there}
    return Case("a log", {"a": TaskFacts("a")}, losses=phases)


@pytest.mark.parametrize(
    "case",
    [
        one_sided(train=True, val=False),
        one_sided(train=False, val=True),
        one_sided(train=True, val=True, epochs=9),
        replace(scored(0.4, 0.3), metrics={"val": scored(0.4, 0.3).metrics["val"]}),
        Case("a table", {"a": TaskFacts("a")}, scores={"a": {"epoch": np.ones(1), "f1": np.ones(1)}}),
    ],
    ids=["no validation", "no training", "nine epochs", "one split", "one value"],
)
def test_what_cannot_tell_is_not_passed(case):
    with pytest.raises(NotCheckedError, match="neither 10 epochs of validation"):
        list(measure(case))


def test_both_curves_are_enough_to_pass():
    assert [one.task for one in measure(one_sided(train=True, val=True))] == ["a"]


def test_the_total_is_of_no_task():
    (finding,) = found(CHECK, total(TURNS))
    assert (finding.severity, finding.scope.task) == ("warning", None)
    assert finding.what.startswith("the total loss: validation loss rose from 0.4")


def test_gap_by_hand():
    """(0.383 - 0.256) / (1 - 0.0023) = 0.1273, half interval 0.0283 / 0.9977."""
    (gap,) = measure(scored(0.383, 0.256))
    ((split, (one, interval)),) = gap.gaps.items()
    assert split == "val"
    assert one == pytest.approx(0.12729, abs=1e-5)
    assert interval == pytest.approx((0.12729 - 0.02835, 0.12729 + 0.02835), abs=1e-5)


def test_few_recordings_spread_as_others_do_by_hand():
    """12 recordings give +- 0.05, so 3 give 0.05 x 2 = 0.1, and the gap 0.35 -+ hypot(0.05, 0.1) = 0.1118."""
    (gap,) = measure(trained_on(curves(healthy(BASE), 0.0), 3))
    assert gap.recordings == 3
    assert gap.gaps["test"][1] == pytest.approx((0.35 - 0.1118, 0.35 + 0.1118), abs=1e-4)


@pytest.mark.parametrize("test", [0.6, 0.7])
def test_the_smaller_gap_counts(test):
    (gap,) = measure(with_gap(curves(healthy(BASE), 0.0), 0.95, 0.6, test))
    assert gap.least == pytest.approx(0.95 - test)
    assert gap.surely == pytest.approx(0.95 - test - 0.0707, abs=1e-4)


def test_lost_without_noise_by_hand():
    """The last 8 of 40 epochs lie 0.2 x (18 .. 25) / 25 below 0.8: median 0.8 - 0.172 = 0.628. The best 8 are epochs 14
    to 21, 0.747 and 0.8 - 0.2 x (0 .. 6) / 25 with median 0.772. The share lost is 0.144 / 0.772 = 0.187."""
    (gap,) = measure(curves(healthy(BASE), 0.2, noise=0.0))
    assert gap.lost == pytest.approx(0.187, abs=0.003)


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_scale_of_the_loss_does_not_matter(scale):
    one, other = (
        found(CHECK, plant(healthy(BASE))),
        found(CHECK, with_gap(curves(healthy(BASE), 0.2, scale=scale), 0.75, 0.6)),
    )
    assert [each.what for each in one] == [each.what for each in other]


def test_a_loss_in_other_units_without_any_metric():
    """A log of losses alone: validation loss that turns, times 1 and times 10."""
    said = []
    for scale in (1.0, 10.0):
        case = curves(healthy(BASE), 0.2)
        val = columns(case.losses["train"], energy=scale * (1 - case.scores["energy"]["r2"]))
        task = replace(case.tasks["energy"], floor_loss=None)
        log = replace(case, tasks={"energy": task}, scores=None, metrics=None, losses={**case.losses, "val": val})
        said.append([one.severity for one in found(CHECK, log)])
    assert said == [["warning"], ["warning"]]
