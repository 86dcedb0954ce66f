"""Reading, naming lines, setting and writing a configuration."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from polyhead.config.document import Document
from polyhead.config.yaml_text import plain
from polyhead.errors import InputError

TEXT = """\
# what we try
name: bearings  # the rig
data:
    reader: npz   # arrays
    targets: {fault: fault, rul: {key: rul}}

# the loop
train:
    epochs: 5  # short
    tags:
      - a
      - b

# last words
balance: floor
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("data",), 3),
        (("data", "targets", "rul", "key"), 5),
        (("train", "epochs"), 9),
        (("train", "tags", 1), 12),
        (("balance",), 15),
        ((), 2),
        (("train", "epoch"), None),
        (("train", "epochs", "x"), None),
        (("train", "tags", "x"), None),
    ],
)
def test_line_of(path: tuple[str | int, ...], line: int | None) -> None:
    assert Document(TEXT, "x.yaml").line_of(path) == line


def test_a_document_that_nobody_changed_is_written_as_it_was() -> None:
    assert Document(TEXT, "x.yaml").text() == TEXT


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("train.epochs", 7, "epochs: 5  # short", "epochs: 7  # short"),
        ("train.epochs", "1e-3", "epochs: 5  # short", "epochs: 0.001  # short"),
        ("name", "on", "name: bearings", "name: on"),
        ("name", '"5"', "name: bearings", 'name: "5"'),
        ("data.targets.rul.missing", "[1000.0]", "{key: rul}", "{key: rul, missing: [1000.0]}"),
        ("data.path", "a.npz", "rul: {key: rul}}\n", "rul: {key: rul}}\n    path: a.npz\n"),
        ("balance.method", "kendall", "balance: floor", "balance: {method: kendall}"),
        ("balance.lr", 0.1, "balance: floor", "balance: {method: floor, lr: 0.1}"),
        ("data.targets.fault.missing", [1], "fault: fault,", "fault: {key: fault, missing: [1]},"),
        ("trace.every", 3, "balance: floor\n", "balance: floor\ntrace: {every: 3}\n"),
        ("train.lr", 1, "      - b\n", "      - b\n    lr: 1\n"),
    ],
)
def test_set_changes_one_place(key: str, value: object, before: str, after: str) -> None:
    document = Document(TEXT, "x.yaml")
    document.set(key, value)
    assert document.text() == TEXT.replace(before, after)
    assert document.values == plain(Document(document.text(), "y").values, "y")


def test_lines_stay_those_of_the_file() -> None:
    document = Document(TEXT, "x.yaml")
    document.set("data.path", "a.npz")
    assert document.line_of(("balance",)) == 15


def test_anchors_and_merge_keys() -> None:
    text = (
        "base: &base {kind: regression, head: {hidden: 3}}\ntasks:\n"
        "  a:\n    <<: *base\n    weight: 2\n  b: *base # same\n"
    )
    document = Document(text, "x.yaml")
    assert document.values["tasks"]["a"] == {"kind": "regression", "head": {"hidden": 3}, "weight": 2}
    assert document.line_of(("tasks", "a", "kind")) == 1
    assert document.line_of(("tasks", "b", "head", "hidden")) == 1
    assert document.line_of(("tasks", "a", "weight")) == 5
    document.set("tasks.b.head.hidden", 7)
    document.set("tasks.a.kind", "binary")
    values = document.values
    assert values["tasks"]["b"]["head"]["hidden"] == 7
    assert values["tasks"]["a"] == {"kind": "binary", "head": {"hidden": 3}, "weight": 2}
    assert values["base"] == {"kind": "regression", "head": {"hidden": 3}}
    assert "# same" in document.text()


def test_what_an_anchor_shares_is_not_changed_with_it() -> None:
    document = Document("a: &a {b: 1} # first\nc: *a # second\n", "x.yaml")
    document.set("a.b", 2)
    assert document.values == {"a": {"b": 2}, "c": {"b": 1}}
    assert "# first" in document.text()
    assert "# second" in document.text()


def test_block_scalars_and_items_are_set_too() -> None:
    document = Document("notes: |\n  long\n  text\nlist:\n  - 1\n  - 2 # two\n", "x.yaml")
    document.set("notes", "short")
    document.set("list.1", 5)
    assert document.values == {"notes": "short", "list": [1, 5]}
    assert "# two" in document.text()


@pytest.mark.parametrize("key", ["train.epochs.x", "train.tags.9", "train.tags.x", "train..x", "", "name.x.y"])
def test_a_place_that_cannot_be_set_is_refused(key: str) -> None:
    document = Document(TEXT, "x.yaml")
    with pytest.raises(InputError):
        document.set(key, 1)
    assert document.text() == TEXT


@pytest.mark.parametrize("text", ["x", "=5", "a..b=5", ".a=5", ""])
def test_bad_override(text: str) -> None:
    with pytest.raises(InputError, match=r"^override '.*': expected key=value; for example train.epochs=5$"):
        Document(TEXT, "x.yaml").override(text)


def test_a_value_that_is_not_yaml_names_the_override() -> None:
    with pytest.raises(InputError, match=r"^override train.lr=\[1: not valid YAML"):
        Document(TEXT, "x.yaml").override("train.lr=[1")


def test_where() -> None:
    document = Document(TEXT, "x.yaml")
    document.override("train.epochs=6")
    document.override("trace.every=6")
    assert document.where(("train", "epochs")) == "override train.epochs=6"
    assert document.where(("trace", "every")) == "override trace.every=6"
    assert document.where(("trace",)) == "override trace.every=6"
    assert document.where(("train",)) == "x.yaml:8 (override train.epochs=6)"
    assert document.where(("train", "missing")) == "x.yaml:8"
    assert Document.of({"name": "x"}).where(("name",)) == "config"


def test_write_replaces_whole_and_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    path.chmod(0o640)
    document = Document.read(path)
    document.set("train.epochs", 9)
    document.write(path)
    assert path.read_text() == TEXT.replace("epochs: 5", "epochs: 9")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["a.yaml"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        Document("name: y\n", "y").write(path)
    assert path.read_text() == TEXT
    assert [p.name for p in tmp_path.iterdir()] == ["a.yaml"]
