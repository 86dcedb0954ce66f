"""One backbone, many heads, and an honest account of what each head learned."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyhead.api import Run, check, evaluate, predict, resume, train
    from polyhead.errors import InputError

_HOMES = {
    "Run": "polyhead.api",
    "check": "polyhead.api",
    "evaluate": "polyhead.api",
    "predict": "polyhead.api",
    "resume": "polyhead.api",
    "train": "polyhead.api",
    "InputError": "polyhead.errors",
}
__all__ = ["InputError", "Run", "check", "evaluate", "predict", "resume", "train"]


def __getattr__(name: str) -> Any:
    """Load what is asked for only then: `import polyhead` is instant, torch comes with the first training."""
    if name == "__version__":
        from importlib.metadata import version

        return version("polyhead")
    if name not in _HOMES:
        raise AttributeError(f"module 'polyhead' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
