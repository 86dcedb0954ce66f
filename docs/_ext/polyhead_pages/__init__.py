"""Sphinx extension: pages of the reference are printed from the code when the site is built, never kept by hand.

A line `<!-- generated: NAME ARGUMENT -->` of a page is replaced by what the printer NAME says of ARGUMENT, as MyST.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from polyhead_pages import api_names, catalogue, checks, commands, configuration, metrics
from polyhead_pages.console import ConsoleLexer

PRINTERS: dict[str, Callable[[str], str]] = {
    "configuration": configuration.page,
    "readers": configuration.readers_page,
    "later": configuration.later_page,
    "commands": commands.page,
    "metrics": metrics.page,
    "trivial": metrics.trivial_page,
    "backbones": catalogue.backbones_page,
    "balances": catalogue.balances_page,
    "checks": checks.list_page,
    "check": checks.page,
    "parts": checks.parts_page,
    "api": api_names.page,
}
MARK = re.compile(r"^<!-- generated: (\w+) ?(.*?) -->$", re.MULTILINE)


def _print(app: Any, docname: str, source: list[str]) -> None:
    """Replace the marks of a page; Sphinx hands its text as a list of one."""
    source[0] = MARK.sub(lambda mark: PRINTERS[mark[1]](mark[2]), source[0])


def _printed(app: Any, env: Any, docnames: list[str]) -> None:
    """Read pages with marks in every build: Sphinx does not see that the code has changed."""
    for name in sorted(env.found_docs):
        if MARK.search(env.doc2path(name).read_text()) and name not in docnames:
            docnames.append(name)


def _skipped(app: Any, what: str, name: str, member: object, skip: bool, options: Any) -> bool | None:
    """Leave out what scikit-learn puts into its estimators' classes; None leaves the rest to Sphinx."""
    home = getattr(member, "__module__", None) or ""
    return True if home.startswith("sklearn") or name.endswith("_request") else None


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _print)
    app.add_lexer("console", ConsoleLexer)
    app.connect("autodoc-process-docstring", api_names.prepare)
    app.connect("autodoc-skip-member", _skipped)
    app.connect("env-before-read-docs", _printed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
