"""An estimator as scikit-learn has them: arrays in, one network for all tasks, trained and judged as every run is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, RegressorTags, Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from polyhead.api import arrays, estimator_config
from polyhead.api.fitting import files_of, fitted, run_of
from polyhead.api.predictor import Predictor
from polyhead.errors import InputError
from polyhead.scoring.prediction import Prediction

_LEAST_ROWS = 3  # one for each split


def _has_classes(estimator: Estimator) -> bool:
    """Whether some task has probabilities; before `fit` nobody knows."""
    return not hasattr(estimator, "tasks_") or any(
        kind in estimator_config.SCORED for kind in estimator.tasks_.values()
    )


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """One network for several targets, with scikit-learn's methods.

    Parameters
    ----------
    tasks : mapping of task to kind or options, or one kind, default=None
        What each task of y is: `{"fault": "classification", "life": {"kind": "regression", "bounds": [0, 1]}}`. What is
        not said is guessed from the labels. One kind alone is that of every task, and tells scikit-learn whether this
        is a classifier or a regressor.
    backbone : name or mapping, default=None
        The shared network: by default `mlp` for X of shape (row, feature), `tcn` for (row, channel, time).
    balance : name or mapping, default="floor"
        How the tasks' losses become one step.
    epochs, batch_size, lr : default=50, 64, 1e-3
        Passes over the training rows, rows in a batch, and the learning rate.
    early_stopping : int, default=None
        Epochs without a better mean skill on validation before training stops.
    config : mapping, default=None
        Blocks of the configuration file, which go before the parameters above: `{"train": {"weight_decay": 0}}`.
    random_state : int, RandomState or None, default=42
        Seed of everything random, of the split too.
    out : path, default=None
        Folder of runs. By default the run lies in a temporary folder that goes when `run_` does, without a page.
    verbose : int, default=0
        1 prints a line for each epoch.

    Attributes
    ----------
    run_ : Run
        The run's folder and its metrics: every task beside its floor on train, val and test.
    tasks_ : dict of task to kind
    classes_ : dict of task to labels, or the labels where y was one array; of tasks of one answer only
    n_features_in_, feature_names_in_
        Columns or channels of X, and their names where X was a data frame.
    """

    def __init__(
        self,
        tasks: str | Mapping[str, Any] | None = None,
        *,
        backbone: str | Mapping[str, Any] | None = None,
        balance: str | Mapping[str, Any] = "floor",
        epochs: int = 50,
        batch_size: int = 64,
        lr: float = 1e-3,
        early_stopping: int | None = None,
        config: Mapping[str, Any] | None = None,
        random_state: int | np.random.RandomState | None = 42,
        out: str | Path | None = None,
        verbose: int = 0,
    ) -> None:
        self.tasks = tasks
        self.backbone = backbone
        self.balance = balance
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.early_stopping = early_stopping
        self.config = config
        self.random_state = random_state
        self.out = out
        self.verbose = verbose

    @arrays.refused()
    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train on rows X (row, feature) or (row, channel, time) with labels y.

        y is a mapping or data frame of one entry per task, labels (row,) or numbers (row, output), or one such array.
        NaN, None and "" are labels that are not known. `groups` (row,) names the recording of each row, which stays on
        one side of the split; without it every row is one of its own. Raises ValueError, as an InputError where it is
        polyhead's.
        """
        said = estimator_config.said(self.get_params(deep=False))
        inputs = {"x": self._checked(X, y, reset=True)}
        labels = arrays.labels_of(y)
        if groups is not None:
            inputs["group"] = arrays.names_of(groups)
        check_consistent_length(*inputs.values(), *labels.values())
        ours = estimator_config.experiment(inputs, labels, getattr(self, "feature_names_in_", None), self.tasks)
        with torch.random.fork_rng(devices=[]):  # training seeds torch, whose random numbers are the caller's too
            self.run_ = fitted(
                estimator_config.merged(ours, said), inputs | arrays.columns(labels), self.out, bool(self.verbose)
            )
        self._predictor = Predictor(self.run_.folder)
        self._classes = {name: arrays.classes_of(labels[name], own) for name, own in self._predictor.classes.items()}
        self.tasks_ = {task.name: task.kind for task in self._predictor.tasks}
        self._named = arrays.named(y) or len(self.tasks_) > 1
        self.__dict__.pop("classes_", None)  # of an earlier fit
        if self._classes:
            self.classes_ = self._as_given(self._classes)
        return self

    @arrays.refused()
    def predict(self, X: Any) -> Any:
        """Predictions by task, or the array where y was one: labels of the type they had in y, numbers (row,) or
        (row, output), of a signal (row, channel, time). Raises NotFittedError, and as `fit` does."""
        found = self._predictions(X)
        labels = {
            name: self._classes[name][one.pred] if name in self._classes else one.pred for name, one in found.items()
        }
        return self._as_given(labels)

    @available_if(_has_classes)  # type: ignore[untyped-decorator]
    @arrays.refused()
    def predict_proba(self, X: Any) -> Any:
        """Probabilities (row, class) in the order of `classes_`, by task or the array where y was one; of yes (row,
        label) for several answers, of a mark (row, sample) for spans. Tasks of numbers have none."""
        found = {name: one.score for name, one in self._predictions(X).items() if one.score is not None}
        binary = {name: np.column_stack([1 - one, one]) for name, one in found.items() if one.ndim == 1}
        return self._as_given(found | binary)

    @arrays.refused()
    def score(self, X: Any, y: Any) -> float:
        """Mean over tasks of the skill of each one's primary metric: 0 is the trivial predictor fitted on the training
        set, 1 perfect; NaN where no task has a skill, for instance of one class only."""
        check_is_fitted(self)
        inputs = {"x": self._checked(X, y, reset=False)}
        labels = arrays.labels_of(y)
        arrays.check_labelled(labels, self._predictor.targets)
        check_consistent_length(*inputs.values(), *labels.values())
        skill = self._predictor.skill(inputs | arrays.columns(labels))
        return float("nan") if skill is None else skill

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = self.tasks not in estimator_config.CLASSES
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = self._masks
        if self.tasks == "regression":
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        elif self.tasks in estimator_config.CLASSES:
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """What a pickle holds: of the run its configuration, what was fitted, its scores and its best weights."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "run_" in state:
            state["run_"] = files_of(state["run_"])
            del state["_predictor"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "run_" in state:
            run = run_of(state["run_"])
            state = state | {"run_": run, "_predictor": Predictor(run.folder)}
        super().__setstate__(state)

    @property
    def _masks(self) -> bool:
        data = (self.config or {}).get("data") or {}
        return bool(data.get("non_finite") == "mask")

    def _checked(self, X: Any, y: Any, reset: bool) -> NDArray[Any]:
        """X as numbers (row, feature) or (row, channel, time), as scikit-learn would have it."""
        found: NDArray[Any] = validate_data(
            self,
            X,
            "no_validation" if y is not None else None,
            reset=reset,
            dtype=[np.float64, np.float32],
            allow_nd=True,
            ensure_all_finite=not self._masks,
            ensure_min_samples=_LEAST_ROWS if reset else 1,
        )
        if found.ndim > 3:
            raise InputError(f"expected (row, feature) or (row, channel, time), found shape {found.shape}", where="X")
        return found

    def _predictions(self, X: Any) -> dict[str, Prediction]:
        check_is_fitted(self)
        return self._predictor.predict({"x": self._checked(X, "no_validation", reset=False)})

    def _as_given(self, found: Mapping[str, Any]) -> Any:
        """By task where y was; else the one there is."""
        return dict(found) if self._named else next(iter(found.values()))
