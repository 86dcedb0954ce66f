"""Where windows start, by hand for each strategy, and laws that hold for all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polyhead.config.data import WindowOptions
from polyhead.signals.cutting import Cut, Stretches, cut


def stretches(*counts: int) -> Stretches:
    """Stretches of so many samples, one after another in a flat input, each a recording of its own."""
    count = np.array(counts, dtype=np.int64)
    number = np.arange(len(counts))
    return Stretches(np.cumsum(count) - count, count, number, number)


def windows(counts: tuple[int, ...], horizon: int = 0, seed: int = 0, **options: object) -> Cut:
    chosen = WindowOptions.model_validate(options)
    return cut(stretches(*counts), chosen, chosen.length, horizon, seed)


def test_stride_takes_all_that_fit_with_what_follows_them():
    one = windows((10, 7), horizon=1, length=4, stride=2)
    # 10 samples: 0-3|4, 2-5|6, 4-7|8; 7 samples from 10: 10-13|14, 12-15|16
    assert one.start.tolist() == [0, 2, 4, 10, 12]
    assert one.stretch.tolist() == [0, 0, 0, 1, 1]


def test_stride_defaults_to_the_length():
    assert windows((10,), length=4).start.tolist() == [0, 4]


@pytest.mark.parametrize(
    ("count", "starts"),
    [(1, [3]), (2, [0, 6]), (3, [0, 3, 6]), (4, [0, 2, 4, 6]), (9, [0, 1, 2, 3, 4, 5, 6])],
)
def test_even_reaches_from_the_first_to_the_last_sample(count, starts):
    # start_i = round(i (L - W) / (n - 1)) with L = 10, W = 4; one window stands in the centre
    assert windows((10,), length=4, strategy="even", count=count).start.tolist() == starts


def test_sequential_takes_the_first_ones():
    one = windows((10, 5), length=4, stride=2, strategy="sequential", count=2)
    assert one.start.tolist() == [0, 2, 10]


def test_random_never_repeats_and_follows_the_seed():
    one, again = (windows((50, 6), seed=3, length=4, strategy="random", count=20) for _ in range(2))
    assert one.start.tolist() == again.start.tolist()
    assert len(set(one.start.tolist())) == 20 + 3
    assert one.start.tolist() != windows((50, 6), seed=4, length=4, strategy="random", count=20).start.tolist()


def test_short_stretches_are_masked_with_all_they_have():
    one = windows((10, 3, 1), horizon=1, length=4, stride=4, short="mask")
    assert one.start.tolist() == [0, 4, 10]  # 4-7 is followed by 8; one sample leaves nothing before the horizon
    assert one.filled.tolist() == [4, 4, 2]


def test_short_stretches_are_dropped():
    assert windows((3, 8), length=4, short="drop").start.tolist() == [3, 7]


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    length=st.integers(1, 12),
    horizon=st.integers(0, 5),
    strategy=st.sampled_from(["stride", "even", "sequential", "random"]),
    short=st.sampled_from(["drop", "mask"]),
    number=st.integers(1, 9),
)
def test_windows_lie_within_their_stretch(counts, length, horizon, strategy, short, number):
    options: dict[str, object] = {"length": length, "strategy": strategy, "short": short}
    if strategy != "stride":
        options["count"] = number
    one = windows(tuple(counts), horizon=horizon, **options)
    whole = stretches(*counts)
    assert (one.start >= whole.first[one.stretch]).all()
    assert (one.start + one.filled + horizon <= (whole.first + whole.count)[one.stretch]).all()
    assert (one.filled >= 1).all()
    assert (one.filled <= length).all()
    assert (np.diff(one.stretch) >= 0).all()
    pairs = list(zip(one.stretch.tolist(), one.start.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    fits = {i for i, count in enumerate(counts) if count >= length + horizon}
    masked = {i for i, count in enumerate(counts) if horizon < count < length + horizon} if short == "mask" else set()
    assert set(one.stretch.tolist()) == fits | masked


def test_windows_end_from_the_least_sample_on():
    one = windows((5, 2), length=4, stride=1, least=2)
    # 5 samples: 0-1, 0-2, 0-3, 1-4; 2 samples from 5: 5-6
    assert one.start.tolist() == [0, 0, 0, 1, 5]
    assert one.filled.tolist() == [2, 3, 4, 4, 2]


def test_least_leaves_room_for_what_follows():
    one = windows((5,), horizon=2, length=4, stride=1, least=1)
    assert (one.start + one.filled).tolist() == [1, 2, 3]
