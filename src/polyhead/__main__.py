"""`python -m polyhead`: the command line."""

from __future__ import annotations

from polyhead.cli import main

main()
