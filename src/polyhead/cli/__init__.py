"""The command line: parsing and printing, nothing else."""

from __future__ import annotations

from polyhead.cli.entry import main

__all__ = ["main"]
