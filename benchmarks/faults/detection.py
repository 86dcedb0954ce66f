"""How soon a fault could have been told: the epoch after which a cause was first named.

After training the tables of the run are cut off after each epoch, without predictions and scores of the judged
checkpoint, and asked again: what diagnosis says while a run trains. Epoch 0 is before the first step.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import all_checks
from polyhead.diagnosis.diagnose import diagnose
from polyhead.diagnosis.folder import read_folder

FLAT = ("epochs", "weights", "gradients", "parameters", "steps")
NESTED = ("scores", "losses", "probabilities", "features")


def first_epoch(run: Path, causes: Collection[str]) -> tuple[int | None, int]:
    """The first epoch after which one of `causes` warns or worse, None where only the finished run tells or nothing
    does; and how many epochs there were."""
    case = read_folder(run)
    checks = [one for one in all_checks() if one.id in causes]
    epochs = int((case.state or {}).get("epoch") or 0)
    for epoch in range(epochs + 1):
        found = diagnose(until(case, epoch), checks).findings
        if any(one.severity != "note" for one in found):
            return epoch, epochs
    return None, epochs


def until(case: Case, epoch: int) -> Case:
    """The case as it stood after an epoch; after 0, what is known before the first step."""
    gone: dict[str, Any] = dict.fromkeys(("predictions", "metrics", "slices", "state"))
    if epoch == 0:
        return replace(case, **gone | dict.fromkeys((*FLAT, *NESTED)))
    cut = {name: _cut(getattr(case, name), epoch) for name in FLAT}
    for name in NESTED:
        whole = getattr(case, name)
        cut[name] = None if whole is None else {key: _cut(table, epoch) for key, table in whole.items()}
    return replace(case, **gone | cut)


def _cut(table: Any, epoch: int) -> Any:
    if table is None or "epoch" not in table:
        return table
    rows = np.asarray(table["epoch"]) <= epoch
    return {name: column[rows] for name, column in table.items()}
