"""Faults by family; each is planted in the recipes that it names."""

from __future__ import annotations

from faults.families import balance, generalisation, inputs, labels, optimisation, outputs, several, spans, splits
from faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *(balance.FAULTS + outputs.FAULTS + labels.FAULTS + inputs.FAULTS + splits.FAULTS),
    *(optimisation.FAULTS + generalisation.FAULTS + spans.FAULTS + several.FAULTS),
)
