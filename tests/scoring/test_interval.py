"""Bootstrap intervals against scipy's, and when there is none."""

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap
from sklearn.metrics import f1_score, mean_absolute_error, r2_score, roc_auc_score

from polyhead.scoring.board import KINDS, fit_reference, score_task
from polyhead.scoring.interval import bootstrap, draws
from polyhead.scoring.known import only_known

from .cases import drawn, given, training_labels


def oracle(kind, case):
    """The primary metric of the windows at `index`, by scikit-learn."""
    truth, pred, score = case.truth, case.pred, case.score
    return {
        "classification": lambda index: f1_score(truth[index], pred[index], average="macro"),
        "ordinal": lambda index: f1_score(truth[index], pred[index], average="macro"),
        "binary": lambda index: roc_auc_score(truth[index], score[index]),
        "multilabel": lambda index: roc_auc_score(truth[index], score[index], average="macro"),
        "regression": lambda index: r2_score(truth[index], pred[index]),
        "forecast": lambda index: pooled_r2(truth[index], pred[index]),
        "reconstruction": lambda index: pooled_r2(truth[index], pred[index]),
        "masked": lambda index: pooled_r2(truth[index], pred[index]),
        "span": lambda index: f1_score(truth[index].ravel(), pred[index].ravel()),
        "pointers": lambda index: mean_absolute_error(truth[index], pred[index]),
        "countdown": lambda index: mean_absolute_error(truth[index], pred[index]),
    }[kind]


def pooled_r2(truth, pred):
    """R2 of (window, channel, step) with channels as outputs weighted by their variance."""
    by_channel = [np.moveaxis(values, 1, 2).reshape(-1, values.shape[1]) for values in (truth, pred)]
    return r2_score(*by_channel, multioutput="variance_weighted")


@pytest.mark.parametrize("kind", KINDS)
def test_a_weighted_statistic_is_the_metric_of_the_repeated_windows(kind):
    known = only_known(drawn(kind))
    statistic, metric = KINDS[kind].statistic(known), oracle(kind, known)
    for seed in range(10):
        times = np.random.default_rng(seed).integers(0, 3, size=len(known.truth))
        index = np.repeat(np.arange(len(times)), times)
        assert statistic(times.astype(float)) == pytest.approx(metric(index))


@pytest.mark.parametrize("kind", KINDS)
def test_the_interval_is_that_of_scipy_over_recordings(kind):
    case = drawn(kind)
    known = only_known(case)
    metric = oracle(kind, known)
    windows = [np.flatnonzero(known.recording == name) for name in np.unique(known.recording)]

    def of_recordings(drawn_recordings):
        return metric(np.concatenate([windows[name] for name in drawn_recordings]))

    expected = scipy_bootstrap(
        (np.arange(len(windows)),),
        of_recordings,
        n_resamples=400,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(1),
    )
    low, high = expected.confidence_interval
    score = next(iter(score_task(kind, case, fit_reference(kind, training_labels(kind)), interval=True).values()))
    # Two bootstraps of some hundred resamples differ by a fraction of their width.
    assert score.interval == pytest.approx((low, high), abs=0.2 * (high - low))
    assert score.interval[0] < score.value < score.interval[1]


def test_windows_of_one_recording_move_together():
    # 10 recordings, each all right or all wrong: ten independent facts, however many windows.
    truth = np.tile([0, 1], 500)
    wrong = np.repeat([0, 0, 0, 1, 0, 0, 1, 0, 1, 0], 100)
    pred = np.where(wrong, 1 - truth, truth)
    reference = fit_reference("classification", truth)
    widths = []
    for recording in (np.repeat(np.arange(10), 100), np.arange(1000)):
        case = given(truth, pred, recording=recording)
        low, high = score_task("classification", case, reference, interval=True)["macro_f1"].interval
        widths.append(high - low)
    # binomial standard deviation of .7 in 10 and in 1000 draws, times twice 1.96
    assert widths == pytest.approx([4 * 0.145, 4 * 0.0145], rel=0.2)


def test_the_seed_fixes_the_interval_and_only_the_primary_metric_has_one():
    case, reference = drawn("binary"), fit_reference("binary", training_labels("binary"))
    scores = [score_task("binary", case, reference, interval=True, seed=seed) for seed in (3, 3, 4)]
    first, same, other = (score["auroc"].interval for score in scores)
    assert first == same != other
    assert [name for name, score in scores[0].items() if score.interval] == ["auroc"]
    assert score_task("binary", case, reference)["auroc"].interval is None


def test_below_eight_recordings_there_is_none_and_the_reason_says_so():
    truth = np.arange(14.0)
    reference = fit_reference("regression", truth)
    for recordings, has_interval in ((7, False), (8, True)):
        case = given(truth, truth + np.tile([1, -1], 7), recording=np.arange(14) % recordings)
        r2 = score_task("regression", case, reference, interval=True)["r2"]
        assert (r2.interval is not None) == has_interval
        assert r2.value is not None
        assert r2.reason == (None if has_interval else "no interval: fewer than 8 recordings")


def test_only_recordings_with_a_known_window_count():
    truth = np.arange(8.0)
    case = given(truth, truth + [1, -1] * 4, mask=[True] * 7 + [False])
    r2 = score_task("regression", case, fit_reference("regression", truth), interval=True)["r2"]
    assert r2.reason == "no interval: fewer than 8 recordings"


def test_a_remark_on_the_value_goes_before_the_missing_interval():
    truth = np.array([[1.0, 7.0], [2.0, 7.0]])
    r2 = score_task("regression", given(truth, truth + 1), fit_reference("regression", truth), interval=True)["r2"]
    assert r2.reason == "left out, because constant in this split: output 1"


def test_where_many_resamples_are_undefined_there_is_none():
    # One of ten recordings holds all positives: absent from (9/10)^10 = 35 % of the resamples.
    truth = np.repeat([1] + [0] * 9, 2)
    case = given(truth, score=np.linspace(1, 0, 20), recording=np.repeat(np.arange(10), 2))
    auroc = score_task("binary", case, fit_reference("binary", truth), interval=True)["auroc"]
    assert auroc.value == 1.0
    assert auroc.interval is None
    assert auroc.reason.startswith("no interval: undefined in 1")


def test_up_to_a_tenth_undefined_is_dropped():
    # Three of twelve recordings hold positives: absent from (9/12)^12 = 3 % of the resamples.
    positive = np.repeat([1] * 3 + [0] * 9, 2)
    recording = np.repeat(np.arange(12), 2)
    span, reason = bootstrap(
        lambda weight: float("nan") if not weight[positive == 1].any() else weight.mean(), recording, seed=0
    )
    assert span == pytest.approx((1.0, 1.0))
    assert reason is None


def test_draws_are_with_replacement_and_keep_the_number_of_recordings():
    times = np.array(list(draws(20, seed=0)))
    assert (times.sum(axis=1) == 20).all()
    # the share of recordings missing from a resample tends to (1 - 1/20)^20
    assert (times == 0).mean() == pytest.approx(0.95**20, abs=0.01)
