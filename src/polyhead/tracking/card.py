"""What a tracker is told of a run, out of its experiment and its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from polyhead.config.experiment import Experiment
from polyhead.trace.folder import RunFolder
from polyhead.tracking.store import Card


def card_of(experiment: Experiment, run: Path) -> Card:
    """The card of the run in `run`, which may be one fold of another."""
    config = experiment.model_dump(mode="json")
    name, group = run.name, experiment.name
    facts = {"name": experiment.name, "seed": str(experiment.seed), "folder": str(run.resolve())}
    facts["polyhead"] = version("polyhead")
    if run.parent.name == "folds":
        parent = run.parent.parent
        config["data"]["split"]["fold"] = int(run.name)
        facts |= {"fold": run.name, "parent": parent.name}
        name, group = f"{parent.name} fold {run.name}", parent.name
    if (run / "data.json").exists():
        prints: dict[str, str] = RunFolder(run).read("data.json")["fingerprint"]
        facts |= {f"fingerprint.{part}": text for part, text in prints.items()}
    if experiment.hypothesis:
        facts["hypothesis"] = experiment.hypothesis
    return Card(run, name, group, config, experiment.notes, tuple(experiment.tags), facts)


def flat(config: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, str]]:
    """Each value of a configuration with its dotted key, as text; keys without a value are left out."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{at}{key}.")
        elif value is not None and value != []:
            yield f"{at}{key}", value if isinstance(value, str) else json.dumps(value)
