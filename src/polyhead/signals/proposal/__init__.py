"""A first configuration for a file that nobody has described yet: look, guess, write down why."""

from __future__ import annotations

from pathlib import Path

from polyhead.signals.proposal.look import look_at
from polyhead.signals.proposal.roles import assign
from polyhead.signals.proposal.text import write_config
from polyhead.signals.proposal.words import name_of_file

__all__ = ["name_of_file", "propose"]


def propose(path: Path, folder: Path) -> str:
    """The text of a commented YAML, to stand in `folder`, for a csv, parquet, npz or hdf5 file: inputs, targets with
    kinds and missing values, the recording, and a split. Raises InputError where the file holds nothing to train on."""
    content = look_at(path)
    return write_config(path, content, assign(path, content), folder)
