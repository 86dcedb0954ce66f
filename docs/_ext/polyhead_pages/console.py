"""Colours of console blocks: the command after its prompt stands out, what it prints is left alone."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups  # type: ignore[import-untyped]
from pygments.token import Generic, Keyword  # type: ignore[import-untyped]


class ConsoleLexer(RegexLexer):  # type: ignore[misc]  # Pygments has no types
    """Unlike Pygments' own it does not take a comment in the output for the prompt of root."""

    name = "console"
    tokens: ClassVar = {
        "root": [
            (r"^(\$ )((?:.*\\\n)*.*\n)", bygroups(Generic.Prompt, Keyword)),
            (r".*\n", Generic.Output),
        ]
    }
