"""What the checks of a diagnosis say of themselves: a list by group, and a page for each off its docstring."""

from __future__ import annotations

import re
from typing import Any

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.catalogue import GROUPS, check_module
from polyhead.diagnosis.precision import precision_of
from polyhead_pages.prose import prose

IDS = [id for ids in GROUPS.values() for id in ids]
_CODE = re.compile(r"`([a-z0-9-]+)`")
WAITS = {"trials", "runs"}


def list_page(_: str) -> str:
    """Each group as a table of its checks, and the tree that their pages hang on."""
    tree = "\n".join(["```{toctree}", ":hidden:", "", *(f"{id} <{id}>" for id in IDS), "```"])
    return "\n\n".join([*(_group(name, ids) for name, ids in GROUPS.items()), tree])


def page(id: str) -> str:
    """A check's own page: its title, what it reads and costs, and its docstring by heading."""
    check = _check(id)
    parts = [f"(check-{id})=\n# {prose(check.page.title)}", _card(check)]
    for heading, text in check.page.sections.items():
        parts.append(f"## {heading}\n\n{_linked(prose(text), id)}")
    return "\n\n".join(parts)


def parts_page(_: str) -> str:
    """The parts of a case, which are what a check may read."""
    return prose(Case.__doc__)


def _check(id: str) -> Any:
    return check_module(id).CHECK


def _group(name: str, ids: tuple[str, ...]) -> str:
    rows = [f"## {name[:1].upper()}{name[1:]}", "", "| check | finds | cost |", "|---|---|---|"]
    rows += [f"| [`{id}`]({id}.md) | {prose(_check(id).page.title)} | {_cost(_check(id))} |" for id in ids]
    return "\n".join(rows)


def _cost(check: Any) -> str:
    waits = WAITS & set(check.needs)
    return f"waits for {waits.pop()}" if waits else str(check.cost)


def _card(check: Any) -> str:
    share, basis = precision_of(check.id)
    follow = [id for id in IDS if id in check.explains]
    causes = [id for id in IDS if check.id in _check(id).explains]
    facts = {
        "Reads": ", ".join(map(_need, check.needs)),
        "Cost": _cost(check),
        "Confidence": basis if share is None else f"{share:.0%}: {basis}",
        "May follow from": _links(causes),
        "May explain": _links(follow),
    }
    return "\n".join(
        [f"| Id | `{check.id}` |", "|---|---|", *(f"| {name} | {said} |" for name, said in facts.items() if said)]
    )


def _need(need: str) -> str:
    return " or ".join(f"`{part}`" for part in need.split("|"))


def _links(ids: list[str]) -> str:
    return ", ".join(f"[`{id}`]({id}.md)" for id in ids)


def _linked(text: str, own: str) -> str:
    """The text with the ids of other checks as links to their pages."""
    return _CODE.sub(lambda found: _links([found[1]]) if found[1] in IDS and found[1] != own else found[0], text)
