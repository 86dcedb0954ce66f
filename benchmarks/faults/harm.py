"""Whether a run is healthy, and whether a fault hurts: criteria that were written down before any diagnosis."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faults.running import metrics_of, primary
from polyhead.scoring.standing import standing

GAP = 0.3
"""Most that skill may fall from training to test, for each task of a healthy run."""
MARGIN = 0.2
"""Least skill on test of a task whose set is too small for an interval; else the interval must clear the floor."""
FEWEST_PAIRS, P, EFFECT = 10, 0.05, 0.5
"""A dose hurts where the signed-rank test over the pairs gives p < P and the mean difference is EFFECT of its sd."""
OWN_SCORE = ("span", "pointers", "countdown", "forecast", "reconstruction")
"""Kinds whose skill is taken as the run reports it: no fault here changes their labels in the test set."""
WORST = -1.0
"""Scores are cut off here, so that one run that exploded does not outweigh the others."""


def unhealthy(folder: Path) -> str:
    """Which criterion a run fails, and on which task; empty where it meets all."""
    metrics = metrics_of(folder)
    if "test" not in metrics:
        return "no scores"
    for task in tasks_of(folder):
        test, train = primary(metrics, "test", task), primary(metrics, "train", task)
        if test is None or train is None or test["skill"] is None or train["skill"] is None:
            return f"{task}: no score"
        stands = standing(test)
        if not (stands == "beats" or (stands == "above" and test["skill"] >= MARGIN)):
            return f"{task}: does not beat its floor (skill {test['skill']:.2f}, {stands})"
        if train["skill"] - test["skill"] > GAP:
            return f"{task}: skill falls by {train['skill'] - test['skill']:.2f} from training to test"
    return ""


def tasks_of(folder: Path) -> list[str]:
    """Tasks of the run kept in `folder`."""
    return list(json.loads((folder / "run" / "metadata.json").read_text())["tasks"])


def score(folder: Path, tasks: Sequence[str], by: str = "score") -> float | None:
    """Mean score of the tasks on test against the labels as they were drawn, in [WORST, 1]; 0 where the run gave none.

    R2 of numbers, for words and orders balanced accuracy above chance, for yes or no 2 AUROC - 1, or, by `decision`,
    balanced accuracy above chance. None without tasks.
    """
    import polars

    if not tasks:
        return None
    path = folder / "run" / "predictions" / "test.parquet"
    if not path.is_file():
        return 0.0
    frame = polars.read_parquet(path)
    clean = np.load(folder / "clean.npz", allow_pickle=False)
    found = [_of_task(folder, frame, clean, task, by) for task in tasks]
    return float(np.mean([max(WORST, one) for one in found]))


def _of_task(folder: Path, frame: Any, clean: Any, task: str, by: str) -> float:
    metrics = metrics_of(folder)
    pred, truth = _columns(frame, f"{task}.pred"), _columns(frame, f"{task}.truth")
    if pred is None or truth is None:  # a task that was never trained
        return 0.0
    kind = json.loads((folder / "run" / "metadata.json").read_text())["tasks"][task]["kind"]
    if kind in OWN_SCORE:
        return float((primary(metrics, "test", task) or {}).get("skill") or 0.0)
    if task in clean:
        truth = clean[task][frame["index"].to_numpy()].reshape(len(frame), -1)
    measured = metrics["test"].get(task, {})
    if f"{task}.score" in frame.columns and by == "score":
        return _auroc(truth[:, 0], frame[f"{task}.score"].to_numpy())
    if "r2" in measured:
        return _r2(truth.astype(float), pred.astype(float))
    if "accuracy" in measured:
        return _balanced(truth[:, 0].astype(str), pred[:, 0].astype(str))
    return float((primary(metrics, "test", task) or {}).get("skill") or 0.0)


def _columns(frame: Any, name: str) -> NDArray[Any] | None:
    """(window, output) of `name`, or of `name.0`, `name.1` ...; None without."""
    names = [one for one in frame.columns if one == name or one.startswith(f"{name}.")]
    return np.stack([frame[one].to_numpy() for one in names], axis=1) if names else None


def _r2(truth: NDArray[Any], pred: NDArray[Any]) -> float:
    known = np.isfinite(truth).all(axis=1) & np.isfinite(pred).all(axis=1)
    left = ((truth - pred)[known] ** 2).sum()
    return float(1 - left / ((truth[known] - truth[known].mean(axis=0)) ** 2).sum()) if known.sum() > 2 else 0.0


def _balanced(truth: NDArray[Any], pred: NDArray[Any]) -> float:
    names = np.unique(truth)
    recall = np.mean([(pred[truth == name] == name).mean() for name in names])
    return float((recall - 1 / len(names)) / (1 - 1 / len(names))) if len(names) > 1 else 0.0


def _auroc(truth: NDArray[Any], said: NDArray[Any]) -> float:
    from sklearn.metrics import roc_auc_score

    yes = truth.astype(float) > 0.5
    known = np.isfinite(said)
    return float(2 * roc_auc_score(yes[known], said[known]) - 1) if 0 < yes[known].sum() < known.sum() else 0.0


@dataclass(frozen=True)
class Harm:
    """The test of one dose: pairs, mean loss of score, p of the signed-rank test, and the loss over its sd."""

    pairs: int
    loss: float
    p: float
    effect: float

    @property
    def manifest(self) -> bool:
        """Whether the dose hurts."""
        return self.pairs >= FEWEST_PAIRS and self.loss > 0 and self.p < P and self.effect >= EFFECT


def harm(healthy: Sequence[float], faulty: Sequence[float]) -> Harm:
    """The paired test of a dose against its healthy twins."""
    from scipy.stats import wilcoxon

    loss = np.asarray(healthy, float) - np.asarray(faulty, float)
    if len(loss) < 2 or not loss.any():
        return Harm(len(loss), 0.0, 1.0, 0.0)
    spread = loss.std(ddof=1)
    return Harm(len(loss), float(loss.mean()), float(wilcoxon(loss).pvalue), float(loss.mean() / max(spread, 1e-12)))
