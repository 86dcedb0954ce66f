"""Commands of the pages that are not run with every suite: why, and whether they could be."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.main

from polyhead.cli.application import app
from polyhead.cli.commands import ORDER
from polyhead.errors import InputError


@dataclass(frozen=True)
class Reason:
    """Why a command is not run here, and whether `make test-slow` does."""

    why: str
    slow: bool = False


RECORDINGS = Reason("reads recordings that are not part of the repository")
MINUTES = Reason("takes minutes", slow=True)
LONG = Reason("takes a quarter of an hour or more, or gigabytes of disk")
SET_UP = Reason("sets up an environment, or runs the suite itself")
SEVERAL = Reason("trains several runs or in several processes", slow=True)
PLUGGED = Reason("needs a package of the reader's own installed; tests/docs/test_own_check.py does so")
TRACKED = Reason("opens the stores of three trackers; tests/tracking does", slow=True)
SLOW_SCRIPTS = r"(splitting|intervals|step)"

DECLARED: tuple[tuple[str, str, Reason], ...] = (
    (r".*", r"make .*", SET_UP),
    (r".*", r"(python3? -m venv|\.venv/bin/|pip |.*/pip ).*", SET_UP),
    (r".*", r".*(FOLDER|\$FILES|FILES=|hydraulic_1hz|features_all17|fact_events).*", RECORDINGS),
    (r".*", r"polyhead study \w+ --seeds.*|python benchmarks/bearings\.py.*", LONG),
    (r".*", rf"(OMP_\w+=1 )?python benchmarks/(?!{SLOW_SCRIPTS}\.py).*", LONG),
    (r".*", r"polyhead study (?!list).*|(OMP_\w+=1 )?python benchmarks/.*|python -m polyhead\.studies\..*", MINUTES),
    (r".*", r"polyhead train .*(--seeds|folds:|train\.devices=2).*", SEVERAL),
    (r"docs/howto/resume\.md", r".* (--out [ab]|-c .*a == b.*)", SEVERAL),
    (r"docs/howto/trackers\.md", r"polyhead train .*", TRACKED),
    (r"docs/howto/own_check\.md", r"polyhead explain-check few-recordings", PLUGGED),
    (r"docs/howto/pretrain\.md", r".*all_pumps\.csv.*", RECORDINGS),
    (r"docs/howto/estimator\.md", r"python search\.py", SEVERAL),
    (r"README\.md", r"polyhead .*", Reason("stands for a reader's own files; tests/test_pages.py trains its config")),
)
"""Page, command and reason; the first that fits holds."""


def declared(page: str, line: str) -> Reason | None:
    """Why a command of a page is not run, or None where it is."""
    found = (why for place, what, why in DECLARED if re.fullmatch(place, page) and re.fullmatch(what, line))
    return next(found, None)


def fault(line: str, root: Path) -> str | None:
    """What is wrong with a command that is not run: an unknown command, option, script, target or extra."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words.pop(0)
    words = [word for word in words if word != "export"] if words[:1] == ["export"] else words
    program, rest = words[0].rpartition("/")[2], words[1:]
    if program == "polyhead":
        return _polyhead_fault(rest)
    if program == "make":
        targets = re.findall(r"^(\w[\w-]*):", (root / "Makefile").read_text(), flags=re.MULTILINE)
        return next((f"no target {word}" for word in rest if "=" not in word and word not in targets), None)
    if program.startswith("python") and rest and re.fullmatch(r".*/.*\.py", rest[0]):
        return _script_fault(root / rest[0], rest[1:])
    return None


def parser() -> Any:
    """The program's own parser."""
    assert ORDER  # the import of this list is what gives it its commands
    return typer.main.get_command(app)


def _polyhead_fault(words: list[str]) -> str | None:
    group = parser()
    name, *rest = words[: words.index(">")] if ">" in words else words
    if name.startswith("--"):
        return None
    if name not in group.commands:
        return f"no command {name}"
    try:
        group.commands[name].make_context(f"polyhead {name}", rest)
    except (typer.TyperException, InputError) as error:
        return str(error)
    return None


def _script_fault(script: Path, words: list[str]) -> str | None:
    if not script.is_file():
        return f"no script {script}"
    text = script.read_text()
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    return next((f"{script.name} has no {one}" for one in options if f'"{one}"' not in text), None)
