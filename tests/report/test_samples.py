"""Sample batches on the page: what is said of each window, and which epochs are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyhead.report.figures.windows import envelope, window_panel
from polyhead.report.page import write_report
from polyhead.report.run import Run, read_run
from polyhead.report.samples import answers, samples
from polyhead.trace.batches import write_batch

from .folders import write_json

KINDS = {
    "fault": "classification",
    "bad": "binary",
    "marks": "multilabel",
    "load": "regression",
    "next": "forecast",
}


def arrays(epoch: int = 3) -> dict[str, Any]:
    """Two windows of 600 samples; the second window's labels are not known."""
    time = np.arange(600)
    return {
        "epoch": np.array(epoch),
        "recording": np.array(["b07", "b12"]),
        "index": np.array([4, 9]),
        "signal": np.stack([np.sin(time / 9), np.cos(time / 5)])[:, None].astype(np.float32),
        "signal.names": np.array(["signal.drive"]),
        "signal.offset": np.zeros((2, 1)),
        "signal.scale": np.full((2, 1), 2.0),
        "present": np.stack([time > -1, time > 99]),
        **{f"{task}.mask": np.array([True, False]) for task in KINDS},
        "fault.truth": np.array(["inner", "normal"]),
        "fault.pred": np.array(["outer", "normal"]),
        "fault.score": np.array([[0.2, 0.1, 0.7], [0.1, 0.8, 0.1]]),
        "bad.truth": np.array([1, 0]),
        "bad.score": np.array([0.914, 0.2]),
        "marks.truth": np.array([[1, 0, 1], [0, 0, 0]]),
        "marks.score": np.array([[0.9, 0.2, 0.4], [0.1, 0.2, 0.3]]),
        "load.truth": np.array([12.5, np.nan]),
        "load.pred": np.array([11.0, 9.0]),
        "load.sd": np.array([2.0, 1.0]),
        "next.truth": np.array([[[1.0, 1.0]], [[0.0, 0.0]]]),
        "next.pred": np.array([[[1.0, 4.0]], [[0.0, 0.0]]]),
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose epochs 1, 2, 3 and 12 were sampled, 3 of which is judged."""
    tasks = {task: {"kind": kind} for task, kind in KINDS.items()}
    options = {"next": {"input": "signal", "channels": None, "horizon": 2}}
    write_json(tmp_path, "metadata", {"tasks": tasks, "configuration": {"tasks": options}})
    targets = {"marks": {"classes": ["loose", "bent", "worn"]}, "load": {"unit": "kN"}}
    write_json(tmp_path, "data", {"targets": targets})
    write_json(tmp_path, "state", {"status": "training", "best": {"monitor": "val/skill", "epoch": 3}})
    (tmp_path / "config.yaml").write_text("name: x\n")
    for epoch in (1, 2, 3, 12):
        write_batch(tmp_path / "trace", epoch, arrays(epoch))
    return read_run(tmp_path)


def test_truth_and_prediction_of_every_kind(run: Run) -> None:
    found = answers(run, arrays())
    assert found.columns == ["", "recording", "fault", "bad", "marks", "load, kN", "next"]
    root = np.sqrt((0 + 9) / 2)
    assert found.rows == [
        [
            *("1", "b07", "inner → outer 0.70", "1 → 0.91", "loose, worn → loose 0.90, worn 0.40, bent 0.20"),
            *("12.5 → 11.0 ± 2.000", f"RMSE {root:.3f}"),
        ],
        ["2", "b12", "– → normal 0.80", "– → 0.20", "– → worn 0.30, bent 0.20, loose 0.10", "– → 9.000 ± 1.000", "–"],
    ]


def test_the_latest_epochs_come_first(run: Run) -> None:
    assert [(sample.epoch, sample.judged) for sample in samples(run)] == [(12, False), (3, True), (2, False)]


def test_both_pages_show_them(run: Run) -> None:
    page = write_report(run.path).read_text()
    text = (run.path / "report.md").read_text()
    assert page.index("<h3>Epoch 12</h3>") < page.index("<h3>Epoch 3, judged</h3>") < page.index("<h3>Epoch 2</h3>")
    assert "<td>inner → outer 0.70</td>" in page
    assert "### Epoch 3, judged" in text
    assert "](figures/batch-0003.png)" in text
    assert (run.path / "figures" / "batch-0003.png").is_file()


def test_a_network_of_numbers_alone_shows_the_numbers(run: Run) -> None:
    numbers = {name: values for name, values in arrays().items() if not name.startswith(("signal", "next", "present"))}
    assert window_panel(run, numbers) is None
    panel = window_panel(run, numbers | {"known": np.array([[0.1, 2.0], [0.3, 0.4]], np.float32)})
    assert panel is not None
    assert panel.name == "batch-0003"


def test_numbers_are_called_as_their_channels(run: Run) -> None:
    numbers = {name: values for name, values in arrays().items() if not name.startswith(("signal", "next", "present"))}
    names = ["known.load", "known.speed of the shaft"]
    some = numbers | {"known": np.array([[0.1, 2.0], [0.3, 0.4]]), "known.names": np.array(names)}
    panel = window_panel(run, some)
    assert panel is not None
    below = json.loads(panel.series)["axes"][-1]["x"]
    assert (below["label"], below["at"], below["text"]) == ("", [0, 1], ["load", "speed of th…"])
    many = [f"known.n{channel}" for channel in range(13)]
    panel = window_panel(run, numbers | {"known": np.ones((2, 13)), "known.names": np.array(many)})
    assert panel is not None
    assert json.loads(panel.series)["axes"][-1]["x"]["label"] == "number"


def test_names_of_two_inputs_stay_whole(run: Run) -> None:
    numbers = {name: values for name, values in arrays().items() if not name.startswith(("signal", "next", "present"))}
    some = numbers | {"known": np.ones((2, 2)), "known.names": np.array(["a.load", "b.load"])}
    panel = window_panel(run, some)
    assert panel is not None
    assert json.loads(panel.series)["axes"][-1]["x"]["text"] == ["a.load", "b.load"]


def test_no_peak_is_lost_in_a_long_window() -> None:
    line = np.zeros(100_000)
    line[[777, 50_000]] = 9.0, -7.0
    at, drawn = envelope(line)
    assert len(at) == len(drawn) < 1000
    assert (drawn.max(), drawn.min()) == (9.0, -7.0)
    assert abs(at[drawn.argmax()] - 777) < 420


def test_a_short_window_is_drawn_as_it_is() -> None:
    line = np.arange(480.0)
    np.testing.assert_array_equal(envelope(line)[1], line)


def test_what_is_not_there_is_not_drawn() -> None:
    line = np.ones(1000)
    line[:500] = np.nan
    at, drawn = envelope(line)
    assert np.isnan(drawn[at < 490]).all()
    assert (drawn[at > 510] == 1).all()
