"""Tasks on marks from the table to the trace: what is fed, counted, recorded and resumed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
import torch

from polyhead.config.checks import cross_check
from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.signals.augmentation import Augmentation
from polyhead.signals.source import InputArray, Source
from polyhead.trace.folder import RunFolder
from polyhead.training.description import describe_data, profile
from polyhead.training.feed import Feed
from polyhead.training.finish import finish
from polyhead.training.fit import fit
from polyhead.training.network import build_network
from polyhead.training.preparation import Prepared, prepare
from polyhead.training.session import Session
from polyhead.training.steplog import composition
from polyhead.training.watcher import InterruptedRunError, StopRequest, Watcher

MARKS = {"span": {"key": "expansion", "axes": ["window", "time"], "unit": "bars"}}
TASKS: Mapping[str, Mapping[str, Any]] = {
    "span": {"kind": "span"},
    "ptr": {"kind": "pointers", "target": "span"},
    "countdown": {"kind": "countdown", "target": "span", "clip": 5},
}


def source(series: int = 20, length: int = 48) -> Source:
    """A table of bars: in every other window of 16 bars a span, in which the first channel is raised."""
    rng = np.random.default_rng(0)
    marks = np.zeros((series, length), np.int8)
    for one in marks:
        for first in range(2, length - 8, 32):
            begins = first + rng.integers(0, 6)
            one[begins : begins + rng.integers(2, 6)] = 1
    values = rng.normal(size=(series * length, 2)) + 2 * marks.reshape(-1, 1) * [1, 0]
    columns = {"expansion": marks.ravel(), "series": np.repeat(np.arange(series), length)}
    return Source({"signal": InputArray(values, ("a", "b"))}, columns, sampled=True)


def experiment(tasks: Mapping[str, Mapping[str, Any]] = TASKS, **blocks: Any) -> Experiment:
    data = {"reader": "npz", "targets": MARKS, "group": "series", "window": {"length": 16, "position": True}}
    model = {"backbone": {"name": "bilstm", "hidden": 4}}
    train = {"epochs": 2, "batch_size": 16, "device": "cpu"} | blocks.pop("train", {})
    data |= blocks.pop("data", {})
    found = {"name": "marks", "data": data, "tasks": tasks, "model": model, "train": train} | blocks
    return Experiment.model_validate(found)


@pytest.fixture(scope="module")
def ready():
    return prepare(experiment(), source())


def test_windows_without_a_span_are_known_to_the_span_alone(ready):
    feed = Feed(ready.windows, ready.tasks, ready.scaling, torch.device("cpu"), fill=False)
    batch = feed.batch(np.arange(len(ready.windows)))
    has = ready.windows.targets["span"].values.any(axis=1)
    assert 0 < has.sum() < len(has)
    assert batch.mask.numpy().tolist() == [[True, one, one] for one in has]


@pytest.mark.parametrize(
    ("backbone", "spacing"),
    [({"name": "tcn", "stem_kernel": 5, "stem_stride": 5}, (5, 0)), ({"name": "patch_transformer"}, (8, 7.5))],
)
def test_heads_of_samples_are_told_where_the_steps_stand(backbone, spacing):
    other = TASKS | {"ends": {"kind": "pointers", "target": "span", "loss_fn": "boundary"}}
    ready = prepare(experiment(other, model={"backbone": backbone}), source())
    heads = build_network(ready.experiment, ready.windows, ready.tasks).heads.values()
    placed = [getattr(head, "steps", head) for head in heads if getattr(head, "of_samples", False)]
    assert [head.spacing for head in placed] == [spacing] * 3


def test_the_position_reaches_the_backbone_unscaled(ready):
    feed = Feed(ready.windows, ready.tasks, ready.scaling, torch.device("cpu"), fill=False)
    signal = feed.batch(np.arange(3)).signal
    assert signal is not None
    assert signal.shape == (3, 3, 16)
    torch.testing.assert_close(signal[:, 2], torch.linspace(0, 1, 16).expand(3, -1))


def test_augmentation_leaves_the_position_alone():
    ready = prepare(experiment(data={"augment": {"noise_snr_db": 0, "gain_db": 6, "flip": True}}), source())
    augment = ready.experiment.data.augment
    assert augment is not None
    feed = Feed(
        ready.windows, ready.tasks, ready.scaling, torch.device("cpu"), False, augmentation=Augmentation(augment, 0)
    )
    signal = feed.batch(np.arange(8), epoch=0).signal
    assert signal is not None
    torch.testing.assert_close(signal[:, 2], torch.linspace(0, 1, 16).expand(8, -1))


def test_absent_samples_reach_the_head_one_by_one():
    """A map of one step in four: the head is told of samples, not of steps."""
    window = {"length": 16, "stride": 16, "least": 5}
    ready = prepare(
        experiment(
            {"span": {"kind": "span"}},
            data={"window": window},
            model={"backbone": {"name": "resnet1d", "channels": [4, 4], "blocks": 1}},
        ),
        source(),
    )
    network = build_network(ready.experiment, ready.windows, ready.tasks).eval()
    feed = Feed(ready.windows, ready.tasks, ready.scaling, torch.device("cpu"), fill=False)
    batch = feed.batch(np.arange(len(ready.windows)))
    assert batch.present is not None
    with torch.no_grad():
        output = network(batch.signal, batch.known, batch.present).outputs[0]
    assert output.shape == batch.present.shape
    assert torch.equal(output == -30, ~batch.present)
    assert (~batch.present).any()


def test_steps_count_marked_samples_and_the_variance_of_countdowns(ready):
    index = np.arange(len(ready.windows))
    found = composition(ready.windows, ready.tasks, [[index[:7]], [index[7:]]])
    marks = ready.windows.targets["span"].values
    assert found["count.span.1"].tolist() == [int(marks[:7].sum()), int(marks[7:].sum())]
    assert found["count.span.0"].tolist() == [int((1 - marks[:7]).sum()), int((1 - marks[7:]).sum())]
    first = marks.argmax(axis=1)[marks.any(axis=1)]
    early = first[: int(marks[:7].any(axis=1).sum())]
    left = np.clip(early[:, None] - np.arange(16), -5, 5)
    assert found["variance.countdown"][0] == pytest.approx(left.var())


def test_the_data_are_described_in_samples_and_spans(ready):
    described = describe_data(ready)
    train = ready.split["train"]
    marks = ready.windows.targets["span"].values[train]
    assert described["targets"]["span"]["counts"]["train"] == {"0": int((1 - marks).sum()), "1": int(marks.sum())}
    assert described["targets"]["ptr"]["known"]["train"] == int(marks.any(axis=1).sum())
    assert described["windows"]["position"] is True
    first = marks.argmax(axis=1)[marks.any(axis=1)]
    left = np.clip(first[:, None] - np.arange(16), -5, 5)
    summary = described["targets"]["countdown"]["summary"]["train"]
    assert summary == pytest.approx(
        {"mean": left.mean(), "sd": left.std(), "min": -5, "median": np.median(left), "max": left.max()}
    )


def test_the_profile_holds_the_numbers_that_tasks_are_scored_on(ready):
    """One window has two spans of two and three bars: the longer is meant, not the first."""
    marks = ready.windows.targets["span"].values.copy()
    train = ready.split["train"]
    marks[train[0]] = [0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    target = replace(ready.windows.targets["span"], values=marks)
    found = profile(replace(ready, windows=replace(ready.windows, targets={"span": target}))).targets
    has = marks.any(axis=1)
    first, many = marks.argmax(axis=1), marks.sum(axis=1)
    first[train[0]], many[train[0]] = 5, 3
    used = train[has[train]]
    left = np.clip(first[used][:, None] - np.arange(16), -5, 5)
    labels = found["countdown"].splits["train"]
    assert (labels.known, labels.distinct) == (len(used), len(np.unique(left)))
    assert (labels.mean, labels.sd) == (pytest.approx(left.mean()), pytest.approx(left.std()))
    assert (labels.at_min, labels.at_max) == (pytest.approx((left == -5).mean()), pytest.approx((left == 5).mean()))
    assert labels.quantiles["0.25"] == np.quantile(left, 0.25)
    assert labels.magnitudes["0.5"] == np.median(np.abs(left))
    common = labels.frequent[0]
    assert (common.value, common.count) == (-5, np.count_nonzero(left == -5))
    recording = ready.windows.recording[used]
    assert common.recordings == len(np.unique(recording[(left == -5).any(axis=1)]))
    mean = np.array([left[recording == one].mean() for one in recording])
    assert found["countdown"].between == pytest.approx(mean.var() / left.var())
    ends = np.stack([first[used], (first + many - 1)[used]])
    labels = found["ptr"].splits["train"]
    assert (labels.quantiles["0"], labels.quantiles["1"], labels.mean) == (ends.min(), ends.max(), ends.mean())
    assert found["span"].splits["train"].mean == marks[train].sum(axis=1).mean()


@pytest.mark.parametrize(
    ("kind", "axes", "says"),
    [
        ("binary", ["window", "time"], "binary needs one value per window, target 'span' has one for each sample"),
        ("regression", ["window", "time"], "regression needs one value per window"),
        ("multilabel", ["window", "time"], "multilabel needs one value per window"),
        ("span", ["window"], "span needs one value for each sample of a window, target 'span' has one per window"),
        ("countdown", ["window"], "write `axes: \\[window, time\\]` in data.targets.span"),
    ],
)
def test_marks_and_single_values_are_not_confused(kind, axes, says):
    data = {"targets": {"span": {"key": "expansion", "axes": axes}}}
    with pytest.raises(InputError, match=says):
        prepare(experiment({"span": {"kind": kind}}, data=data), source())


def test_windows_with_marks_do_not_move():
    with pytest.raises(InputError, match="the marks of a window's samples would not move with it"):
        prepare(experiment(data={"augment": {"jitter": 2}}), source())


@pytest.mark.parametrize(
    "task", [TASKS["span"], TASKS["countdown"], {"kind": "pointers", "target": "span", "loss_fn": "boundary"}]
)
def test_a_map_of_one_step_has_no_answer_for_each_sample(task):
    blocks = experiment({"task": task}, model={"backbone": {"name": "mlp"}})
    said = [problem.what for problem in cross_check(blocks)]
    assert any("answers for each sample, and the map of an mlp has one step" in one for one in said)


class Until(Watcher):
    """Asks to stop after some steps."""

    def __init__(self, stop: StopRequest, last: int | None) -> None:
        self._stop, self._left = stop, last

    def on_step(self, epoch: int, step: int) -> None:
        self._left = None if self._left is None else self._left - 1
        self._stop.asked = self._left == 0


def trained(ready: Prepared, folder: Path, last: int | None = None, judged: bool = True) -> Path:
    """The run trained and perhaps judged, begun or taken up in `folder`; stopped after the step `last`."""
    folder.mkdir(exist_ok=True)
    stop, session = StopRequest(), Session(ready, RunFolder(folder))
    session.begin(datetime(2026, 1, 1, tzinfo=UTC))
    fit(session, Until(stop, last), stop)
    if judged:
        finish(session, StopRequest())
    return folder


def test_a_run_is_recorded_and_goes_on_where_it_stopped(ready, tmp_path: Path):
    """Two epochs at once, and with a stop in between: tables and weights are the same."""
    once = trained(ready, tmp_path / "once")
    with pytest.raises(InterruptedRunError):
        trained(ready, tmp_path / "twice", last=4)
    twice = trained(ready, tmp_path / "twice", judged=False)
    for name in ("probability_stats.csv", "loss_components.csv"):
        assert (once / "trace" / name).read_text() == (twice / "trace" / name).read_text()
    weights = [torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["network"] for run in (once, twice)]
    assert all(torch.equal(one, weights[1][name]) for name, one in weights[0].items())
    table = polars.read_parquet(once / "predictions" / "val.parquet")
    scores = np.stack([table[f"span.score.{at}"] for at in range(16)], axis=1)
    truth = np.stack([table[f"span.truth.{at}"] for at in range(16)], axis=1)
    assert table["ptr.truth.0"].is_nan().any()
    assert [name for name in table.columns if name.startswith("ptr")][-2:] == ["ptr.pred.0", "ptr.pred.1"]
    assert "countdown.pred.15" in table.columns
    with (once / "trace" / "probability_stats.csv").open() as file:
        rows = list(csv.DictReader(file))
    best = int(torch.load(once / "checkpoints" / "best.ckpt", weights_only=True)["epoch"])
    row = next(row for row in rows if int(row["epoch"]) == best)
    assert float(row["span_pos_mean"]) == pytest.approx(scores[truth == 1].mean(), rel=1e-5)
    assert float(row["span_neg_max"]) == pytest.approx(scores[truth == 0].max(), rel=1e-5)
    assert float(row["span_separation"]) == pytest.approx(
        scores[truth == 1].mean() - scores[truth == 0].mean(), abs=1e-6
    )
