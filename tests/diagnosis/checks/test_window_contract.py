"""Windows and what recordings can fill, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polyhead.config.data import WindowOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.window_contract import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..profiles import windows, with_profile

BASE = "machines"


def cut(options: WindowOptions | None = None, **changed):
    def edit(case: Case) -> Case:
        if options is not None:
            data = case.config.data.model_copy(update={"window": options})
            case = replace(case, config=case.config.model_copy(update={"data": data}))
        return with_profile(case, windows=windows(**changed))

    return edit


def plant(case: Case) -> Case:
    """6 of 70 recordings are shorter than a window."""
    return cut(left_out=6)(case)


MASKED = WindowOptions(length=128, short="mask")
LEAST = WindowOptions(length=128, least=1)
ROWS: tuple[Row, ...] = (
    ("some left out", plant, True, "6 of 70"),
    ("none long enough", cut(longest=100, filled_up=768), True, "100 of 128 samples"),
    ("other length", cut(WindowOptions(length=64)), True, "64 asked for, 128 there"),
    ("filled up unasked", cut(filled_up=600), True, "600 of 768"),
    ("filled up as asked", cut(MASKED, filled_up=600), False, "short: mask"),
    ("from the first sample on", cut(LEAST, filled_up=600), False, "least: 1"),
    ("always short, as asked", cut(MASKED, longest=100, filled_up=768), False, "a note"),
    ("a fragment", cut(left_out=1), False, "1 of 65: a note"),
    ("some filled up", cut(filled_up=100), False, "ends of recordings"),
    ("longest unknown", cut(longest=None), False, ""),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_share_by_hand():
    """45 + 9 + 10 recordings are used and 6 are not: 6/70 = 0.0857."""
    (contract,) = measure(plant(healthy(BASE)))
    assert (contract.left_out, contract.recordings) == (6, 70)
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.evidence[0].value == pytest.approx(6 / 70)
    assert finding.fixes[0].patch == {"data.window.short": "mask"}


def test_shorter_window_is_offered():
    (finding,) = found(CHECK, cut(longest=100, filled_up=768)(healthy(BASE)))
    assert finding.fixes[0].patch == {"data.window.length": 100}


def test_few_are_noted():
    (finding,) = found(CHECK, cut(left_out=1)(healthy(BASE)))
    assert finding.severity == "note"


def test_all_counts_times_ten_is_the_same():
    case = plant(healthy(BASE))
    split = replace(case.profile.split, recordings={k: 10 * v for k, v in case.profile.split.recordings.items()})
    more = with_profile(case, split=split, windows=windows(total=7680, left_out=60))
    assert found(CHECK, more)[0].evidence[0].value == found(CHECK, case)[0].evidence[0].value
