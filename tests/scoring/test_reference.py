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


@pytest.mark.parametrize("kind", KINDS)
def test_it_survives_json(kind):
    reference = fit_reference(kind, training_labels(kind))
    assert Reference.from_dict(json.loads(json.dumps(reference.as_dict(), allow_nan=False))) == reference
    assert Reference.from_dict(reference.as_dict()) == reference
