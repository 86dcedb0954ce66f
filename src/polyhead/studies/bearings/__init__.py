"""Bearings: one model for machine health: fault class, anomaly, remaining life and the signal's next samples."""

from __future__ import annotations

from polyhead.signals.readers import Reader
from polyhead.studies.study import Study


def _readers() -> dict[str, Reader]:
    import json

    from polyhead.config.data import DataOptions
    from polyhead.signals.source import Source
    from polyhead.studies.bearings.options import SimulatorOptions
    from polyhead.studies.bearings.readers import cmapss, cwru, femto, xjtu
    from polyhead.studies.bearings.readers.cwru_options import CwruOptions
    from polyhead.studies.bearings.simulator import simulate

    def read(data: DataOptions) -> Source:
        return simulate(SimulatorOptions.model_validate_json(json.dumps(data.options)))

    return {
        "bearings": Reader(SimulatorOptions, read, embedded=True, generator=True),
        "cwru": Reader(CwruOptions, cwru.read, embedded=True),
        "cmapss": Reader(cmapss.CmapssOptions, cmapss.read, embedded=True),
        "xjtu": Reader(xjtu.XjtuOptions, xjtu.read, embedded=True),
        "femto": Reader(femto.FemtoOptions, femto.read, embedded=True),
    }


STUDY = Study(
    name="bearings",
    title="Rotating-machine health: fault class, anomaly, remaining life, forecast",
    package=__name__,
    readers=_readers,
    configs=("recommended", "reported", "cwru", "cmapss", "femto"),
)
