"""Calorimeter: direction, energy, time and position of a shower from many photo-sensors; its tasks by name."""

from __future__ import annotations

from polyhead.studies.calorimeter.tracked import TRACKED
from polyhead.studies.study import Study

STUDY = Study(
    name="calorimeter",
    title="Observables of a liquid-xenon calorimeter",
    package=__name__,
    readers=dict,
    configs=(),
    tasks={
        "angle": {"kind": "regression"},
        "energy": {"kind": "regression"},
        "timing": {"kind": "regression"},
        "uvwFI": {"kind": "regression"},
        "angleVec": {"kind": "regression"},
        "n_gamma": {"kind": "classification"},
    },
    tracked=TRACKED,
)
