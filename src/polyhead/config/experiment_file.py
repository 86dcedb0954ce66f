"""From a YAML file to a validated experiment, with every problem of the file in one error."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from polyhead.config.checks import MetricsOf, cross_check
from polyhead.config.data import FILE_READERS, READERS, DataOptions
from polyhead.config.document import Document
from polyhead.config.experiment import Experiment
from polyhead.config.later import refusals
from polyhead.config.problem import Problem, refuse
from polyhead.config.problems import problems_of, unknown_key, unknown_word

OptionsOf = Callable[[str], type[BaseModel] | None]
"""The model of a reader's own keys, which stand beside `reader`; None where they are not known."""


@dataclass(frozen=True)
class Loaded:
    """An experiment, and the document it was read from."""

    experiment: Experiment
    document: Document


def load_experiment(
    source: Path | Mapping[str, Any],
    overrides: Sequence[str] = (),
    options: OptionsOf = lambda reader: None,
    *,
    metrics_of: MetricsOf | None = None,
    readers: Collection[str] = READERS,
    declared: Mapping[str, Mapping[str, Any]] | None = None,
) -> Loaded:
    """Read, override, validate and cross-check an experiment.

    `options` gives the model of a reader's own keys, `readers` the names that may be written, `metrics_of` the metrics
    of a kind with the primary one first, `declared` what tasks of these names are where the file does not say their
    kind. Raises InputError naming every problem by file and line, or by override.
    """
    document = Document.of(source) if isinstance(source, Mapping) else Document.read(Path(source))
    for override in overrides:
        document.override(override)
    values = document.values
    problems = list(refusals(values))
    _declare(values, declared or {})
    problems += _readers_own(values, options, readers, {problem.path for problem in problems})
    experiment = _validated(values, problems)
    if experiment is not None and not problems:
        problems += cross_check(experiment, metrics_of)
    refuse(problems, document)
    assert experiment is not None  # a failed validation leaves a problem
    return Loaded(experiment, document)


def _declare(values: dict[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> None:
    """Fill in kind and target of tasks that a study knows by name and whose kind is not written."""
    tasks = values.get("tasks")
    if not isinstance(tasks, dict):
        return
    for name, task in tasks.items():
        if isinstance(task, dict) and "kind" not in task and name in declared:
            tasks[name] = {**declared[name], **task}


def _validated(values: dict[str, Any], problems: list[Problem]) -> Experiment | None:
    try:
        # Through JSON: strict, and yet a list is a tuple and a mapping a block.
        return Experiment.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        refused = [problem.path for problem in problems]
        own = values.get("data", {}).get("options", {}) if isinstance(values.get("data"), dict) else {}
        for problem in problems_of(error, values, own_keys=list(own)):
            if not any(problem.path[: len(path)] == path for path in refused):
                problems.append(problem)
        return None


def _readers_own(
    values: dict[str, Any], options: OptionsOf, readers: Collection[str], refused: set[tuple[str | int, ...]]
) -> list[Problem]:
    """Move the reader's own keys of `data` under `options`, and return what is wrong with them."""
    data = values.get("data")
    if not isinstance(data, dict):
        return []
    reader = data.get("reader")
    own = {key: data.pop(key) for key in list(data) if key not in DataOptions.model_fields or key == "options"}
    if not isinstance(reader, str) or ("data", "reader") in refused:
        return []  # which keys it has is not known
    data["options"] = own
    model = None if ":" in reader else options(reader)
    if model is not None:  # a key of both, such as a generator's sampling_hz, is the reader's to act on
        own |= {key: data[key] for key in model.model_fields if key in data and key not in ("options", "reader")}
    if model is None and ":" not in reader and reader not in readers:
        return [unknown_word(("data", "reader"), "reader", reader, list(readers))]
    if model is None and reader not in FILE_READERS:
        return []
    keys = list(model.model_fields) if model else []
    unknown = [unknown_key(("data", key), DataOptions, keys) for key in own if key not in keys]
    return unknown + (_validated_own(model, {key: own[key] for key in own if key in keys}) if model else [])


def _validated_own(model: type[BaseModel], own: dict[str, Any]) -> list[Problem]:
    try:
        model.model_validate_json(json.dumps(own), strict=True)
    except ValidationError as error:
        return problems_of(error, own, root=model, at=("data",))
    return []
