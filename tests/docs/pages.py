"""The pages' code blocks, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^(?P<mark>`{3,})(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=mark)$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`([\w./-]+\.(?:py|yaml|csv|json))`[^`\n]*:\s*$")
_INDENTED = re.compile(r"^ {4}((?:polyhead|make|python) .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text, and the file that the line before it names ("`pumps.yaml`:")."""

    language: str
    text: str
    file: str | None


@dataclass(frozen=True)
class Command:
    """A line after a prompt, and the lines that the page shows as its output."""

    line: str
    shown: str


def pages() -> list[Path]:
    """Every page of the site, and the README."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    """A page's path from the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text()
    found = []
    for fence in _FENCE.finditer(text):
        before = text[: fence.start()].rstrip("\n").rpartition("\n")[2]
        named = _NAMED.search(before)
        written = named is not None and fence["language"] not in ("console", "text")
        found.append(Block(fence["language"], fence["text"], named[1] if named and written else None))
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block; a line that ends with a backslash goes on in the next."""
    parts = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)
    for part in parts[1:]:
        line, _, shown = part.partition("\n")
        yield Command(line.strip(), shown)


def page_commands(page: Path, *, indented: bool = False) -> list[Command]:
    """Every command of a page; those of the README, or with `indented` of any page, also where they are indented."""
    found = [command for block in blocks(page) if block.language == "console" for command in commands(block)]
    if page.name == "README.md" or indented:
        outside = _FENCE.sub("", page.read_text())
        found = [Command(line, "") for line in _INDENTED.findall(outside)] + ([] if indented else found)
    return found


def steps(page: Path) -> Iterator[Block | Command]:
    """What a reader of a page does, in order: blocks to write or to run as Python, and commands."""
    for block in blocks(page):
        if block.language == "console":
            yield from commands(block)
        elif block.file is not None or block.language == "python":
            yield block
