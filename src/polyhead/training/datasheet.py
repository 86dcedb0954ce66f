"""What an exported network says of itself: what goes in, what comes out, how good it was on the test split."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.signals.position import POSITION
from polyhead.tasks import Task
from polyhead.trace.folder import RunFolder, json_text
from polyhead.training.portable import FILLED

_FILLED = "how many samples of the window are real, the last ones; those before them hold 0"
_SAID = ("value", "floor", "skill", "unit", "interval", "n", "reason")


def datasheet(
    run: RunFolder,
    experiment: Experiment,
    checkpoint: str,
    described: Mapping[str, Any],
    tasks: Sequence[Task],
    shapes: Mapping[str, list[int]],
) -> dict[str, Any]:
    """As JSON holds it. `shapes` are those of the outputs for one window; the first axis of everything is `batch`."""
    metrics = run.read("metrics.json")
    length = described["windows"]["length"]
    made = {POSITION} if described["windows"].get("position") else set()  # the graph has it in itself
    inputs = {name: _input(one, length) for name, one in described["inputs"].items() if name not in made}
    if described["windows"]["masked"]:
        inputs[FILLED] = {"dtype": "int64", "shape": ["batch"], "meaning": _FILLED}
    return {
        "polyhead": importlib.metadata.version("polyhead"),
        "name": experiment.name,
        "run": run.path.name,
        "checkpoint": checkpoint,
        "fingerprint": {"config": config_fingerprint(experiment)} | described["fingerprint"],
        "window": {"length": length, "sampling_hz": described["sampling_hz"]},
        "non_finite": experiment.data.non_finite,
        "inputs": inputs,
        "tasks": {task.name: _task(task, metrics, shapes, judged=checkpoint == "best") for task in tasks},
    }


def json_line(sheet: Mapping[str, Any]) -> str:
    """The sheet in one line, what is not finite as null."""
    return json.dumps(json.loads(json_text(dict(sheet))), ensure_ascii=False)


def config_fingerprint(experiment: Experiment) -> str:
    """SHA-256 of the configuration with all its defaults."""
    text = json.dumps(experiment.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _input(one: Mapping[str, Any], length: int) -> dict[str, Any]:
    count = len(one["channels"])
    return {
        "dtype": "float32",
        "shape": ["batch", count, length] if one["timed"] else ["batch", count],
        "channels": one["channels"],
        "unit": one["unit"],
        "scaling": one["scaling"]["kind"],
    }


def _task(task: Task, metrics: Mapping[str, Any], shapes: Mapping[str, list[int]], judged: bool) -> dict[str, Any]:
    """What is known of a task; its scores only where the checkpoint is the one that was `judged`."""
    scores = metrics.get("test", {}).get(task.name, {}) if judged else {}
    primary = next((name for name, score in scores.items() if score["primary"]), None)
    said = None if primary is None else {"metric": primary} | {key: scores[primary][key] for key in _SAID}
    prefix = f"{task.name}."
    return {
        "kind": task.kind,
        "unit": task.fitted.unit,
        "classes": getattr(task, "classes", None),
        "threshold": metrics["thresholds"].get(task.name),
        "interval_factor": metrics["interval_factors"].get(task.name),
        "outputs": {name: ["batch", *shape] for name, shape in shapes.items() if name.startswith(prefix)},
        "test": said,
    }
