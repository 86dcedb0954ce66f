"""Columns of the tables over epochs as the write-up calls them, where its names are not ours already.

https://github.com/HeinekenBottle/moola: a bar is inside a span or outside of it.
"""

from __future__ import annotations

STATISTICS = ("mean", "std", "min", "max", "median")

COLUMNS = {
    "probability_stats": {
        f"span_{ours}_{name}": f"{theirs}_span_{name}"
        for ours, theirs in (("pos", "in"), ("neg", "out"))
        for name in STATISTICS
    }
    | {"span_separation": "separation"}
}
"""By table and our name; those of the tasks type, ptr, span and countdown in the other tables are the same."""
