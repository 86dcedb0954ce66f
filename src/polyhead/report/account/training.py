"""Observations of the training itself: its end, its best epoch, its gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from polyhead.report.account.observation import Observation
from polyhead.report.numbers import duration, number
from polyhead.report.run import Run

EARLY = 0.1  # of the epochs trained: a best epoch before that says that the rest was spent on nothing
FEW = 10  # epochs below which a tenth of them means nothing


def ending(run: Run) -> Iterator[Observation]:
    """Whether it came to its end, what was left out, and where the best epoch lies."""
    state = run.state
    done, planned, why = state.get("epoch"), state.get("epochs"), state.get("stopped_by")
    if run.folds:
        finished = sum(fold.state.get("status") == "finished" for fold in run.folds)
        asked = max(len(run.folds), len(state.get("folds") or []))  # of folds to come there is no folder
        of = f"All {finished}" if finished == asked else f"{finished} of {asked}"
        yield Observation(finished == asked, f"{of} folds are trained.", "folds")
        return
    if done is None or planned is None:
        return
    took = f" in {duration(state['seconds'])}" if state.get("seconds") is not None else ""
    status = state.get("status")
    if status in ("interrupted", "failed"):
        reason = f": {state['reason']}" if state.get("reason") else ""
        yield Observation(False, f"Training was {status} at epoch {done} of {planned}{reason}.")
    elif why == "max_minutes":
        yield Observation(False, f"The time limit ended training after epoch {done} of {planned}{took}.")
    elif why == "early_stopping":
        yield Observation(True, f"Patience ended training after epoch {done} of {planned}{took}, as it was asked to.")
    elif why:
        yield Observation(True, f"Trained to the end: {done} of {planned} epochs{took}.")
    yield from _left_out(run)
    if why:
        yield from _best(run, done)


def gradients(run: Run) -> Iterator[Observation]:
    """Size of the whole gradient, and how often it was clipped."""
    steps = run.steps
    if steps is None or "total_grad_norm" not in steps.columns:
        return
    norms = steps["total_grad_norm"].drop_nulls()
    finite = norms.filter(norms.is_finite())
    if not finite.len():
        return
    missing = steps.height - finite.len()
    values = finite.to_numpy()
    middle, largest = number(float(np.median(values))).text, number(float(values.max())).text
    text = f"Norm of the gradient over {steps.height} steps: median {middle}, largest {largest}"
    limit = ((run.metadata.get("configuration") or {}).get("train") or {}).get("clip_norm")
    if limit is not None:
        share = number(100 * float((values > limit).mean()), 1).text
        text += f"; {share} % of the steps were scaled down to clip_norm {limit:g}"
    all_finite = "all finite" if not missing else f"{missing} not finite"
    yield Observation(not missing, f"{text}; {all_finite}.", "shares")


def _left_out(run: Run) -> Iterator[Observation]:
    steps, count = run.state.get("step"), run.state.get("left_out")
    if count is None or not steps:
        return
    if count:
        yield Observation(False, f"{count} of {steps} steps were left out: their loss or gradient was not finite.")
    else:
        yield Observation(True, f"No step of {steps} was left out for a loss or a gradient that is not finite.")


def _best(run: Run, done: int) -> Iterator[Observation]:
    best = run.state.get("best") or {}
    epoch, monitor = best.get("epoch"), best.get("monitor")
    if epoch is None or done < 2:
        return
    if epoch == done and run.state.get("stopped_by") in ("epochs", "max_minutes"):
        what = f"The best epoch is the last one, {epoch}: {monitor} was still getting better when training ended."
        yield Observation(False, what, "curves")
    elif done >= FEW and epoch <= EARLY * done:
        what = f"The best epoch is {epoch} of {done}: none of the {done - epoch} after it was better by {monitor}."
        yield Observation(False, what, "curves")
    else:
        what = f"The best epoch by {monitor}, {epoch} of {done}, lies before the end of training."
        yield Observation(True, what, "curves")
