"""The audit of a pipeline for sampled signals, A to I: each item passed, found, guaranteed or not checked, and where.

Items are those that a published audit of an early-inference model worked through by hand: data and leakage, features,
normalisation, loss, architecture, optimisation, evaluation, domain shift, reproducibility. Each is mapped to checks, or
to a guarantee of the design that leaves nothing to check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polyhead.diagnosis.finding import Finding

if TYPE_CHECKING:
    from polyhead.diagnosis.diagnose import Diagnosis


@dataclass(frozen=True)
class Item:
    """One item: the ids of the checks that look at it, or the guarantee that settles it."""

    name: str
    title: str
    checks: tuple[str, ...] = ()
    guarantee: str = ""


ITEMS = (
    Item("A1", "split seeded", ("unseeded-split",)),
    Item("A2", "scaling fitted on training windows only", ("fit-before-split",)),
    Item("A3", "order of targets", ("swapped-targets",)),
    Item("A4", "window or prefix length in data and config", ("window-contract",)),
    Item("A5", "padding of the time grid", ("padded-time",)),
    Item("B1", "scaling of time keeps the sampling rate", ("erased-sampling-rate",)),
    Item("B2", "scaling keeps the baseline", ("erased-offset",)),
    Item("B3", "time step is an input", ("missing-dt",)),
    Item("B4", "order of known inputs", guarantee="inputs are read by name; metadata.json lists their order"),
    Item("C1", "predictions in physical units", guarantee="predictions and metrics are in target units"),
    Item("C2", "R2 on the right scale", ("metric-scale",)),
    Item("C3", "scaling saved with the network", guarantee="data.json holds it, exported files have it inside"),
    Item("C4", "no division by zero in scaling", guarantee="a constant channel is only shifted"),
    Item("D1", "negative likelihood loss", ("variance-game", "negative-total-loss")),
    Item("D2", "mean or sum in the loss", guarantee="sums over known labels, divided by their count"),
    Item("D3", "losses of different kinds compared", ("incomparable-loss",)),
    Item("E1", "shape of inputs", guarantee="axes are declared and checked when data are read"),
    Item("E2", "receptive field covers the window", ("short-receptive-field",)),
    Item("E3", "known inputs used", ("ignores-input",)),
    Item("E4", "dropout too high", ("stalled-training",)),
    Item("E5", "normalisation of activations", ("exploding-gradient", "vanishing-gradient")),
    Item("F1", "learning rate", ("learning-rate",)),
    Item("F2", "gradient clipping", ("exploding-gradient",)),
    Item("F3", "patience of early stopping", ("schedule-pathology",)),
    Item("F4", "schedule of the learning rate", ("schedule-pathology",)),
    Item("G1", "negative R2", ("below-floor", "degenerate-r2")),
    Item("G2", "network and fit compared alike", ("unequal-budget",)),
    Item("G3", "metrics on one grid", guarantee="metrics are pooled over the windows of a split"),
    Item("H1", "interpolation artefacts not in training", ("shifted-input",)),
    Item("H2", "noise of training and deployment", ("shifted-input",)),
    Item("H3", "one simulator for training and fit", ("incomparable-runs",)),
    Item("I1", "assertions on shapes", guarantee="a shape that does not fit ends in one line that names it"),
    Item("I2", "ranges of targets", ("head-range", "filled-labels")),
    Item("I3", "sample batches drawn", guarantee="every run keeps one; trace.batch_figure_every keeps more"),
    Item("I4", "one batch can be overfitted", ("ignores-input",)),
)


def audited(found: Diagnosis) -> tuple[dict[str, str], ...]:
    """Each item as {item, title, state, by, place}; state is passed, found, guaranteed or not checked."""
    return tuple(_row(item, found) for item in ITEMS)


def _row(item: Item, found: Diagnosis) -> dict[str, str]:
    about = [one for one in found.findings if one.id in item.checks and one.severity != "note"]
    unseen = [found.checks.get(id, "skipped: not asked").removeprefix("skipped: ") for id in item.checks]
    unseen = [why for why in unseen if why != "ran"]
    state, by = "passed", ", ".join(item.checks)
    if item.guarantee:
        state, by = "guaranteed", item.guarantee
    elif about:
        state, by = "found", "; ".join(dict.fromkeys(one.what for one in about))
    elif unseen:
        state, by = "not checked", f"{by}: {unseen[0]}"
    return {"item": item.name, "title": item.title, "state": state, "by": by, "place": _place(about)}


def _place(findings: Sequence[Finding]) -> str:
    return next((one.scope.where or one.scope.key or "" for one in findings), "")
