"""Whether what a page shows is what a command printed: words exactly, figures nearly, times and stamps not at all.

What a training comes to depends on the last bit of its sums, and so on threads and processors: of a row of scores,
task, metric, floor and number of windows must agree, and value, interval and skill must be there.
"""

from __future__ import annotations

import re

_WILD = re.compile(r"\d{8}-\d{6}(?:-\d+)?|\b[\d.]+ (?:s|ms|min|h \d+ min)\b|\d{4}-\d\d-\d\d\S*")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]\d+)?|-?\d+")

_SCORES = re.compile(r"^(\S+ \S+) (?:\S+ )+?(-?\S+ \([\w-]+\)) -?\d\S* (\d+)$")


def missing(shown: str, printed: str) -> list[str]:
    """The shown lines that were not printed, in order; a shown line `...` stands for any lines."""
    rest = [_plain(line) for line in printed.splitlines()]
    absent = []
    for line in shown.splitlines():
        wanted = _plain(line)
        if wanted in ("", "..."):
            continue
        at = next((number for number, one in enumerate(rest) if _same(wanted, one)), None)
        if at is None:
            absent.append(line)
        else:
            rest = rest[at + 1 :]
    return absent


def _plain(line: str) -> str:
    text = _WILD.sub("<time>", line.replace("STAMP", "00000000-000000").replace("runs/", "runs/"))
    return re.sub(r"[─━ \t]+", " ", text).strip()


def _same(shown: str, printed: str) -> bool:
    """Equal words, whole numbers equal, others within a tenth and a tenth of their size; `...` at the end of the shown
    line stands for the rest of it."""
    if shown.endswith(" ..."):
        shown, words = shown.removesuffix(" ..."), len(shown.split()) - 1
        printed = " ".join(printed.split()[:words])
    if (one := _SCORES.match(shown)) and (other := _SCORES.match(printed)):
        shown, printed = (" ".join(row.groups()) for row in (one, other))
    if _NUMBER.sub("#", shown) != _NUMBER.sub("#", printed):
        return False
    pairs = zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True)
    return all(a == b or ("." in a and abs(float(a) - float(b)) <= 0.1 + 0.1 * abs(float(a))) for a, b in pairs)
