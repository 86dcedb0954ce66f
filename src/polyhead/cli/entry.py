"""The way in and the ways out: exit codes, one line per error, and standard output kept for results."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

DONE, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 a finding, 2 could not do it, 130 interrupted and resumable."""
    # Threads that spin while they wait make small steps 300 times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run a command; returns its exit code."""
    from polyhead.cli.output import LostResultError

    try:
        return _run(arguments)
    except LostResultError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python says so again when it ends
        print(f"polyhead: the result could not be written ({error})", file=sys.stderr)
        return FAILED


def _run(arguments: list[str]) -> int:
    import typer

    from polyhead.cli import output
    from polyhead.cli.commands import command
    from polyhead.errors import InputError, StoppedRunError

    as_json = _wants_json(arguments)
    arguments = arguments or ["--help"]
    help_asked = not {"-h", "--help"}.isdisjoint(arguments)  # help is a result too, and the parser prints it
    with nullcontext() if help_asked else output.results_apart():
        try:
            return int(command()(completed(arguments), "polyhead", standalone_mode=False) or DONE)
        except InputError as error:
            output.failed(as_json, error.what, error.where, error.do)
            return FOUND if isinstance(error, StoppedRunError) else FAILED
        except typer.Exit as end:
            return end.exit_code
        except typer.TyperException as error:
            about = getattr(getattr(error, "ctx", None), "command_path", "polyhead")
            output.failed(as_json, error.format_message(), about, f"see `{about} --help`")
        except (typer.Abort, KeyboardInterrupt):
            if as_json:
                output.emit_json({"interrupted": True})
            print("polyhead: stopped; a run that was training resumes from its last checkpoint", file=sys.stderr)
            return INTERRUPTED
        except output.LostResultError:
            raise
        except Exception as error:  # the last resort: a user gets a line, not a traceback
            from polyhead.training.watcher import InterruptedRunError

            if isinstance(error, InterruptedRunError):
                output.interrupted(as_json, error.run)
                return INTERRUPTED
            what = f"unexpected error: {type(error).__name__}: {error}"
            output.failed(as_json, what, _origin(error), "please report it with this line")
    return FAILED


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


_LISTS = ("--tasks", "--select", "--ignore")
"""Options that take several names."""


def completed(arguments: Sequence[str]) -> list[str]:
    """The words as the parser wants them, which knows no optional values and no lists behind an option: `--resume`
    alone means the latest unfinished run, and `--tasks energy angle` is one value, as are `--select` and `--ignore`."""
    words, full = list(arguments), list[str]()
    while words:
        full.append(words.pop(0))
        if full[-1] == "--resume" and not (words and _is_value(words[0])):
            full.append("latest")
        if full[-1] in _LISTS and words:
            checks = full[-1] != "--tasks"  # a run or a log may stand behind ids of checks
            names = [words.pop(0)]
            while words and re.fullmatch(r"[\w,-]+", words[0]) and _is_value(words[0]):
                if checks and Path(words[0]).exists():
                    break
                names.append(words.pop(0))
            full.append(" ".join(names))
    return full


def _is_value(word: str) -> bool:
    """Whether a word may belong to the option before it: it is no option itself and no override."""
    return not word.startswith("-") and "=" not in word


def _origin(error: BaseException) -> str:
    """File and line of ours where an error came from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "polyhead" in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
