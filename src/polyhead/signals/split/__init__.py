"""Splits: seeded, by recording, stratified from labels alone, verified; no sample is read for them."""

from polyhead.signals.split.judged import judged, last_windows
from polyhead.signals.split.making import fold_names, make_split
from polyhead.signals.split.sides import NAMES, Split

__all__ = ["NAMES", "Split", "fold_names", "judged", "last_windows", "make_split"]
