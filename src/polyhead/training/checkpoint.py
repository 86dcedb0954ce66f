"""Checkpoints: written whole, loaded as weights only, never executed."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from polyhead.errors import InputError
from polyhead.trace.folder import write_whole

_VERSION = 1


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state`, tensors and plain values, so that a reader sees the old file or the new one. Raises InputError."""
    buffer = io.BytesIO()
    torch.save({"polyhead": _VERSION} | state, buffer)
    write_whole(path, buffer.getvalue())


def load(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint. Raises InputError where it is missing, damaged, not ours, or holds code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of foreign pickles before it refuses them; we say it below
            state = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError as error:
        raise InputError("no such checkpoint", where=str(path)) from error
    except pickle.UnpicklingError as error:
        raise InputError(
            "is not a checkpoint of polyhead, or holds code; it was not executed",
            where=str(path),
            do="name a file from a run's checkpoints folder",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"cannot be read as a checkpoint ({type(error).__name__})", where=str(path)) from error
    if not isinstance(state, dict) or state.get("polyhead") != _VERSION:
        raise InputError("is not a checkpoint of this version of polyhead", where=str(path))
    return state
