"""Observations of planted runs: each rule fires on its own plant and turns round on the near miss beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from polyhead.report.account.account import Account, give_account
from polyhead.report.page import write_report
from polyhead.report.portions import Portion, portions
from polyhead.report.run import read_run

from ..folders import score, write_json

NONE = (None, None)


def write(folder: Path, *, state: Any = None, data: Any = None, test: Any = None, **splits: Any) -> Path:
    """A run of two tasks that went well, but for what is given."""
    course = {"status": "finished", "epoch": 20, "epochs": 20, "step": 60, "left_out": 0, "stopped_by": "epochs"}
    best = {"best": {"monitor": "val/skill", "epoch": 12}, "seconds": 90.0}
    write_json(folder, "state", course | best | (state or {}))
    kinds = {"fault": {"kind": "classification"}, "load": {"kind": "regression"}}
    write_json(folder, "metadata", {"tasks": kinds, "configuration": {"train": {"clip_norm": 5.0}}})
    split = {"by": "group", "shared_recordings": 0, "recordings": {"train": ["a", "b"], "test": ["c"]}}
    write_json(folder, "data", {"split": split | (data or {})})
    good = {
        "fault": {"macro_f1": score(0.8, 0.2, primary=True, interval=[0.7, 0.9])},
        "load": {"r2": score(0.5, 0.0, primary=True, interval=[0.4, 0.6])},
    }
    write_json(folder, "metrics", {"train": good, "val": good} | splits | {"test": test or good})
    (folder / "config.yaml").write_text("name: planted\n")
    return folder


def losses(folder: Path, fault: float, load: float) -> None:
    """Validation losses that begin at 2 and are these at the judged epoch, 12."""
    (folder / "trace").mkdir(exist_ok=True)
    text = f"epoch,phase,loss_fault,loss_load,total_loss\n1,val,2,2,4\n12,val,{fault},{load},{fault + load}\n"
    (folder / "trace" / "loss_components.csv").write_text(text)


def steps(folder: Path, norms: list[float | None]) -> None:
    """Steps whose gradient is of these norms."""
    (folder / "trace" / "steps").mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({"step": range(len(norms)), "epoch": [1] * len(norms), "total_grad_norm": norms})
    frame.write_parquet(folder / "trace" / "steps" / "00000.parquet")


def seen(folder: Path, had: Any = ()) -> tuple[str, str]:
    """What went right and what went wrong, each as one text."""
    account: Account = give_account(read_run(folder), list(had) or portions(read_run(folder)))
    return "\n".join(one.sentence for one in account.right), "\n".join(one.sentence for one in account.wrong)


def test_a_run_that_went_well_has_nothing_wrong(tmp_path: Path) -> None:
    write(tmp_path)
    losses(tmp_path, 1.0, 1.5)
    steps(tmp_path, [1.0, 2.0, 6.0, 20.0])
    right, wrong = seen(tmp_path)
    assert wrong == ""
    for sentence in (
        "`fault` beats its floor: macro F1 0.80 [0.70, 0.90] against 0.20 for the mean.",
        "Skill on train is no more than 0.2 above that on val for both tasks: `fault` 0.75 / 0.75, `load` 0.50 / 0.50.",
        "Trained to the end: 20 of 20 epochs in 1 min 30 s.",
        "No step of 60 was left out for a loss or a gradient that is not finite.",
        "The best epoch by val/skill, 12 of 20, lies before the end of training.",
        "both tasks fell from epoch 1 to the judged epoch 12: `fault` 2.000 → 1.000 (−50.0 %), `load` 2.000 → 1.500",
        "The weighted validation loss of all tasks fell: 4.000 → 2.500 (−37.5 %).",
        "Norm of the gradient over 4 steps: median 4.000, largest 20.0; 50.0 % of the steps were scaled down",
        "No recording stands on both sides of the split (train 2, test 1).",
    ):
        assert sentence in right


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        ({"state": {"left_out": 3}}, "3 of 60 steps were left out: their loss or gradient was not finite."),
        ({"state": {"stopped_by": "max_minutes", "epoch": 15}}, "The time limit ended training after epoch 15 of 20"),
        ({"state": {"status": "failed", "reason": "no room"}}, "Training was failed at epoch 20 of 20: no room."),
        (
            {"state": {"best": {"monitor": "val/skill", "epoch": 20}}},
            "The best epoch is the last one, 20: val/skill was",
        ),
        (
            {"state": {"best": {"monitor": "val/loss", "epoch": 2}}},
            "The best epoch is 2 of 20: none of the 18 after it",
        ),
        ({"data": {"shared_recordings": 4}}, "4 recordings stand on both sides of the split (train 2, test 1)."),
        (
            {"train": {"load": {"r2": score(0.71, 0.0, primary=True)}}},
            "`load` has skill 0.71 on train and 0.50 on val: part of it is not general.",
        ),
    ],
)
def test_what_is_planted_is_seen_as_wrong(tmp_path: Path, plant: dict[str, Any], sentence: str) -> None:
    right, wrong = seen(write(tmp_path, **plant))
    assert sentence in wrong
    assert wrong.count("\n") == 0, "and nothing else"
    assert sentence not in right


@pytest.mark.parametrize(
    "near",
    [
        {"state": {"stopped_by": "early_stopping", "epoch": 15, "best": {"monitor": "val/skill", "epoch": 5}}},
        {"state": {"best": {"monitor": "val/skill", "epoch": 3}}},  # 15 % of the epochs
        {"state": {"best": {"monitor": "val/skill", "epoch": 1}, "epoch": 9, "epochs": 9}},  # too few to say
        {"train": {"load": {"r2": score(0.69, 0.0, primary=True)}}},
        # nothing was learned, on train neither
        {
            "train": {"load": {"r2": score(-0.5, 0.0, primary=True)}},
            "val": {"load": {"r2": score(-0.9, 0.0, primary=True)}},
        },
    ],
)
def test_near_misses(tmp_path: Path, near: dict[str, Any]) -> None:
    assert seen(write(tmp_path, **near))[1] == ""


@pytest.mark.parametrize(
    ("one", "right", "wrong"),
    [
        (score(0.3, 0.2, primary=True, interval=[0.1, 0.5]), "", "`fault` is not distinguishable from its floor"),
        (score(0.1, 0.2, primary=True, interval=[0.05, 0.15]), "", "`fault` is worse than its floor"),
        (score(None, 0.2, primary=True, reason="one class"), "", "`fault` cannot be judged"),
        (
            score(0.3, 0.2, primary=True),
            "`fault` is above its floor, without an interval: macro F1 0.300 against 0.200 for the mean.",
            "",
        ),
    ],
)
def test_a_task_stands_where_its_score_does(tmp_path: Path, one: Any, right: str, wrong: str) -> None:
    found = seen(write(tmp_path, test={"fault": {"macro_f1": one}}))
    assert right in found[0]
    assert wrong in found[1]
    assert bool(wrong) == ("`fault`" in found[1])


def test_losses_that_rose_are_told_apart_from_those_that_fell(tmp_path: Path) -> None:
    write(tmp_path)
    losses(tmp_path, 1.0, 3.5)
    right, wrong = seen(tmp_path)
    assert (
        "The validation loss of 1 of 2 tasks fell from epoch 1 to the judged epoch 12: `fault` 2.000 → 1.000" in right
    )
    assert "The validation loss of 1 of 2 tasks did not fall from epoch 1 to the judged epoch 12: `load` 2.000" in wrong
    assert "The weighted validation loss of all tasks did not fall: 4.000 → 4.500 (12.5 %)." in wrong


def test_a_likelihood_below_zero_has_no_share(tmp_path: Path) -> None:
    write(tmp_path)
    losses(tmp_path, -1.0, 1.0)
    assert "`fault` 2.000 → −1.000, `load`" in seen(tmp_path)[0]


@pytest.mark.parametrize(
    ("shares", "wrong"),
    [
        ((0.912, 0.088), ["`a` had 91.2 % of the weighted loss in the last epoch."]),
        ((0.79, 0.21), []),
        ((0.79, 0.02), []),
        ((0.79, 0.019), ["`b` had 1.9 % of the weighted loss in the last epoch."]),
        ((0.99, 0.01), ["`a` had 99.0 %", "`b` had 1.0 %"]),
    ],
)
def test_a_task_that_was_nearly_all_or_nearly_nothing(
    tmp_path: Path, shares: tuple[float, float], wrong: list[str]
) -> None:
    had = [Portion(task, (1.0, 1.0), (0.5, share), NONE, NONE) for task, share in zip("ab", shares, strict=True)]
    right, found = seen(write(tmp_path), had)
    assert found.count("\n") + bool(found) == len(wrong)
    assert all(sentence in found for sentence in wrong)
    assert ("Every task had its part of the weighted loss" in right) == (not wrong)


def test_what_is_known_of_some_tasks_is_not_said_of_all(tmp_path: Path) -> None:
    """Of three tasks one has no validation loss and no skill."""
    write(tmp_path)
    write_json(tmp_path, "metadata", {"tasks": {"fault": {}, "load": {}, "third": {}}})
    losses(tmp_path, 1.0, 1.5)
    right, _ = seen(tmp_path)
    assert "The validation loss of 2 of 3 tasks fell" in right
    assert "above that on val for 2 of 3 tasks:" in right


def test_the_only_task_with_a_weight_is_meant_to_be_all(tmp_path: Path) -> None:
    had = [Portion("a", (1.0, 1.0), (1.0, 1.0), NONE, NONE), Portion("b", (0.0, 0.0), (0.0, 0.0), NONE, NONE)]
    right, wrong = seen(write(tmp_path), had)
    assert "weighted loss in the last epoch" not in right + wrong


@pytest.mark.parametrize(("begun", "right", "wrong"), [(3, "All 3 folds", ""), (2, "", "2 of 3 folds are trained.")])
def test_folds_that_have_not_begun_are_not_trained(tmp_path: Path, begun: int, right: str, wrong: str) -> None:
    write_json(tmp_path, "state", {"status": "training", "folds": ["one", "two", "three"]})
    (tmp_path / "config.yaml").write_text("name: folded\n")
    for number in range(begun):
        write(tmp_path / "folds" / f"{number:02d}")
    found = seen(tmp_path)
    assert right in found[0]
    assert wrong in found[1]
    assert bool(wrong) == ("folds are trained" in found[1])


def test_a_task_of_weight_zero_is_meant_to_have_no_part(tmp_path: Path) -> None:
    had = [Portion("a", (1.0, 1.0), (0.5, 0.5), NONE, NONE), Portion("b", (1.0, 1.0), (0.5, 0.5), NONE, NONE)]
    off = Portion("c", (0.0, 0.0), (0.0, 0.0), NONE, NONE)
    assert seen(write(tmp_path), [*had, off])[1] == ""


def test_a_gradient_that_is_not_finite_is_wrong(tmp_path: Path) -> None:
    steps(write(tmp_path), [1.0, None, 3.0])
    assert "Norm of the gradient over 3 steps: median 2.000, largest 3.000; 0.0 % of the steps" in seen(tmp_path)[1]
    assert "1 not finite." in seen(tmp_path)[1]


def test_a_class_that_is_never_answered_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "predictions").mkdir()
    rows = {"fault.truth": ["inner", "outer", "normal", "ball"], "fault.pred": ["normal", "outer", "normal", "inner"]}
    frame = pl.DataFrame(rows | {"fault.mask": [True, True, True, False]})
    frame.write_parquet(tmp_path / "predictions" / "test.parquet")
    assert seen(tmp_path)[1] == "`fault` never answers `inner` on test: 1 of 3 classes there."
    frame.with_columns(pl.Series("fault.pred", ["inner", "outer", "normal", "x"])).write_parquet(
        tmp_path / "predictions" / "test.parquet"
    )
    assert seen(tmp_path)[1] == ""


def test_of_many_classes_that_are_never_answered_some_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "predictions").mkdir()
    there = [f"c{index:02d}" for index in range(12)]
    frame = pl.DataFrame({"fault.truth": there, "fault.pred": ["c00"] * 12, "fault.mask": [True] * 12})
    frame.write_parquet(tmp_path / "predictions" / "test.parquet")
    assert "`c07`, `c08` and 3 more on test: 11 of 12 classes there." in seen(tmp_path)[1]


@pytest.mark.parametrize(("held", "right"), [(0.88, True), (0.949, True), (0.84, False), (0.96, False)])
def test_intervals_are_held_to_what_they_say(tmp_path: Path, held: float, right: bool) -> None:
    load = {"r2": score(0.5, 0.0, primary=True, interval=[0.4, 0.6]), "coverage_90": score(held, None, n=144)}
    found = seen(write(tmp_path, test={"load": load}))
    assert f"The 90 % intervals of `load` hold {100 * held:.1f} % of 144 truths." in found[0 if right else 1]


def test_both_pages_list_them_and_link_the_section(tmp_path: Path) -> None:
    page = write_report(write(tmp_path, data={"shared_recordings": 4})).read_text()
    text = (tmp_path / "report.md").read_text()
    assert page.index("What went wrong</h2>") < page.index("4 recordings stand on both sides of the split (train 2")
    assert 'href="#data"' in page
    assert "- 4 recordings stand on both sides of the split (train 2, test 1).\n" in text
