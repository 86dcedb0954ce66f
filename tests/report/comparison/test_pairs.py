"""Differences of two runs on the same windows, against scikit-learn under the same draws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from polyhead.report.comparison.pairs import Resampled, difference, resample
from polyhead.report.run import read_run
from polyhead.scoring.interval import draws

from .compared import BAD, LOAD, MASK, RECORDING, RECORDINGS, N, alarms, loads, score, write_compared


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    one = write_compared(tmp_path / "one", load=loads(2.0), bad=alarms(1.0))
    return one, write_compared(tmp_path / "two", load=loads(1.8), bad=alarms(1.6, seed=9), shuffled=True)


def drawn(run: Path, task: str) -> Resampled:
    found = resample(read_run(run), "test", task)
    assert isinstance(found, Resampled), found
    return found


def test_the_difference_and_its_interval_are_those_of_scikit_learn(pair: tuple[Path, Path]) -> None:
    """The second file holds its rows in another order: windows are paired by name, not by place."""
    load = [loads(2.0), loads(1.8)]
    bad = [alarms(1.0), alarms(1.6, seed=9)]
    apart: dict[str, list[float]] = {"load": [], "bad": []}
    for times in draws(RECORDINGS, seed=0):
        weight = times[RECORDING]
        two, one = (r2_score(LOAD[MASK], pred[MASK], sample_weight=weight[MASK]) for pred in reversed(load))
        apart["load"].append(two - one)
        two, one = (roc_auc_score(BAD, each, sample_weight=weight) for each in reversed(bad))
        apart["bad"].append(two - one)
    for task, whole in (
        ("load", r2_score(LOAD[MASK], load[1][MASK]) - r2_score(LOAD[MASK], load[0][MASK])),
        ("bad", roc_auc_score(BAD, bad[1]) - roc_auc_score(BAD, bad[0])),
    ):
        found = difference(drawn(pair[1], task), drawn(pair[0], task))
        assert found["value"] == pytest.approx(whole)
        assert found["interval"] == pytest.approx(np.percentile(apart[task], [2.5, 97.5]).tolist())
        assert found["reason"] is None


def test_pairs_tell_apart_what_two_intervals_do_not(pair: tuple[Path, Path]) -> None:
    """Both runs fail on the same recordings; a tenth less error everywhere is no matter of which are drawn."""
    one, two = (drawn(run, "load") for run in pair)
    low, high = difference(two, one)["interval"]
    assert low > 0
    spans = [np.percentile(each.values, [2.5, 97.5]) for each in (one, two)]
    assert spans[0][1] > spans[1][0]
    assert high - low < 0.5 * (spans[0][1] - spans[0][0])


def test_classes_are_compared_by_name(tmp_path: Path) -> None:
    """One run predicts a class that never occurs, so that the numbers of the classes would not be the same."""
    truth = np.array(["b", "c", "d"])[np.arange(N) % 3]
    preds = [np.where(np.arange(N) % 4, truth, "a"), np.where(np.arange(N) % 7, truth, "d")]
    for number, pred in enumerate(preds):
        folder = tmp_path / str(number)
        (folder / "predictions").mkdir(parents=True)
        rows = {"recording": [f"R{i:02d}" for i in RECORDING], "index": np.arange(N), "state.mask": [True] * N}
        rows |= {"state.truth": truth, "state.pred": pred}
        pl.DataFrame(rows).write_parquet(folder / "predictions" / "test.parquet")
        value = float(f1_score(truth, pred, average="macro"))
        made = {"metrics": {"test": {"state": {"macro_f1": score(value, 0.2)}}}}
        made["metadata"] = {"tasks": {"state": {"kind": "classification", "primary": "macro_f1"}}}
        for name, content in made.items():
            (folder / f"{name}.json").write_text(json.dumps({"schema_version": 1} | content))
    one, two = (drawn(tmp_path / name, "state") for name in "01")
    expected = [f1_score(truth, pred, average="macro") for pred in preds]
    assert difference(two, one)["value"] == pytest.approx(expected[1] - expected[0])
    assert difference(two, one)["interval"] is not None


@pytest.mark.parametrize(
    ("column", "why"),
    [("index", "another window"), ("load.truth", "another truth"), ("recording", "another recording")],
)
def test_other_windows_are_not_paired(pair: tuple[Path, Path], column: str, why: str) -> None:
    first = drawn(pair[0], "load")
    path = pair[1] / "predictions" / "test.parquet"
    rows = pl.read_parquet(path).sort("index")
    last = rows[column].to_list()
    last[-1] = "R99" if column == "recording" else last[-1] + 1e-3 if column == "load.truth" else 999
    other = rows.with_columns(pl.Series(column, last))
    other.write_parquet(path)
    truth, pred = (other.filter("load.mask")[f"load.{part}"].to_numpy() for part in ("truth", "pred"))
    _set_value(pair[1], float(r2_score(truth, pred)))
    found = difference(drawn(pair[1], "load"), first)
    assert found == {"value": None, "interval": None, "reason": "not the same windows with the same truth"}, why


def _set_value(run: Path, value: float) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    metrics["test"]["load"]["r2"]["value"] = value
    (run / "metrics.json").write_text(json.dumps(metrics))


def test_predictions_that_do_not_give_the_score_are_not_used(pair: tuple[Path, Path]) -> None:
    _set_value(pair[0], 0.5)
    assert "does not give the score in metrics.json" in str(resample(read_run(pair[0]), "test", "load"))


def test_what_cannot_be_resampled_says_why(pair: tuple[Path, Path]) -> None:
    path = pair[0] / "predictions" / "test.parquet"
    rows = pl.read_parquet(path)
    rows.drop("bad.score").write_parquet(path)
    assert "does not hold what auroc needs" in str(resample(read_run(pair[0]), "test", "bad"))
    path.unlink()
    assert resample(read_run(pair[0]), "test", "load") == "predictions/test.parquet is missing"


def test_few_recordings_give_a_difference_without_an_interval(pair: tuple[Path, Path]) -> None:
    for run in pair:
        path = run / "predictions" / "test.parquet"
        rows = pl.read_parquet(path).with_columns(recording=pl.col("index") % 7)
        rows.with_columns(pl.col("recording").cast(pl.String)).write_parquet(path)
    found = difference(drawn(pair[1], "load"), drawn(pair[0], "load"))
    assert found["value"] is not None
    assert (found["interval"], found["reason"]) == (None, "no interval: fewer than 8 recordings")


@pytest.mark.parametrize("kind", ["span", "countdown"])
def test_bars_are_drawn_with_their_recordings(tmp_path: Path, kind: str) -> None:
    """F1 and mean absolute error over all bars of a drawn recording's windows."""
    rng = np.random.default_rng(5)
    truth = (rng.random((N, 6)) < 0.3).astype(np.int64)
    primary = {"span": "f1", "countdown": "mae"}[kind]
    for number, wrong in enumerate((0.3, 0.2)):
        pred = np.where(rng.random(truth.shape) < wrong, 1 - truth, truth)
        value = f1_score(truth.ravel(), pred.ravel()) if kind == "span" else np.abs(truth - pred).mean()
        folder = tmp_path / str(number)
        (folder / "predictions").mkdir(parents=True)
        rows = {"recording": [f"R{i:02d}" for i in RECORDING], "index": np.arange(N), "m.mask": [True] * N}
        for part, values in {"truth": truth, "pred": pred, "score": pred * 0.8}.items():
            rows |= {f"m.{part}.{bar}": values[:, bar] for bar in range(6)}
        pl.DataFrame(rows).write_parquet(folder / "predictions" / "test.parquet")
        made = {"metrics": {"test": {"m": {primary: score(float(value), 0.2)}}}}
        made["metadata"] = {"tasks": {"m": {"kind": kind, "primary": primary}}}
        for name, content in made.items():
            (folder / f"{name}.json").write_text(json.dumps({"schema_version": 1} | content))
        found = drawn(folder, "m")
        weights = [np.repeat(times[RECORDING], 6) for times in draws(RECORDINGS, seed=0)][:3]
        flat = truth.ravel(), pred.ravel()
        each = [f1_score(*flat, sample_weight=weight) for weight in weights]
        if kind == "countdown":
            each = [np.average(np.abs(flat[0] - flat[1]), weights=weight) for weight in weights]
        assert found.values[:3].tolist() == pytest.approx(each)
