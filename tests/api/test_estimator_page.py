"""What docs/howto/estimator.md says of scikit-learn's checks is so; tests/docs runs its blocks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from sklearn.utils.estimator_checks import estimator_checks_generator

from polyhead import Estimator

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "estimator.md"


def test_as_many_checks_run_as_the_page_says() -> None:
    text = " ".join(PAGE.read_text().split())
    told = re.search(
        r"(\d+) checks on `Estimator\(\)`, (\d+) on `Estimator\(\"c.*?\)` and (\d+) on `Estimator\(\"r", text
    )
    assert told is not None
    kinds: list[list[str]] = [[], ["classification"], ["regression"]]
    counted = [len(list(estimator_checks_generator(Estimator(*kind)))) for kind in kinds]
    assert [int(number) for number in told.groups()] == counted


def test_the_example_of_what_is_known_better_trains() -> None:
    (said,) = re.findall(r"`(Estimator\(\{\"hours\".*?\))`", PAGE.read_text().replace("\n", " "))
    estimator = eval(said, {"Estimator": Estimator}).set_params(epochs=1)
    x = np.random.default_rng(0).uniform(size=(80, 3))
    labels = {"hours": 5000 * x[:, 0], "state": np.where(x[:, 1] > 0.5, "leaking", "tight")}
    assert estimator.fit(x, labels).predict(x)["hours"].max() <= 5000
