"""One backbone, many heads, and an honest account of what each head learned."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyhead.api import (
        Diagnosis,
        Run,
        check,
        compare,
        diagnose,
        evaluate,
        export,
        plot,
        predict,
        pretrain,
        resume,
        train,
    )
    from polyhead.api.estimator import Estimator
    from polyhead.errors import InputError
    from polyhead.training.lightning import LightningMonitor
    from polyhead.training.monitor import Monitor

_HOMES = {
    "Diagnosis": "polyhead.api",
    "Estimator": "polyhead.api.estimator",
    "InputError": "polyhead.errors",
    "LightningMonitor": "polyhead.training.lightning",
    "Monitor": "polyhead.training.monitor",
    "Run": "polyhead.api",
    "check": "polyhead.api",
    "compare": "polyhead.api",
    "diagnose": "polyhead.api",
    "evaluate": "polyhead.api",
    "export": "polyhead.api",
    "plot": "polyhead.api",
    "predict": "polyhead.api",
    "pretrain": "polyhead.api",
    "resume": "polyhead.api",
    "train": "polyhead.api",
}
__all__ = [
    "Diagnosis",
    "Estimator",
    "InputError",
    "LightningMonitor",
    "Monitor",
    "Run",
    "check",
    "compare",
    "diagnose",
    "evaluate",
    "export",
    "plot",
    "predict",
    "pretrain",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load what is asked for only then: `import polyhead` is instant, torch comes with the first training."""
    if name == "__version__":
        from importlib.metadata import version

        return version("polyhead")
    if name not in _HOMES:
        raise AttributeError(f"module 'polyhead' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
