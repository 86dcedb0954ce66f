"""Which tasks beat their floor: a table of cases with near misses, and the sentences that come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from polyhead.report.run import Run
from polyhead.report.verdict import give_verdict, numbers_of, unfinished_line

UP: dict[str, Any] = {"direction": "higher", "best": 1.0}
DOWN: dict[str, Any] = {"direction": "lower", "best": 0.0}


def scored(value: float | None, floor: float | None, skill: float | None, interval: Any = None, **more: Any) -> Any:
    """A primary score, as much of it as a verdict reads."""
    blank = {"interval": interval, "floor_predictor": "mean", "unit": "", "reason": None, "primary": True}
    return {"value": value, "floor": floor, "skill": skill} | blank | UP | more


def run_of(metrics: dict[str, Any], **parts: Any) -> Run:
    """A run that has these scores, all of the metric r2."""
    splits = {split: {task: {"r2": score} for task, score in tasks.items()} for split, tasks in metrics.items()}
    empty: dict[str, Any] = {"environment": {}, "state": {"status": "finished"}, "metadata": {}, "data": {}}
    return Run(
        Path("run"), "", metrics={"schema_version": 1, "thresholds": {}, "summary": {}} | splits, **empty | parts
    )


BY_BEARING = {"split": {"by": "bearing", "shared_recordings": 0}}
GOOD = scored(0.9, 0.0, 0.9, [0.85, 0.95])
LEVEL = scored(-0.041, 0.0, -0.041, [-0.213, 0.103])
BARE = scored(0.9, 0.0, 0.9)


def test_some_tasks_beat_their_floor() -> None:
    verdict = give_verdict(run_of({"test": {"a": GOOD, "b": GOOD, "life": LEVEL}}, data=BY_BEARING))
    assert verdict is not None
    assert verdict.headline == (
        "2 of 3 tasks beat their floor on unseen recordings; "
        "`life` is not distinguishable from its floor: R² −0.04 [−0.21, 0.10] against 0.00 for the mean."
    )
    assert verdict.caveats == []


@pytest.mark.parametrize(
    ("tasks", "start"),
    [
        ({"a": GOOD, "b": GOOD}, "All 2 tasks beat their floor on unseen recordings."),
        ({"a": GOOD}, "The only task beats its floor on unseen recordings."),
        ({"a": GOOD, "b": LEVEL}, "1 of 2 tasks beats its floor on unseen recordings; `b` is not"),
        ({"a": LEVEL, "b": LEVEL}, "None of 2 tasks beats its floor on unseen recordings; `a` is not"),
        ({"a": LEVEL}, "The only task does not beat its floor on unseen recordings; `a` is not"),
        (
            {"a": BARE},
            "The only task is not shown to beat its floor on unseen recordings; `a` is above its floor, with",
        ),
        ({"a": BARE, "b": LEVEL}, "None of 2 tasks is shown to beat its floor on unseen recordings; `a` is above"),
        ({"a": BARE, "b": GOOD}, "1 of 2 tasks beats its floor on unseen recordings; `a` is above its floor, without"),
    ],
)
def test_the_count_reads_as_a_sentence(tasks: dict[str, Any], start: str) -> None:
    verdict = give_verdict(run_of({"test": tasks}, data=BY_BEARING))
    assert verdict is not None
    assert verdict.headline.startswith(start)


def test_many_tasks_without_success_are_named_by_outcome() -> None:
    worse, none = scored(0.4, 0.5, -0.2, [0.3, 0.45]), scored(None, None, None, reason="one class")
    tasks = {"a": GOOD, "b": LEVEL, "c": worse, "d": LEVEL, "e": none}
    verdict = give_verdict(run_of({"test": tasks}, data=BY_BEARING))
    assert verdict is not None
    assert verdict.headline == (
        "1 of 5 tasks beats its floor on unseen recordings; `c` is worse than its floor; "
        "`b`, `d` are not distinguishable from their floor; `e` cannot be judged."
    )
    assert verdict.tasks[1].sentence.endswith("against 0.00 for the mean"), "the numbers are still there"


def test_an_undefined_primary_metric_names_its_reason() -> None:
    one_class = scored(None, None, None, reason="one class")
    verdict = give_verdict(run_of({"test": {"a": GOOD, "b": one_class}}, data=BY_BEARING))
    assert verdict is not None
    assert verdict.headline.endswith("`b` cannot be judged: its R² is undefined (one class).")


def test_a_value_without_skill_is_shown_with_its_reason() -> None:
    perfect = scored(1.0, 1.0, None, reason="no skill: a trivial predictor is already perfect on this split")
    verdict = give_verdict(run_of({"test": {"a": perfect}}))
    assert verdict is not None
    assert "R² 1.000 against 1.000 for the mean leaves nothing to judge (no skill: a trivial" in verdict.headline


def test_a_task_that_metadata_knows_and_the_split_does_not_is_not_forgotten() -> None:
    known = {"tasks": {"a": {"primary": "r2"}, "lost": {"primary": "auroc"}}}
    verdict = give_verdict(run_of({"test": {"a": GOOD}}, metadata=known))
    assert verdict is not None
    assert "`lost` cannot be judged: its AUROC is undefined (there is no score of it on test)" in verdict.headline


def test_without_a_test_split_validation_is_judged_and_said_to_flatter() -> None:
    verdict = give_verdict(run_of({"train": {"a": GOOD}, "val": {"a": GOOD}, "test": {}}, data=BY_BEARING))
    assert verdict is not None
    assert verdict.split == "val"
    assert "unseen" not in verdict.headline
    assert "no test split" in verdict.caveats[0]


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ({"by": "window", "shared_recordings": 12}, "on windows of recordings that were also trained on"),
        ({"by": "group", "shared_recordings": 1}, "on windows of recordings that were also trained on"),
        ({"by": "time", "shared_recordings": 12}, "on later stretches of recordings that were trained on"),
        ({"by": "group", "shared_recordings": 0}, "on unseen recordings"),
        ({}, "on the test split"),
    ],
)
def test_the_headline_claims_no_more_than_the_split_allows(split: dict[str, Any], words: str) -> None:
    verdict = give_verdict(run_of({"test": {"a": GOOD}}, data={"split": split}))
    assert verdict is not None
    assert verdict.headline == f"The only task beats its floor {words}."
    assert any("both sides" in caveat for caveat in verdict.caveats) == bool(split.get("shared_recordings"))


def test_a_task_without_an_interval_is_named() -> None:
    verdict = give_verdict(run_of({"test": {"a": GOOD, "b": scored(0.9, 0.0, 0.9)}}, data=BY_BEARING))
    assert verdict is not None
    assert verdict.caveats == ["Without an interval, so chance is not excluded: `b`."]


def test_scores_of_a_run_that_trains_again_are_called_earlier() -> None:
    verdict = give_verdict(run_of({"test": {"a": GOOD}}, data=BY_BEARING, state={"status": "training"}))
    assert verdict is not None
    assert "status is training" in verdict.caveats[0]


def test_a_run_without_scores_has_no_verdict() -> None:
    run = run_of({}, state={"status": "interrupted", "epoch": 17, "epochs": 50})
    assert give_verdict(run) is None
    assert unfinished_line(run).startswith("This run is not finished (status interrupted, epoch 17 of 50)")


@pytest.mark.parametrize(
    ("predictor", "words"),
    [("mean", "for the mean"), ("majority", "for the majority"), ("chance", "for chance"), (None, "against 3.00 min")],
)
def test_a_score_in_prose(predictor: str | None, words: str) -> None:
    score = scored(2.0, 3.0, 1 / 3, [1.75, 2.25], unit="min", floor_predictor=predictor, **DOWN)
    text = numbers_of("rmse", score)
    assert text.startswith("RMSE 2.00 min [1.75, 2.25] against 3.00 min")
    assert text.endswith(words)
