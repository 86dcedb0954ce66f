"""One observation of a run, as the page lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Observation:
    """A sentence with its numbers, names between backticks; whether it speaks for the run; and the section of the page
    that shows more of it, empty where there is none."""

    right: bool
    sentence: str
    section: str = ""


def among(count: int, total: int) -> str:
    """So many of all tasks, in words."""
    if count < total:
        return f"{count} of {total} tasks"
    return {1: "the only task", 2: "both tasks"}.get(count, f"all {count} tasks")
