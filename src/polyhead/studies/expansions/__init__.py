"""Expansions: find the expansion in a window of price bars: where it is, how long until it, what came before."""

from __future__ import annotations

from polyhead.signals.readers import Reader
from polyhead.studies.expansions.published import COLUMNS
from polyhead.studies.study import Study


def _readers() -> dict[str, Reader]:
    from polyhead.studies.expansions.options import MarketOptions
    from polyhead.studies.expansions.readers import bars, generator
    from polyhead.studies.expansions.readers.bars_options import BarsOptions

    return {
        "bars": Reader(BarsOptions, bars.read, embedded=True),
        "expansions": Reader(MarketOptions, generator.read, embedded=True, generator=True),
    }


STUDY = Study(
    name="expansions",
    title="Expansions in windows of price bars: span, pointers, countdown, what came before",
    package=__name__,
    readers=_readers,
    configs=("recommended", "reported"),
    tasks={
        "type": {"kind": "classification", "target": "state"},
        "ptr": {"kind": "pointers", "target": "expansion"},
        "span": {"kind": "span", "target": "expansion"},
        "countdown": {"kind": "countdown", "target": "expansion"},
    },
    columns=COLUMNS,
)
