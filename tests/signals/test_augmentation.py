"""Augmentation: draws of a window do not depend on its batch, and do what they say in physical units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from polyhead.config.data import AugmentOptions
from polyhead.signals.augmentation import Augmentation

ALL = {"noise_snr_db": (5.0, 20.0), "channel_dropout": 0.3, "jitter": 7, "gain_db": 6.0, "flip": True}
MEANS = {"signal": np.array([0.5, -0.5, 7.0]), "other": np.array([2.0])}
EVERY = np.arange(4000)


def augmentation(seed=0, /, **options):
    return Augmentation(AugmentOptions.model_validate(options), seed)


def inputs(index, samples=16):
    """Windows that know their number: (batch, 3, time) and (batch, 1, time)."""
    rng = np.random.default_rng(1)
    base = rng.normal(size=(4000, 3, samples)).astype(np.float32)
    return {"signal": base[index].copy(), "other": base[index, :1].copy() * 3}


def applied(index, epoch=0, seed=0, samples=16, **options):
    index = np.asarray(index)
    values = inputs(index, samples)
    augmentation(seed, **(options or ALL)).apply(values, index, epoch, MEANS)
    return values


def test_a_window_is_changed_alike_whatever_batch_it_comes_in():
    whole = applied(range(50))
    parts = [applied(index) for index in ([31, 4, 7], [4], [49, 48, 31])]
    for part, index in zip(parts, ([31, 4, 7], [4], [49, 48, 31]), strict=True):
        for name, values in part.items():
            assert (values == whole[name][index]).all()


def test_a_seed_and_epoch_are_drawn_again_and_others_differ():
    assert (applied(range(9), 3, 1)["signal"] == applied(range(9), 3, 1)["signal"]).all()
    found = [applied(range(9), epoch, seed)["signal"].tobytes() for epoch in range(3) for seed in range(3)]
    assert len(set(found)) == 9


@pytest.mark.parametrize("key", ALL)
def test_each_change_alone_differs_between_windows_epochs_seeds_and_inputs(key):
    options = {key: 10.0 if key == "noise_snr_db" else ALL[key]}
    index = np.arange(200)
    if key == "jitter":
        first, later, other = (augmentation(s, **options).shift(index, e) for s, e in ((0, 0), (0, 1), (1, 0)))
    else:
        clean = inputs(index)["signal"]
        first, later, other = (applied(index, e, s, **options)["signal"] - clean for s, e in ((0, 0), (0, 1), (1, 0)))
    for one in (later, other):
        assert 0.2 < np.mean((first != one).reshape(200, -1).any(axis=1)) <= 1
    assert len(np.unique(first.reshape(200, -1), axis=0)) >= (2 if key != "jitter" else 15)


def test_nothing_asked_for_changes_nothing():
    values = inputs(EVERY[:5])
    augmentation().apply(values, EVERY[:5], 0, MEANS)
    assert all((values[name] == before).all() for name, before in inputs(EVERY[:5]).items())
    assert augmentation().shift(EVERY, 0) is None


def test_starts_move_evenly_either_way_and_no_further():
    shift = augmentation(jitter=2).shift(EVERY, 0)
    counts = np.bincount(shift + 2, minlength=5)
    assert len(counts) == 5
    assert stats.chisquare(counts).pvalue > 1e-3


def test_draws_are_even_and_of_one_another_independent():
    made = augmentation(1)
    draws = np.stack([made._uniform(stream, epoch, EVERY) for stream in range(6) for epoch in range(4)])
    assert all(stats.kstest(one, "uniform").pvalue > 1e-4 for one in draws)
    correlation = np.corrcoef(np.concatenate([draws, draws[:, :1] * 0 + np.roll(draws, 1, axis=1)]))
    np.fill_diagonal(correlation, 0)
    assert np.abs(correlation).max() < 5 / np.sqrt(len(EVERY))


def test_gain_and_sign_are_of_a_window_and_reach_what_follows_it():
    index = EVERY[:500]
    before, futures = inputs(index), {"signal": np.ones((500, 3, 4), np.float32)}
    values = inputs(index)
    augmentation(gain_db=6.0, flip=True).apply(values, index, 0, MEANS, futures)
    factor = futures["signal"][:, 0, 0]
    for name in values:
        assert values[name] == pytest.approx(before[name] * factor[:, None, None], rel=1e-6)
    assert (futures["signal"] == factor[:, None, None]).all()
    decibel = 20 * np.log10(np.abs(factor))
    assert stats.kstest(decibel, "uniform", (-6, 12)).pvalue > 1e-3
    assert 0.42 < np.mean(factor < 0) < 0.58
    assert abs(np.corrcoef(decibel, factor < 0)[0, 1]) < 5 / np.sqrt(500)


def test_a_range_of_gain_is_kept_to():
    factor = np.ones((4000, 1, 1), np.float32)
    augmentation(gain_db=[3, 6]).amplify({"x": factor}, EVERY, 0)
    decibel = 20 * np.log10(factor)
    assert (decibel.min(), decibel.max()) == pytest.approx((3, 6), abs=0.01)


def test_what_is_forecast_and_the_input_that_is_rebuilt_get_no_noise_and_lose_no_channel():
    index = EVERY[:50]
    futures = {"signal": np.ones((50, 3, 4), np.float32)}
    values = inputs(index)
    made = augmentation(noise_snr_db=0.0, channel_dropout=0.5)
    made.apply(values, index, 0, MEANS, futures)
    assert (futures["signal"] == 1).all()
    whole = inputs(index)
    made.amplify(whole, index, 0)
    assert (whole["signal"] == inputs(index)["signal"]).all()
    made.disturb(whole, index, 0, MEANS)
    assert (whole["signal"] == values["signal"]).all()


def test_noise_has_the_power_of_each_window_and_channel_about_its_mean():
    index = EVERY[:20]
    scale = np.array([1e-3, 1.0, 50.0], np.float32)[:, None]
    clean = np.random.default_rng(0).normal(size=(20, 3, 4096)).astype(np.float32) * scale + 100 * scale
    values = {"signal": clean.copy()}
    augmentation(noise_snr_db=10.0).disturb(values, index, 0, {})
    noise = (values["signal"] - clean).astype(np.float64)
    snr = 10 * np.log10(clean.astype(np.float64).var(axis=2) / (noise**2).mean(axis=2))
    assert snr == pytest.approx(10, abs=0.5)  # five standard deviations of a mean square of 4,096
    white = noise / noise.std(axis=2, keepdims=True)
    assert stats.kstest(white[:, 1].ravel(), "norm").pvalue > 1e-3
    lagged = (white[..., 1:] * white[..., :-1]).mean(axis=2)
    assert np.abs(lagged).max() < 5 / np.sqrt(4095)
    across = (white[:, 0] * white[:, 1]).mean(axis=1)
    assert np.abs(across).max() < 5 / np.sqrt(4096)


def test_inputs_of_a_window_get_noise_of_their_own():
    clean = np.random.default_rng(0).normal(size=(1, 1, 4096)).astype(np.float32)
    values = {"one": clean.copy(), "two": clean.copy()}
    augmentation(noise_snr_db=0.0).disturb(values, EVERY[:1], 0, {})
    one, two = ((values[name] - clean).ravel() for name in ("one", "two"))
    assert abs(np.corrcoef(one, two)[0, 1]) < 5 / np.sqrt(4096)


def test_the_ratio_is_drawn_from_its_range():
    clean = np.random.default_rng(0).normal(size=(400, 1, 1024)).astype(np.float32)
    values = {"x": clean.copy()}
    augmentation(noise_snr_db=[0, 30]).disturb(values, EVERY[:400], 0, {})
    snr = 10 * np.log10(clean.var(axis=2) / ((values["x"] - clean) ** 2).mean(axis=2))[:, 0]
    assert stats.kstest(snr, "uniform", (0, 30)).pvalue > 1e-3


def test_samples_that_are_missing_or_not_finite_get_no_noise_and_have_no_power():
    clean = np.random.default_rng(0).normal(size=(2, 1, 8000)).astype(np.float32)
    present = np.arange(8000) >= np.array([[4000], [0]])
    clean[0, 0, :4000] = 0
    clean[1, 0, :2000] = np.nan
    values = {"x": clean.copy()}
    augmentation(noise_snr_db=0.0).disturb(values, EVERY[:2], 0, {}, present)
    assert (values["x"][0, 0, :4000] == 0).all()
    assert np.isnan(values["x"][1, 0, :2000]).all()
    noise = values["x"] - clean
    assert noise[0, 0, 4000:].var() == pytest.approx(1, abs=0.12)
    assert noise[1, 0, 2000:].var() == pytest.approx(1, abs=0.12)


def test_a_constant_channel_gets_no_noise():
    values = {"x": np.full((3, 1, 64), 5.0, np.float32)}
    augmentation(noise_snr_db=0.0).disturb(values, EVERY[:3], 0, {})
    assert (values["x"] == 5).all()


def test_a_lost_channel_holds_its_training_mean_and_one_of_several_always_stays():
    clean = inputs(EVERY)
    values = applied(EVERY, channel_dropout=0.5)
    lost = (values["signal"] == MEANS["signal"].astype(np.float32)[:, None]).all(axis=2)
    assert (values["signal"][~lost] == clean["signal"][~lost]).all()
    assert lost.sum(axis=1).max() == 2
    assert np.bincount(lost.sum(axis=1)) / 4000 == pytest.approx([1 / 8, 3 / 8, 4 / 8], abs=0.04)
    alone = (values["other"] == 2).all(axis=(1, 2))
    assert alone.mean() == pytest.approx(0.5, abs=0.04)


def test_the_global_generator_is_not_touched():
    np.random.seed(0)  # noqa: NPY002
    first = np.random.random()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    applied(range(3))
    assert np.random.random() == first  # noqa: NPY002
