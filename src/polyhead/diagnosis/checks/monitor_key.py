"""A checkpoint chosen by a key that is not there, or the wrong way round.

What it finds
    A monitor that nothing logs, one of training instead of validation, one whose worst epoch was kept as the best, and
    a file name with a key that nothing logs.

Why it matters
    What is saved as best is what is judged, compared and used. A key that is never logged saves nothing, or the last
    epoch, often without an error (`strict: False`); a loss under mode max saves the worst epoch of all, and the run
    then looks as if it had not learned.

Evidence
    The monitor against the names in the log, read alike whether written with `/`, `.` or `_`; the monitored value at
    the kept epoch against the best and the worst of the run; the keys in braces of the file name.

Remedy
    A key that is logged, on validation: val/skill, val/loss or val/TASK/METRIC. polyhead refuses any other before
    the first epoch.

When it can be wrong
    A program may log the key elsewhere than in the table at hand. In a run without any trend the worst epoch of one
    number may be kept for another reason.

Example
    val_loss 0.9, 0.5, 0.7, 0.4, 0.6 with epoch 1 kept: 0.9 is the largest of five, and mode max would keep it.

References
    PyTorch Lightning, ModelCheckpoint: an unknown monitor raises at the first save, and is skipped with strict=False.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import Check, NotCheckedError
from polyhead.diagnosis.curves import Curve, curve_of, sign_of
from polyhead.diagnosis.finding import Alternative, Fact, Finding, Fix, Scope

EPOCHS = 5
"""Of fewer epochs the worst is kept by chance too often: 1 in 5 is the most that is taken for a sign."""


@dataclass(frozen=True)
class Watched:
    """A key and whether the log has it. `use` is `monitor` or `file name`; the value at the kept epoch, the best and
    the worst, over `epochs`; `nearest` is the name most like it."""

    key: str
    use: str
    logged: bool
    nearest: str
    training: bool = False
    kept: int | None = None
    value: float | None = None
    best: float | None = None
    worst: float | None = None
    epochs: int = 0


def measure(case: Case) -> Iterator[Watched]:
    """The monitor of state.json or of the configuration, and the keys of a file name beside it."""
    best = (case.state or {}).get("best") or {}
    monitor = best.get("monitor") or (case.config.train.monitor if case.config else None)
    if not monitor:
        raise NotCheckedError("nothing says what the checkpoint was chosen by")
    logged = _logged(case)
    if not logged:
        raise NotCheckedError("nothing was logged over epochs")
    yield _watched(str(monitor), logged, best.get("epoch"))
    for key in re.findall(r"\{([^:}]+)[^}]*\}", str(best.get("file") or "")):
        if key not in ("epoch", "step"):
            yield Watched(key, "file name", _plain(key) in logged, _nearest(key, logged))


def _plain(name: str) -> str:
    """A name as every program would write it."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").replace("valid_", "val_").replace("validation_", "val_")


def _logged(case: Case) -> dict[str, Curve]:
    """Everything over epochs by its plain names."""
    epochs = case.epochs or {}
    found = {_plain(name): curve_of(epochs, name) for name in epochs if name != "epoch"}
    for task, table in (case.scores or {}).items():
        for metric in table:
            if metric != "epoch":
                found |= dict.fromkeys(
                    (_plain(f"val_{task}_{metric}"), _plain(f"{task}_{metric}")), curve_of(table, metric)
                )
    for phase, table in (case.losses or {}).items():
        for task in table:
            if task != "epoch":
                curve, name = curve_of(table, task, "loss"), "loss" if task == "total" else f"loss_{task}"
                found.setdefault(_plain(f"{phase}_{name}"), curve)
                if task != "total":  # val_total_loss is a name that configurations use and nothing logs
                    found.setdefault(_plain(f"{phase}_{task}_loss"), curve)
    return found


def _nearest(key: str, logged: dict[str, Curve]) -> str:
    from polyhead.config.words import nearest

    return nearest(_plain(key), list(logged)) or ", ".join(list(logged)[:3])


def _watched(monitor: str, logged: dict[str, Curve], kept: int | None) -> Watched:
    curve, plain = logged.get(_plain(monitor)), _plain(monitor)
    training = plain.startswith("train_")
    # training metrics are never in the epoch tables, so that their absence says nothing
    if curve is None or not len(curve):
        return Watched(monitor, "monitor", training, _nearest(monitor, logged), training, kept)
    sign = curve.sign or sign_of(plain)
    at = curve.value[curve.epoch == kept] if kept is not None else np.array([])
    if not sign or not len(at):
        return Watched(monitor, "monitor", True, "", training, kept)
    ordered = sign * curve.value
    least, most = float(curve.value[np.argmin(ordered)]), float(curve.value[np.argmax(ordered)])
    return Watched(monitor, "monitor", True, "", training, kept, float(at[0]), most, least, len(curve))


def judge(watched: Watched) -> Finding | None:
    """An error where the worst epoch of several was kept; a warning for a key that is not there, or of training."""
    turned = watched.epochs >= EPOCHS and watched.value == watched.worst != watched.best
    if watched.logged and not turned and not watched.training:
        return None
    if not watched.logged:
        what = f"the {watched.use} `{watched.key}` is not among what was logged; nearest: {watched.nearest}"
        fact = Fact("logged", "no", source=watched.use)
    elif turned:
        what = (
            f"epoch {watched.kept} was kept as the best, and its {watched.key} {watched.value:.4g} is the worst of"
            f" {watched.epochs} epochs (best {watched.best:.4g}): the mode is the wrong way round"
        )
        fact = Fact(watched.key, watched.value, None, watched.best, "best of the run", f"epoch {watched.kept}")
    else:
        what = f"the best epoch is chosen by `{watched.key}`, on the windows that train"
        fact = Fact("split of the monitor", "train")
    return Finding(
        severity="error" if turned else "warning",
        what=what,
        scope=Scope(
            epochs=(watched.kept, watched.kept) if watched.kept else None, parameter=watched.use, key="train.monitor"
        ),
        evidence=(fact,),
        alternatives=(Alternative("stale-checkpoint", "the kept epoch against the best of each task's own metric"),),
        fixes=(
            Fix(
                "choose by what validation says of every task",
                {"train.monitor": "val/skill"},
                "the kept epoch is the best of the monitored number",
                risk="another epoch is judged: scores differ from those of earlier runs",
            ),
        ),
    )


CHECK = Check(
    id="monitor-key",
    needs=("state",),
    cost="scalars",
    measure=measure,
    judge=judge,
    doc=__doc__ or "",
    explains=("stale-checkpoint", "below-floor"),
)
