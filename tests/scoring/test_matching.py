"""Matches against networkx and against all permutations; where taking the best pair first does worse."""

from itertools import permutations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polyhead.scoring.matching import cheapest, most, pairs_of
from polyhead.scoring.spans import overlap, runs, spans_of

BARS = st.shared(st.tuples(st.integers(1, 5), st.integers(1, 14)), key="shape")
MARKS = arrays(np.int64, BARS, elements=st.sampled_from([0, 1, 1]))


@settings(max_examples=150, deadline=None)
@over(truth=MARKS, pred=MARKS, least=st.sampled_from([0.1, 0.3, 0.5, 0.7]), by=st.sampled_from(["overlap", "ends"]))
def test_the_number_of_matches_is_that_of_networkx(truth, pred, least, by):
    def fit(one, other):
        if by == "ends":
            return (np.abs(one - other) <= 3).all(axis=-1)
        return overlap(one, other) >= least

    pairs = pairs_of(spans_of(truth), spans_of(pred))
    expected = 0
    for row, other in zip(truth, pred, strict=True):
        graph = nx.Graph()
        true, predicted = runs(row), runs(other)
        for i, one in enumerate(true):
            graph.add_edges_from((("true", i), j) for j, two in enumerate(predicted) if fit(one[None], two[None])[0])
        tops = [node for node in graph if isinstance(node, tuple)]
        expected += len(nx.bipartite.maximum_matching(graph, top_nodes=tops)) // 2
    assert most(fit(pairs.true_bounds, pairs.pred_bounds), pairs) == expected


@settings(max_examples=100, deadline=None)
@over(truth=MARKS, pred=MARKS)
def test_the_cheapest_pairs_cost_as_little_as_any_permutation(truth, pred):
    pairs = pairs_of(spans_of(truth), spans_of(pred))
    cost = np.abs(pairs.true_bounds - pairs.pred_bounds).sum(axis=1).astype(float)
    chosen = cheapest(cost, pairs)
    expected = 0
    for window in range(len(truth)):
        few, many = sorted([runs(truth[window]), runs(pred[window])], key=len)
        expected += min(np.abs(few - many[list(order)]).sum() for order in permutations(range(len(many)), len(few)))
    assert cost[chosen].sum() == expected
    assert len(set(pairs.true[chosen])) == len(set(pairs.pred[chosen])) == len(chosen)


def test_taking_the_best_pair_first_matches_fewer():
    truth, pred = np.zeros((2, 1, 17), dtype=int)
    truth[0, 0:4] = truth[0, 5:16] = 1
    pred[0, 0:11] = pred[0, 12:16] = 1
    pairs = pairs_of(spans_of(truth), spans_of(pred))
    tiou = overlap(pairs.true_bounds, pairs.pred_bounds)
    assert tiou == pytest.approx([4 / 11, 0, 6 / 16, 4 / 11])
    assert most(tiou >= 0.3, pairs) == 2
    assert greedy(tiou, pairs, 0.3) == 1  # the first prediction goes to the longer span


def greedy(tiou, pairs, least):
    true, pred = set(), set()
    for at in np.argsort(-tiou, kind="stable"):
        if tiou[at] >= least and pairs.true[at] not in true and pairs.pred[at] not in pred:
            true.add(pairs.true[at])
            pred.add(pairs.pred[at])
    return len(true)


def test_spans_of_different_windows_never_meet():
    truth, pred = np.array([[1, 1, 0], [0, 0, 0]]), np.array([[0, 0, 0], [1, 1, 0]])
    pairs = pairs_of(spans_of(truth), spans_of(pred))
    assert len(pairs) == 0
    assert most(np.zeros(0, dtype=bool), pairs) == 0
    assert cheapest(np.zeros(0), pairs).tolist() == []
