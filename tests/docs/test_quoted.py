"""Every line that a page quotes as an error's is one that the code can say."""

from __future__ import annotations

import ast
import re

import pytest

from .pages import DOCS, ROOT, blocks

PAGE = DOCS / "troubleshooting.md"
QUOTED = [line for block in blocks(PAGE) if block.language == "text" for line in block.text.splitlines()]


def _said(tree: ast.AST) -> set[str]:
    """The texts of a module, with … for what is put into them."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            found.add("".join(str(part) for part in parts))
    return found


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Every text of the package."""
    paths = (ROOT / "src" / "polyhead").rglob("*.py")
    return {text for path in paths for text in _said(ast.parse(path.read_text()))}


@pytest.mark.parametrize("line", QUOTED)
def test_a_quoted_line_can_be_said(line: str, said: set[str]) -> None:
    for clause in line.split("; "):
        parts = [part.strip() for part in re.split(r"…|\d+", clause) if part.strip(" ():,`.")]
        assert any(_in_order(parts, text) for text in said), clause


def _in_order(parts: list[str], text: str) -> bool:
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


BOLD, SLANTED = r"\*\*([A-Z][\w ]+?)(?: on test)?\.?\*\*", r"(?<!\*)\*([A-Z][\w ]+)\*(?!\*)"


@pytest.mark.parametrize(
    ("page", "mark"), [("tutorial/index.md", BOLD), ("troubleshooting.md", SLANTED), ("howto/balance.md", SLANTED)]
)
def test_a_heading_that_is_named_stands_on_the_page_of_a_run(page: str, mark: str) -> None:
    templates = (ROOT / "src" / "polyhead" / "report" / "templates").glob("*.html.jinja")
    template = "\n".join(path.read_text() for path in templates)
    there = re.findall(r"<(?:h2|summary)[^>]*>([A-Z][\w ]+?)(?: on|,)?(?: \{\{[^<]*)?<", template)
    text = (DOCS / page).read_text()
    named = re.findall(mark, text.partition("## Read the page")[2].partition("## Mend it")[0] or text)
    assert named
    assert set(named) <= set(there)


def test_it_is_seen_that_a_line_cannot_be_said(said: set[str]) -> None:
    assert not any(_in_order(["the moon is not finite"], text) for text in said)
    assert QUOTED
