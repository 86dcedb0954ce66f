"""Each command once for real: what it prints, what it writes, its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from polyhead.cli.entry import run

from ..machine import RECORDINGS, SAMPLES, WINDOWS, write_config, write_machine

HORIZON = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with machine.npz, machine.yaml and one finished run."""
    folder = tmp_path_factory.mktemp("commands")
    assert run(["train", str(write_config(folder)), "--out", str(folder / "runs")]) == 0
    return folder


@pytest.fixture(scope="module")
def finished(folder: Path) -> Path:
    (path,) = (folder / "runs" / "machine").iterdir()
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """The JSON object that a command prints alone on standard output."""
    capsys.readouterr()
    assert run([*arguments, "--format", "json"]) == code
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


def test_train_leaves_a_folder_that_anyone_can_read(finished: Path) -> None:
    names = {path.name for path in finished.iterdir()}
    assert names >= {"config.yaml", "data.json", "environment.json", "state.json", "metadata.json", "metrics.json"}
    assert names >= {"report.html", "report.md", "figures", "trace", "predictions", "checkpoints"}
    tables = {path.stem for path in (finished / "trace").glob("*.csv")}
    seven = {"epoch_metrics", "loss_components", "uncertainty_params", "probability_stats", "feature_stats"}
    assert tables == seven | {"gradient_stats", "parameter_sums"}
    kept = {path.stem for path in (finished / "checkpoints").iterdir()}
    assert kept >= {"last", "best", "epoch-0002"}
    assert json.loads((finished / "state.json").read_text())["status"] == "finished"


def test_every_score_stands_beside_its_floor(finished: Path) -> None:
    metrics = json.loads((finished / "metrics.json").read_text())
    for split in ("train", "val", "test"):
        assert set(metrics[split]) == {"state", "bad", "wear", "next"}
        for scores in metrics[split].values():
            assert sum(score["primary"] for score in scores.values()) == 1
            for score in scores.values():
                assert score["floor"] is not None or score["reason"]
                assert score["skill"] is not None or score["reason"]


def test_predictions_are_in_physical_units_with_masks(folder: Path, finished: Path) -> None:
    frame = polars.concat(
        [polars.read_parquet(finished / f"predictions/{s}.parquet") for s in ("train", "val", "test")]
    )
    with np.load(folder / "machine.npz") as held:
        wear, state, machine = held["wear"], held["state"], held["machine"]
    frame = frame.sort("index")
    assert frame["index"].to_list() == list(range(RECORDINGS * WINDOWS))
    assert frame["recording"].to_list() == machine.tolist()
    assert frame["state.truth"].to_list() == state.tolist()
    known = wear != 1000.0
    assert frame["wear.mask"].to_numpy().tolist() == known.tolist()
    np.testing.assert_allclose(frame["wear.truth"].to_numpy()[known], wear[known])
    assert frame["wear.pred"].is_between(0, 2.5).all()
    assert frame.filter(polars.col("wear.truth") == 1000.0).is_empty()


def test_the_six_tables_hold_every_epoch(finished: Path) -> None:
    epochs = polars.read_csv(finished / "trace" / "epoch_metrics.csv")
    assert epochs["epoch"].to_list() == [1, 2, 3]
    assert {"train_loss", "val_loss", "state_macro_f1", "wear_r2", "next_rmse", "lr", "epoch_time"} <= set(
        epochs.columns
    )
    losses = polars.read_csv(finished / "trace" / "loss_components.csv")
    assert losses.select("epoch", "phase").rows() == [(e, p) for e in (1, 2, 3) for p in ("train", "val")]
    uncertainty = polars.read_csv(finished / "trace" / "uncertainty_params.csv")
    assert uncertainty["sigma_wear"].null_count() == 0
    probabilities = polars.read_csv(finished / "trace" / "probability_stats.csv")
    spread = probabilities["bad_pos_mean"] - probabilities["bad_neg_mean"]
    np.testing.assert_allclose(probabilities["bad_separation"], spread)


def test_steps_hold_losses_weights_gradients_and_what_batches_were_made_of(finished: Path) -> None:
    steps = polars.concat([polars.read_parquet(p) for p in sorted((finished / "trace" / "steps").iterdir())])
    assert steps["step"].to_list() == list(range(steps.height))
    shares = sum((steps[f"share.{task}"] for task in ("bad", "wear", "next")), start=steps["share.state"])
    np.testing.assert_allclose(shares, 1, rtol=1e-5)
    sampled = steps.filter(polars.col("grad_norm.state").is_not_null())
    assert sampled["step"].to_list() == list(range(0, steps.height, 3))
    assert sampled["cosine.state~wear"].drop_nulls().is_between(-1, 1).all()
    counts = [steps[f"count.state.{label}"] for label in ("good", "loose", "worn")]
    assert (counts[0] + counts[1] + counts[2]).to_list() == steps["known.state"].to_list()
    assert steps["recording.count"].list.sum().to_list() == steps["known.next"].to_list()


def test_evaluate_repeats_the_metrics_of_the_run(capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    held = json.loads((finished / "metrics.json").read_text())
    again = printed(capsys, "evaluate", str(finished), "--split", "test", "--csv")["metrics"]
    for task, scores in held["test"].items():
        for name, score in scores.items():
            assert again["test"][task][name]["value"] == pytest.approx(score["value"], rel=1e-5, abs=1e-6)
    assert (finished / "predictions" / "test.csv").exists()


def test_evaluate_and_predict_another_file(capsys: pytest.CaptureFixture[str], finished: Path, tmp_path: Path) -> None:
    other = write_machine(tmp_path / "other.npz", seed=7)
    metrics = printed(capsys, "evaluate", str(finished), "--data", str(other))["metrics"]
    assert metrics["data"]["state"]["macro_f1"]["n"] == RECORDINGS * WINDOWS
    with np.load(other) as held:
        np.savez(tmp_path / "inputs.npz", x=held["x"][:, :, : SAMPLES - HORIZON], load=held["load"])
    result = printed(capsys, "predict", str(finished), str(tmp_path / "inputs.npz"), "-o", str(tmp_path / "p.parquet"))
    assert result["windows"] == RECORDINGS * WINDOWS
    alone = polars.read_parquet(tmp_path / "p.parquet")
    judged = polars.read_parquet(finished / "predictions" / "data.parquet")
    for column in ("state.pred", "wear.pred", "next.pred.11"):
        assert alone[column].to_list() == judged[column].to_list()
    assert not [column for column in alone.columns if ".truth" in column]


def test_positive_names_the_label_that_means_yes(folder: Path, tmp_path: Path) -> None:
    """With `good` as yes the shares turn round: the positives are the windows of good machines."""
    command = ["train", str(folder / "machine.yaml"), "train.epochs=1", "--tasks", "bad", "--out", str(tmp_path)]
    assert run([*command, "tasks.bad.positive=0"]) == 0
    (path,) = (tmp_path / "machine").iterdir()
    described = json.loads((path / "data.json").read_text())["targets"]["bad"]
    assert described["classes"] == ["1", "0"]
    with np.load(folder / "machine.npz") as held:
        good = int((held["bad"] == 0).sum())
    assert sum(counts["0"] for counts in described["counts"].values()) == good
    frame = polars.read_parquet(path / "predictions" / "*.parquet")
    assert frame["bad.truth"].sum() == good


def test_rows_without_a_group_are_not_called_recordings(folder: Path, tmp_path: Path) -> None:
    command = ["train", str(folder / "machine.yaml"), "train.epochs=1", "data.group=null", "--out", str(tmp_path)]
    assert run(command) == 0
    (path,) = (tmp_path / "machine").iterdir()
    assert "No group was named" in json.loads((path / "data.json").read_text())["split"]["note"]
    page = (path / "report.md").read_text()
    assert "unseen recordings" not in page
    assert "on rows of test that were not trained on" in page


def test_resume_alone_refuses_a_config_that_changed(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "machine.npz").symlink_to(folder / "machine.npz")
    config = tmp_path / "machine.yaml"
    config.write_text((folder / "machine.yaml").read_text())
    assert run(["train", str(config), "train.epochs=1", "--out", str(tmp_path / "runs")]) == 0
    (path,) = (tmp_path / "runs" / "machine").iterdir()
    state = json.loads((path / "state.json").read_text())
    (path / "state.json").write_text(json.dumps(state | {"status": "interrupted"}))
    capsys.readouterr()
    assert run(["train", str(config), "--resume", "--out", str(tmp_path / "runs")]) == 2
    assert "no longer what" in capsys.readouterr().err


def test_best_weights_are_no_place_to_resume_from(capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    capsys.readouterr()
    assert run(["train", "--resume", str(finished / "checkpoints" / "best.ckpt")]) == 2
    assert "holds weights only" in capsys.readouterr().err


def test_a_path_may_hold_blanks_and_brackets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    odd = tmp_path / "my [/runs] of today[1]"
    odd.mkdir(parents=True)
    capsys.readouterr()
    assert run(["train", str(write_config(odd)), "train.epochs=1", "--out", str(odd / "runs")]) == 0
    page = Path(capsys.readouterr().out.strip().splitlines()[-1].removeprefix("page: "))
    assert page.exists()
    assert "Predictions against truth" in page.read_text()


def test_a_resumed_run_keeps_the_command_it_was_begun_with(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads((finished / "environment.json").read_text())["command"]
    monkeypatch.setattr("sys.argv", ["polyhead", "train", "--resume", str(finished)])
    assert run(["train", "--resume", str(finished)]) == 0
    assert json.loads((finished / "environment.json").read_text())["command"] == before


def test_check_says_what_training_will_see(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    result = printed(capsys, "check", str(folder / "machine.yaml"))
    assert [one["what"] for one in result["findings"] if one["severity"] == "error"] == []
    assert sum(result["summary"]["split"]["windows"].values()) == RECORDINGS * WINDOWS


def test_check_reports_what_training_refuses_as_a_finding(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    result = printed(capsys, "check", str(folder / "machine.yaml"), "tasks.wear.bounds=[0, 1]", code=1)
    (finding,) = result["findings"]
    assert finding["id"] == "head-range"
    assert "outside bounds" in finding["what"]


def test_report_and_study_list_and_schema(capsys: pytest.CaptureFixture[str], finished: Path) -> None:
    assert Path(printed(capsys, "report", str(finished))["report"]) == finished / "report.html"
    assert [row["name"] for row in printed(capsys, "study", "list")["studies"]] == ["bearings", "expansions"]
    assert printed(capsys, "schema")["properties"].keys() >= {"name", "data", "tasks", "model", "balance", "train"}


def test_seeds_and_tasks(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    arguments = ["train", str(folder / "machine.yaml"), "train.epochs=1", "--out", str(tmp_path)]
    result = printed(capsys, *arguments, "--seeds", "2", "--tasks", "state,wear")
    assert len(result["runs"]) == 2
    assert {tuple(run["metrics"]["test"]) for run in result["runs"]} == {("state", "wear")}


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    capsys.readouterr()
    assert run(["train", str(folder / "machine.yaml"), "train.epochs=2", "--out", str(tmp_path)]) == 0
    output = capsys.readouterr()
    assert [line.split()[1] for line in output.err.splitlines() if line.startswith("epoch")] == ["1/2", "2/2"]
    assert "floor" in output.out
    assert output.out.strip().splitlines()[-1].startswith("page: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["trian"], "No such command 'trian'"),
        (["train", "--ou", "x"], "--ou"),
        (["train"], "no config given"),
        (["study", "bearing"], "did you mean 'bearings'"),
        (["train", "x.yaml", "--resume", "r", "train.epochs=3"], "keeps its own config"),
        (["train", "--resume", "r", "train.epochs=3"], "keeps its own config"),
    ],
)
def test_wrong_commands_end_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert run(arguments) == 2
    errors = capsys.readouterr().err
    assert expected in errors
    assert len(errors.splitlines()) == 1


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    text = capsys.readouterr().out
    for name in ("train", "check", "evaluate", "predict", "report", "study", "schema"):
        assert f"  {name} " in text
