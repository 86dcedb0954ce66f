"""Whether a task can be starved by another: it is trained, not fitted where it was trained, and has not diverged."""

from __future__ import annotations

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.progress import training_loss

RISEN = 2.0
"""A loss that is twice what it started at has diverged: one batch of few labels may be off by half, not by so much."""


def unweighted(case: Case, task: str) -> bool:
    """Whether the task has no voice by intent: a weight of 0 in the configuration, or at every epoch of a log."""
    options = case.config.tasks.get(task) if case.config else None
    if options is not None:
        return options.weight == 0
    logged = (case.weights or {}).get(f"weight_{task}", np.zeros(0))
    logged = logged[np.isfinite(logged)]
    return bool(len(logged)) and not logged.any()


def fitted(case: Case, task: str) -> float | None:
    """Skill on the windows the task was trained on, None where that was not scored."""
    scored = case.score(task, "train")
    return None if scored is None else scored[1].skill


def diverged(case: Case, task: str) -> bool:
    """Whether the loss over the second half is RISEN times that of the first step, or epoch where steps are not known,
    and of the best constant: steps that are too large do that, want of weight does not. Never of a loss that starts at
    0 or below, of which nothing is twice as much."""
    losses = training_loss(case, task)
    if not len(losses):
        return False
    steps = (case.steps or {}).get(f"loss.{task}", np.zeros(0))
    steps = steps[np.isfinite(steps)]
    start = float(steps[0]) if len(steps) else float(losses[0])
    later = float(np.median(losses[len(losses) // 2 :]))
    most = max(start, case.tasks[task].floor_loss or start)
    return most > 0 and later > RISEN * most
