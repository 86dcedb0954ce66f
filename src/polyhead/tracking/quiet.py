"""Foreign packages kept from printing."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(*loggers: str) -> Iterator[None]:
    """No warnings, and of these loggers nothing: what goes wrong is raised, and said by whoever catches it."""
    named = [logging.getLogger(name) for name in loggers]
    levels = [logger.level for logger in named]
    try:
        for logger in named:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(named, levels, strict=True):
            logger.setLevel(level)


def unless_set(**variables: str) -> None:
    """Set variables of the environment that the user has not set."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
