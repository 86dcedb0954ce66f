"""The best constant spans against a trial of every span there is."""

from itertools import combinations_with_replacement

import numpy as np
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score

from polyhead.scoring.constant_span import best_by_bars, best_by_overlap, marked
from polyhead.scoring.spans import runs, spans_of

MARKS = arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(2, 11)), elements=st.sampled_from([0, 0, 1]))
# largest F1 is .5, of [2, 3], [2, 4], [2, 5], [2, 6] and [2, 7]; two spans reach tIoU .5 with [1, 4], [2, 3] and more
TRAINING = np.array([[0, 0, 1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 1, 1, *[0] * 6], [0] * 10, [*[0] * 6, 1, 1, 0, 0]])


def every_span(bars):
    return list(combinations_with_replacement(range(bars), 2))


def test_by_hand_the_first_to_start_then_the_shortest():
    spans = spans_of(TRAINING)
    assert marked(spans.bounds, 10).tolist() == [0, 0, 2, 2, 1, 1, 1, 1, 0, 0]
    assert best_by_bars(TRAINING.sum(axis=0), 4) == (2, 3)
    assert best_by_overlap(spans.bounds, 10) == (1, 4)


@settings(max_examples=10, deadline=None)
@over(marks=MARKS.filter(lambda marks: marks.any()))
def test_no_span_has_a_larger_f1(marks):
    windows, bars = marks.shape

    def predicted(span):
        pred = np.zeros_like(marks)
        pred[:, span[0] : span[1] + 1] = 1
        return pred.ravel()

    candidates = every_span(bars)
    # one call of scikit-learn for all spans: a label each
    f1 = f1_score(
        np.repeat(marks.reshape(-1, 1), len(candidates), axis=1),
        np.stack([predicted(span) for span in candidates], axis=1),
        average=None,
    )
    assert np.isclose(f1[candidates.index(best_by_bars(marks.sum(axis=0), windows))], max(f1))


@settings(max_examples=100, deadline=None)
@over(marks=MARKS.filter(lambda marks: marks.any()))
def test_no_span_matches_more_at_half_and_it_is_the_first_of_equals(marks):
    def matches(span):  # of sets of bars
        bars = set(range(span[0], span[1] + 1))
        others = [[set(range(first, last + 1)) for first, last in runs(row)] for row in marks]
        return sum(any(2 * len(bars & other) >= len(bars | other) for other in row) for row in others)

    candidates = every_span(marks.shape[1])
    assert best_by_overlap(spans_of(marks).bounds, marks.shape[1]) == max(candidates, key=matches)
