"""A baseline: what was there is old, what comes on top is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.diagnosis.baseline import marked_old, read_baseline, write_baseline
from polyhead.diagnosis.finding import Fact, Finding, Scope
from polyhead.errors import InputError

LIFE = Finding("error", "too wide by 3", Scope(task="life", epochs=(1, 5)), (Fact("width", 3),), id="head-range")
WEAR = LIFE.changed(scope=Scope(task="wear"))


def test_only_new_findings_count(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write_baseline(path, [LIFE])
    again = LIFE.changed(what="too wide by 4", scope=Scope(task="life", epochs=(2, 9)), severity="warning")
    old, new = marked_old([again, WEAR], read_baseline(path))
    assert (old.counts, new.counts) == (False, True)


def test_one_more_of_the_same_is_new(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    write_baseline(path, [LIFE])
    assert [one.counts for one in marked_old([LIFE, LIFE], read_baseline(path))] == [False, True]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"layout": 2, "fingerprints": {}}', '{"layout": 1, "fingerprints": [1]}']
)
def test_what_is_no_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"known\.json: is no baseline"):
        read_baseline(path)
    with pytest.raises(InputError, match="no such baseline"):
        read_baseline(tmp_path / "none.json")
