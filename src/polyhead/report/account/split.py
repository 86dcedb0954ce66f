"""Observations of the data: whether recordings stand on both sides of the split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from polyhead.report.account.observation import Observation
from polyhead.report.run import Run


def split_line(run: Run) -> Iterator[Observation]:
    """Whether recordings stand on both sides of the split."""
    split: Any = run.data.get("split") or {}
    shared = split.get("shared_recordings")
    if shared is None:
        return
    counts = {name: len(named) for name, named in (split.get("recordings") or {}).items()}
    each = ", ".join(f"{name} {count}" for name, count in counts.items())
    sizes = f" ({each})" if each else ""
    if shared:
        yield Observation(False, f"{shared} recordings stand on both sides of the split{sizes}.", "data")
    else:
        yield Observation(True, f"No recording stands on both sides of the split{sizes}.", "data")
