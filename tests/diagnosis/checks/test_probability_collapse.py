"""The published run from a log typed by hand, planted predictions, and rare positives that are ranked well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from polyhead.diagnosis.case import Case, Predicted, TaskFacts
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.probability_collapse import CHECK, judge, measure

from ..cases import Row, fires, found, healthy
from ..expansions import reported

BASE = "machines"


def with_scores(case: Case, change) -> Case:
    """The probabilities of `anomaly` on test as `change` makes them from truth and a generator."""
    one = case.predictions["test"]["anomaly"]
    score = np.clip(change(one.truth.astype(float), np.random.default_rng(0)), 0, 1)
    test = {**case.predictions["test"], "anomaly": replace(one, score=score)}
    return replace(case, predictions={**case.predictions, "test": test})


def plant(case: Case) -> Case:
    """The base rate for every window, with a little noise."""
    return with_scores(case, lambda truth, rng: truth.mean() + 0.01 * rng.standard_normal(len(truth)))


def ranked_low(case: Case) -> Case:
    """Every probability near .06, and positives a little above: a small separation that ranks."""
    return with_scores(case, lambda truth, rng: 0.06 + 0.02 * truth + 0.005 * rng.standard_normal(len(truth)))


ROWS: tuple[Row, ...] = (
    ("prior", plant, True, "the base rate for every window"),
    ("small and ranked", ranked_low, False, "separation .02, and an area far above one half"),
    (
        "weak",
        lambda case: with_scores(case, lambda truth, rng: 0.4 + 0.1 * truth + 0.1 * rng.standard_normal(len(truth))),
        False,
        "separation .1",
    ),
    (
        "inverted",
        lambda case: with_scores(case, lambda truth, rng: 0.5 - 0.02 * truth + 0.005 * rng.standard_normal(len(truth))),
        False,
        "ranks the wrong way round: another fault",
    ),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def published(separation: float = 0.0036) -> Case:
    """The published run: five epochs of its tables, 7.1 of 105 bars in a span."""
    epochs = np.array([1.0, 10.0, 20.0, 50.0, 100.0])
    inside = np.array([0.423, 0.09, 0.07, 0.066, 0.0646])
    gap = np.array([-0.0008, 0.001, 0.002, 0.003, separation])
    return Case(
        origin="a paper",
        tasks={"span": TaskFacts("span", kind="binary")},
        losses={"val": {"epoch": epochs, "span": np.array([0.57, 0.25, 0.27, 0.29, 0.28])}},
        probabilities={
            "val": {"epoch": epochs, "span_pos_mean": inside, "span_neg_mean": inside - gap, "span_separation": gap}
        },
        scores={"span": {"epoch": epochs, "f1": np.zeros(5)}},
        known={"span": {"base_rate": 7.1 / 105}},
    )


def test_published_run_learned_the_prior():
    """Base rate 7.1 / 105 = .0676, of which the entropy is .2474; the mean of .0646 and .0610 is .0628."""
    (finding,) = found(CHECK, published())
    facts = {fact.metric: fact for fact in finding.evidence}
    assert finding.severity == "error"
    assert "the head learned the prior" in finding.what
    assert facts["separation"].value == pytest.approx(0.0036)
    assert facts["mean probability"].value == pytest.approx(0.0628)
    assert facts["loss"].threshold == pytest.approx(0.2474, abs=1e-3)
    assert facts["mean probability at the first epoch"].value == pytest.approx(0.4234)


def test_published_run_near_misses():
    assert not fires(CHECK, published(separation=0.06))
    case = published()
    some = {"span": {**case.scores["span"], "f1": np.array([0, 0, 0, 0.1, 0.12])}}
    assert not fires(CHECK, replace(case, scores=some))


def test_rare_positives_that_are_told_by_a_ratio():
    """Probabilities of .04 and .004: a difference of .036 and a ratio of 10, with F1 of 0 at one half."""
    case = published()
    table = {**case.probabilities["val"], "span_pos_mean": np.full(5, 0.04), "span_neg_mean": np.full(5, 0.004)}
    table["span_separation"] = np.full(5, 0.036)
    assert not fires(CHECK, replace(case, probabilities={"val": table}))
    ranked = {"span": {**case.scores["span"], "auroc": np.full(5, 0.9)}}
    assert not fires(CHECK, replace(case, scores=ranked))


def test_a_table_with_one_epoch_is_a_warning():
    row = {"epoch": np.array([100.0]), "f1": np.zeros(1), "separation": np.array([0.0036])}
    case = Case(origin="a table", tasks={"span": TaskFacts("span")}, scores={"span": row})
    assert [one.severity for one in found(CHECK, case)] == ["warning"]


def test_two_epochs_are_a_warning():
    case = published()
    cut = {name: values[-2:] for name, values in case.probabilities["val"].items()}
    assert [one.severity for one in found(CHECK, replace(case, probabilities={"val": cut}))] == ["warning"]


def test_auroc_is_that_of_scikit_learn():
    case = plant(healthy(BASE))
    one = case.predictions["test"]["anomaly"]
    (evidence,) = measure(case)
    assert evidence.auroc == pytest.approx(roc_auc_score(one.truth, one.score))


def test_names_of_labels_and_order_of_windows_do_not_matter():
    case = plant(healthy(BASE))
    one = case.predictions["test"]["anomaly"]
    turn = np.random.default_rng(1).permutation(len(one.truth))
    named = np.where(one.truth == 1, "yes", "no")
    moved = Predicted(one.recording[turn], named[turn], one.pred[turn], one.mask[turn], one.score[turn])
    tasks = {**case.tasks, "anomaly": replace(case.tasks["anomaly"], classes=("no", "yes"))}
    test = {**case.predictions["test"], "anomaly": moved}
    other = replace(case, tasks=tasks, predictions={**case.predictions, "test": test})
    assert next(measure(other)).auroc == pytest.approx(next(measure(case)).auroc)
    assert fires(CHECK, other)


def calling(recordings: int, lift: float, seed: int, base: float = 0.3, spread: float = 0.08) -> Case:
    """Windows, six to a recording, of which `base` are yes, with probabilities that are `lift` higher there."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(6 * recordings) < base).astype(int)
    score = np.clip(base + lift * truth + spread * rng.standard_normal(len(truth)), 0.001, 0.999)
    names = np.repeat([f"r{i}" for i in range(recordings)], 6)
    one = Predicted(names, truth, (score > 0.5).astype(int), np.ones(len(truth), bool), score)
    tasks = {"fault": TaskFacts("fault", kind="binary", classes=("0", "1"))}
    return Case(origin="a small test", tasks=tasks, predictions={"test": {"fault": one}})


def test_few_windows_show_no_collapse():
    """An interval that holds .5 and .7 alike, or an area of .6, shows no collapse; one up to .65 does."""
    (one,) = measure(calling(200, 0.0, 1))
    assert judge(one).severity == "error"
    assert judge(replace(one, auroc=0.55, interval=(0.4, 0.75))).severity == "warning"
    assert judge(replace(one, auroc=0.63, interval=(0.45, 0.79))) is None


def test_rare_positives_of_predictions_are_told_by_a_ratio():
    """Means of .03 and .015: a ratio of 2, though eight positive windows in ten recordings have a wide interval."""
    case = calling(10, 0.015, 3, base=0.2, spread=0.0)
    one = case.predictions["test"]["fault"]
    noise = 0.02 * np.random.default_rng(0).random(len(one.truth))
    score = 0.005 + 0.02 * one.truth + noise
    assert score[one.truth == 1].mean() > 1.5 * score[one.truth == 0].mean()
    changed = {"test": {"fault": replace(one, score=score)}}
    assert not fires(CHECK, replace(case, predictions=changed))


def test_too_few_recordings_are_not_checked():
    with pytest.raises(NotCheckedError):
        list(measure(calling(5, 0.0, 0)))


@pytest.mark.parametrize("classes", [("0", "1"), ("1", "2"), ("ok", "faulty"), ()])
@pytest.mark.parametrize("kind", [int, float, bool])
def test_yes_is_1_whatever_the_classes_are_called(classes, kind):
    """Labels of yes or no are 1 and 0 in a run, while the classes have the names that the data give them."""
    case = plant(healthy(BASE))
    (expected,) = measure(case)
    tasks = {**case.tasks, "anomaly": replace(case.tasks["anomaly"], classes=classes)}
    one = case.predictions["test"]["anomaly"]
    test = {**case.predictions["test"], "anomaly": replace(one, truth=one.truth.astype(kind))}
    assert list(measure(replace(case, tasks=tasks, predictions={"test": test}))) == [expected]


def marked(change) -> Case:
    """The write-up's span head on windows of one recording each, its scores changed."""
    case = reported()
    one = case.predictions["val"]["span"]
    return replace(case, predictions={"val": {"span": replace(one, score=change(one.truth, one.score))}})


def test_samples_of_a_span_are_answers_of_their_own():
    """AUROC over all bars by scikit-learn; it fires on the prior, not on a head that ranks, be it by little."""
    (one,) = measure(marked(lambda truth, score: score))
    span = reported().predictions["val"]["span"]
    assert one.auroc == pytest.approx(roc_auc_score(span.truth.ravel(), span.score.ravel()))
    assert one.unit == "sample"
    assert fires(CHECK, marked(lambda truth, score: score))
    assert not fires(CHECK, marked(lambda truth, score: 0.2 * score + 0.5 * truth))
    assert not fires(CHECK, marked(lambda truth, score: score + 0.03 * truth))


def test_samples_of_a_window_are_of_one_recording():
    """The interval is of 42 windows, not of 4410 bars: twice the samples of each window leave it as wide."""
    (one,) = measure(marked(lambda truth, score: score))
    case = reported()
    span = case.predictions["val"]["span"]
    parts = {part: np.tile(getattr(span, part), (1, 2)) for part in ("truth", "pred", "score")}
    (twice,) = measure(replace(case, predictions={"val": {"span": replace(span, **parts)}}))
    assert np.ptp(twice.interval) == pytest.approx(np.ptp(one.interval), rel=1e-6)
