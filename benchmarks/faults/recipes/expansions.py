"""Price bars in small: where in a window the burst lies, bar by bar, how long until it, and what came before it."""

from __future__ import annotations

import numpy as np

from faults.recipe import SIGNAL, Recipe


def expansions(rng: np.random.Generator, size: float = 1.0) -> Recipe:
    """Series of 5 windows of 48 bars, each with one burst of 3 to 8 bars after a calm or a way back."""
    n, length = 5 * int(84 * size), 48
    state = rng.integers(2, size=n)
    start, many = rng.integers(14, 38, n), rng.integers(3, 9, n)
    bar = np.arange(length)
    marks = (bar >= start[:, None]) & (bar < (start + many)[:, None])
    before = (bar >= start[:, None] - 12) & (bar < start[:, None])
    way = rng.choice([-1.0, 1.0], n)[:, None]
    calm = np.where(before & (state == 0)[:, None], 0.4, 1.0)
    move = calm * rng.normal(size=(n, length)) - np.where(before & (state == 1)[:, None], 0.6 * way, 0)
    move = move + marks * way * rng.uniform(1.6, 2.6, n)[:, None]
    extent = np.abs(move) + calm * np.abs(rng.normal(size=(n, length))) * np.where(marks, 1.4, 1.0)
    x = np.stack([move, extent], axis=1)
    return Recipe(
        {
            **{"x": x.astype("f4"), "series": np.arange(n) // 5, "expansion": marks.astype("i1")},
            **{"state": np.array(["calm", "back"])[state]},
        },
        {
            "name": "expansions",
            "data": {
                "inputs": {"signal": SIGNAL},
                "targets": {"state": "state", "expansion": {"key": "expansion", "axes": ["window", "time"]}},
                "group": "series",
                "window": {"length": length, "stride": length, "position": True},
            },
            "tasks": {
                "span": {"kind": "span", "target": "expansion"},
                "ptr": {"kind": "pointers", "target": "expansion"},
                "countdown": {"kind": "countdown", "target": "expansion"},
                "type": {"kind": "classification", "target": "state"},
            },
        },
        classes="state",
    )
