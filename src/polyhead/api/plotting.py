"""Figures of saved predictions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path


def plot(sources: Sequence[str | Path], *, tasks: Sequence[str] = (), output: str | Path | None = None) -> list[Path]:
    """Draw every figure of saved predictions again, each as PNG and as PDF; returns the paths of the files.

    `sources` are run folders, folders of CSV files and single files of predictions, Parquet or CSV; `tasks` picks some
    of theirs. Figures go into `figures/` beside the predictions, or under `output`. Rows that cannot be drawn are left
    out, and a warning of the logger `polyhead` says how many. Raises InputError.
    """
    from polyhead.report.plotting import plot_saved

    made = plot_saved(
        [Path(source) for source in sources], tasks=tasks, output=None if output is None else Path(output)
    )
    for note in made.notes:
        logging.getLogger("polyhead").warning(note)
    return made.paths
