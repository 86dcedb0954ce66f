"""What training labels leave behind for the floors."""

import json

import numpy as np
import pytest

from polyhead.scoring.board import KINDS, fit_reference
from polyhead.scoring.reference import Reference

from .cases import training_labels


def test_by_hand():
    classes = fit_reference("classification", np.array([1, 1, 0, 3]), classes=5)
    assert classes.prior == (0.25, 0.5, 0.0, 0.25, 0.0)
    assert classes.majority == 1
    assert fit_reference("classification", np.array([1, 0, 2, 2, 0])).majority == 0
    assert fit_reference("binary", np.array([0, 0, 0, 1])).positive_share == 0.25
    numbers = fit_reference("regression", np.array([[0.0, 3.0], [0.0, 5.0], [6.0, 10.0]]))
    assert (numbers.mean, numbers.median, numbers.n) == ((2.0, 6.0), (0.0, 5.0), 3)
    assert numbers.sd == pytest.approx((8**0.5, (26 / 3) ** 0.5))  # squares 4+4+16 and 9+1+16, by 3
    waves = fit_reference("reconstruction", np.array([[[0.0, 1.0], [5.0, 5.0]], [[3.0, 4.0], [5.0, 9.0]]]))
    assert (waves.mean, waves.median, waves.sd) == ((2.0, 6.0), (2.0, 5.0), (2.5**0.5, 3**0.5))
    ordered = fit_reference("ordinal", np.array([0, 0, 1, 3, 3, 3]), classes=5)
    assert (ordered.prior, ordered.median) == (pytest.approx((2 / 6, 1 / 6, 0, 3 / 6, 0)), (1.0,))
    labels = fit_reference("multilabel", np.array([[1, 0], [0, 1], [1, 0], [1, 1], [0, 1], [1, 0]]))
    assert (labels.prior, labels.common) == ((4 / 6, 3 / 6), (1, 0))
    places = fit_reference("span", np.array([[0, 1, 1, 0], [0, 1, 0, 0]]))
    assert (places.prior, places.positive_share, places.bar_mean) == ((5 / 8, 3 / 8), 3 / 8, (0, 1, 0.5, 0))


@pytest.mark.parametrize("kind", KINDS)
def test_it_survives_json(kind):
    reference = fit_reference(kind, training_labels(kind))
    assert Reference.from_dict(json.loads(json.dumps(reference.as_dict(), allow_nan=False))) == reference
    assert Reference.from_dict(reference.as_dict()) == reference


def test_what_an_older_run_wrote_is_read_without_the_constants_it_lacks():
    plain = {"kind": "regression", "n": 3, "prior": [], "mean": [2.0], "median": [1.0]}
    assert Reference.from_dict(plain) == Reference("regression", 3, mean=(2.0,), median=(1.0,))
