"""What is said of the published run on price bars, with the numbers that its write-up did not give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import all_checks, check_module
from polyhead.diagnosis.diagnose import diagnose
from polyhead.diagnosis.finding import Finding

from .cases import found
from .expansions import reported


def of(id: str, task: str | None = None, case: Case | None = None) -> list[Finding]:
    findings = found(check_module(id).CHECK, case or reported())
    return [one for one in findings if task is None or one.scope.task == task]


def fact(finding: Finding, name: str) -> float:
    return next(one.value for one in finding.evidence if one.metric == name)


def test_span_and_class_heads_sit_at_their_floors():
    """All bars yes has the F1 of scikit-learn; the loss is the entropy of the base rate."""
    truth = reported().predictions["val"]["span"].truth
    (span,) = of("below-floor", "span")
    assert fact(span, "f1") == 0
    assert span.evidence[1].threshold == pytest.approx(f1_score(truth.ravel(), np.ones(truth.size)))
    p = truth.mean()
    (collapse,) = of("probability-collapse", "span")
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert fact(collapse, "loss") == pytest.approx(entropy, rel=0.05)
    assert next(one for one in collapse.evidence if one.metric == "loss").threshold == pytest.approx(entropy)
    assert "samples" in collapse.what
    assert of("below-floor", "type")
    assert of("constant-output", "type")
    (constant,) = of("constant-output", "span")
    assert "every sample is called '0'" in constant.what


def test_countdown_learned_the_place_of_the_bar_alone():
    (finding,) = of("below-floor", "countdown")
    assert "bar-median" in finding.what
    assert "the sample's place in the window" in finding.what
    truth = reported().predictions["val"]["countdown"].truth
    constant = np.abs(truth - np.median(truth)).mean()
    assert fact(finding, "mae of one number for all samples") == pytest.approx(constant)


def test_a_countdown_that_says_one_number_has_not_learned_the_place():
    case = reported()
    score = case.metrics["val"]["countdown"]["mae"]
    worse = {"mae": replace(score, value=18.0, skill=1 - 18.0 / score.floor, interval=(17.0, 19.0))}
    metrics = {"val": case.metrics["val"] | {"countdown": worse}}
    (finding,) = of("below-floor", "countdown", replace(case, metrics=metrics))
    assert "place" not in finding.what


def test_shares_by_hand():
    """2.33 of .49 + .03 + .39 + 2.33 is 72 %, 10.08 of 11.05 is 91 %."""
    (finding,) = of("loss-dominance", "countdown")
    assert finding.severity == "error"
    assert fact(finding, "weighted share") == pytest.approx(0.72, abs=0.005)
    assert fact(finding, "raw share") == pytest.approx(0.912, abs=0.001)
    assert fact(finding, "gradient share") == pytest.approx(0.70)


def test_sigmas_had_not_come_to_rest():
    lags = {one.scope.task: fact(one, "lag") for one in of("weight-lag")}
    assert lags == pytest.approx({"ptr": 0.41**2 / 0.009, "countdown": 1.47**2 / 10.08}, rel=1e-3)


def test_the_epoch_was_kept_by_a_sum_that_one_task_moves():
    """6.04 of 6.04 + .40 + .32 + .016 is 89 %."""
    (note,) = of("stale-checkpoint")
    assert "the sum of the losses" in note.what
    assert note.severity == "note"
    assert note.evidence[0].value == pytest.approx(6.04 / 6.776, abs=0.001)


@pytest.mark.parametrize(
    ("best", "why"),
    [
        ({"monitor": None, "epoch": 100, "kept": False}, "nobody said that an epoch was kept: it is the last"),
        ({"monitor": None, "epoch": 60, "kept": True}, "another epoch than that of the least sum"),
        ({"monitor": "val/skill", "epoch": 100, "kept": True}, "skill chose"),
    ],
)
def test_what_was_not_chosen_by_the_sum_is_not_laid_to_it(best, why):
    case = replace(reported(), state={"status": "finished", "best": best})
    assert of("stale-checkpoint", None, case) == [], why


def test_a_weighted_sum_with_logarithms_is_a_sum():
    """Kendall's total: weighted losses and log sigma of each task."""
    case = reported()
    table = dict(case.losses["val"])
    sigma = {task: case.weights[f"sigma_{task}"] for task in case.tasks}
    weights = case.weights | {f"weight_{task}": 1 / (2 * one**2) for task, one in sigma.items()}
    table["total"] = np.sum([weights[f"weight_{task}"] * table[task] + np.log(sigma[task]) for task in sigma], axis=0)
    changed = replace(
        case,
        weights=weights,
        losses={"val": table},
        epochs={"epoch": table["epoch"], "val_loss": table["total"]},
        state={"best": {"monitor": "val/loss", "epoch": 100}},
    )
    (note,) = of("stale-checkpoint", None, changed)
    moves = {
        task: np.ptp(table[task] * weights[f"weight_{task}"] + np.log(sigma[task])) for task in ("countdown", *sigma)
    }
    assert note.evidence[0].value == pytest.approx(moves["countdown"] / sum(moves.values()))


def test_the_split_leaks():
    said = [one.what for one in of("split-leakage")]
    assert any("11 of 53 recordings have windows on both sides" in one for one in said)  # 64, eleven of them twice
    assert any("11 of 42 judged windows share samples" in one for one in said)


def test_all_of_it_is_told_at_once():
    told = {(one.id, one.scope.task) for one in diagnose(reported(), all_checks()).findings}
    assert {
        ("below-floor", "span"),
        ("below-floor", "type"),
        ("below-floor", "countdown"),
        ("loss-dominance", "countdown"),
        ("weight-lag", "countdown"),
        ("split-leakage", None),
        ("stale-checkpoint", None),
    } <= told
    assert not [check for check, _ in told if check in ("loss-contract", "broadcast-target", "swapped-targets")]


def test_no_check_fails_on_it():
    assert not [said for said in diagnose(reported(), all_checks()).checks.values() if "itself failed" in said]
