"""Where a run was made: versions, machine and command, for the reader who wants to make it again."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

_PACKAGES = ("polyhead", "torch", "lightning-fabric", "numpy", "scipy", "scikit-learn", "polars", "pydantic")


def environment(threads: int, device: str) -> dict[str, Any]:
    """What environment.json holds. `threads` are those of tensor operations, `device` where the run trains."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _processor(),
        "cpus": os.cpu_count(),
        "threads": threads,
        "device": device,
        "packages": {name: _version(name) for name in _PACKAGES},
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }


def _processor() -> str:
    """The processor by its maker's name where Linux tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # run from its source, without being installed
        return None
