"""scikit-learn's own checks, on the estimator as it comes, as a classifier and as a regressor."""

from __future__ import annotations

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from polyhead import Estimator

CPU = {"train": {"device": "cpu"}}
ESTIMATORS = [
    Estimator(epochs=2, config=CPU),
    Estimator("classification", epochs=2, config=CPU),
    Estimator("regression", epochs=20, batch_size=16, lr=1e-2, config=CPU),  # some of its checks want a score above 0.5
]


@parametrize_with_checks(ESTIMATORS)
def test_check_of_scikit_learn(estimator: Estimator, check: Any) -> None:
    check(estimator)
