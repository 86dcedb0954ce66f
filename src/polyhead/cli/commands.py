"""Every command, in the order in which help lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer.main

from polyhead.cli import data, findings, runs, training
from polyhead.cli.application import app

ORDER = (
    *(data.init, findings.check, training.train, training.pretrain, training.study),
    *(findings.diagnose, findings.explain_check),
    *(runs.report, runs.plot, runs.compare, runs.evaluate, runs.predict, runs.export),
    *(data.convert, data.schema),
)

for _function in ORDER:
    app.command()(_function)


def command() -> Callable[..., Any]:
    """The whole command line, ready to run."""
    return typer.main.get_command(app).main
