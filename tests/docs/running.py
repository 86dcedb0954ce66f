"""Running what a page shows as its reader would, but within this process."""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from polyhead.cli import entry

from .pages import ROOT, Block


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code, all it printed, and its standard output alone."""

    code: int
    printed: str
    result: str


class _Copied(io.StringIO):
    """A stream whose text is written to another one too, so that the order of two streams is kept."""

    def __init__(self, whole: io.StringIO) -> None:
        super().__init__()
        self.whole = whole

    def write(self, text: str) -> int:
        self.whole.write(text)
        return super().write(text)


def carry_out(block: Block, folder: Path) -> None:
    """Write a block to the file that it is named for, or run it."""
    if block.file is not None:
        (folder / block.file).write_text(block.text)
    else:
        run_python(block.text, folder)


def run_line(line: str, folder: Path) -> Outcome:
    """Run a command in `folder`. `STAMP` in a path stands for the newest run there, `FIRST` and `SECOND` for the oldest
    ones; a leading `NAME=value` sets the environment, a trailing `> FILE` takes what it prints."""
    words = [_with_stamp(word, folder) for word in shlex.split(line, comments=True)]
    variables = dict(word.split("=", 1) for word in words[: _variables(words)])
    words = words[_variables(words) :]
    into = None
    if ">" in words:
        words, into = words[: words.index(">")], words[words.index(">") + 1]
    with chdir(folder), _Environment(variables):
        if words[0] == "export":
            os.environ.update(dict(word.split("=", 1) for word in words[1:]))
            return Outcome(0, "", "")
        outcome = _run(words)
    if into is not None:
        (folder / into).write_text(outcome.result)
    text = outcome.printed if into is None else outcome.printed.replace(outcome.result, "")
    return Outcome(outcome.code, text.replace(f"{folder}/", "").replace(str(folder), "."), outcome.result)


def _run(words: list[str]) -> Outcome:
    benchmark = words[0] == "python" and words[1].startswith("benchmarks/")
    if benchmark or words[0] not in ("polyhead", "python"):
        words = [sys.executable, str(ROOT / words[1]), *words[2:]] if benchmark else words
        ended = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ))
        return Outcome(ended.returncode, ended.stdout + ended.stderr, ended.stdout)
    whole = io.StringIO()
    with redirect_stdout(_Copied(whole)) as result, redirect_stderr(whole):
        code = entry.run(words[1:]) if words[0] == "polyhead" else _script(words[1:])
    return Outcome(code, whole.getvalue(), result.getvalue())


def _script(words: list[str]) -> int:
    """A script of the page's own or a module, run as `python FILE`, `python -c TEXT` and `python -m MODULE` do."""
    before = sys.argv, list(sys.path)
    sys.argv = [words[0], *words[2:]] if words[0] in ("-c", "-m") else words
    sys.path[:0] = [str(Path.cwd())]
    try:
        if words[0] == "-c":
            exec(words[1], {"__name__": "__main__"})
        elif words[0] == "-m":
            runpy.run_module(words[1], run_name="__main__")
        else:
            runpy.run_path(words[0], run_name="__main__")
    finally:
        sys.argv, sys.path[:] = before
    return 0


def run_python(text: str, folder: Path) -> str:
    """Run a page's unnamed Python block in `folder`; what it prints."""
    printed = io.StringIO()
    with chdir(folder), redirect_stdout(printed), redirect_stderr(printed):
        exec(compile(text, "<page>", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def _variables(words: list[str]) -> int:
    return next(number for number, word in enumerate(words) if not re.fullmatch(r"[A-Z_]+=.*", word))


class _Environment:
    """Variables that hold for one command."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables

    def __enter__(self) -> None:
        self.before = dict(os.environ)
        os.environ.update(self.variables)

    def __exit__(self, *_: object) -> None:
        if self.variables:
            os.environ.clear()
            os.environ.update(self.before)


def _with_stamp(word: str, folder: Path) -> str:
    for name, at in (("STAMP", -1), ("FIRST", 0), ("SECOND", 1)):
        found = re.search(rf"(?:^|=)?([\w./-]*/){name}\b", word)
        if found:
            stamps = sorted(path.name for path in (folder / found[1]).iterdir())
            word = re.sub(rf"\b{name}\b", stamps[at], word)
    return word
