"""YAML 1.2 typing, and every fault of a file in one line with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyhead.config.document import Document
from polyhead.config.yaml_text import dump, flow, parse, plain
from polyhead.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.0e-3", 0.001),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1E2", 100.0),
        ("-.5e-1", -0.05),
        ("1_000", 1000),
        ("0x10", 16),
        ("012", 12),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("n", "n"),
        ("true", True),
        ("~", None),
        ("1:30", "1:30"),
        ("2024-05-01", "2024-05-01"),
        ("2024-13-45", "2024-13-45"),
        ("val/skill", "val/skill"),
        ("&a true", True),
        ("&a 2.5", 2.5),
        ("'1e-3'", "1e-3"),
        ("10 k\u00a0Ohm", "10 k\u00a0Ohm"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    read = plain(parse(f"a: {text}\n", "x"), "x")["a"]
    assert read == value
    assert type(read) is type(value)


def test_floats_come_out_as_floats() -> None:
    values = plain(parse("[1e-3, 1.0e-3, .5, 1E5]", "x"), "x")
    assert [type(value) for value in values] == [float] * 4


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 'key "a" is written twice'),
        ("a:\n  b: {c: 1, c: 2}\n", 2, 'key "c" is written twice'),
        ("a:\n\tb: 1\n", 2, "tab"),
        ("a:\n  b: 1\n\tc: 1\n", 3, "tab"),
        ("a: 1\nb: [1\n", 2, "not valid YAML"),
        ("a: b: c\n", 1, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: 1\nb: *x\n", 2, "undefined alias"),
        ("a: 1\n\x07", 2, "control character"),
        ('a: 1\nb: "\\e[31m"\n', 2, "control character"),
        ('a: 1\nb: "\\ud800"\n', 2, "surrogate"),
        ("a: 1\nb: !new {c: 1}\n", 2, "tag or type"),
        ("a: 1\nb: !new 3\n", 2, "tag or type"),
        ("a: 1\nb: !!set {c, d}\n", 2, "tag or type"),
        ("a: 1\n2: 3\n", 2, "key 2 is not text"),
        ("a: 1\nnull: 3\n", 2, "key null is not text"),
        ("a:\n  ? [b, c]\n  : 3\n", 2, "is not text"),
        ("a: 1\nb: 99999999999999999999\n", 2, "64 bits"),
        ("- 1\n", 1, "expected a mapping with name, data and tasks, found a list"),
        ("5\n", 1, "found a single value"),
    ],
)
def test_faults_name_their_line(tmp_path: Path, text: str, line: int, part: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        Document.read(path)
    assert caught.value.where == f"{path}:{line}"
    assert part in caught.value.what
    assert "\n" not in caught.value.line


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "\ufeff"])
def test_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="the file is empty; write at least name, data and tasks"):
        Document.read(tmp_path / "x.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfname: x\r\nseed: 3\r\n")
    document = Document.read(tmp_path / "x.yaml")
    assert document.values == {"name": "x", "seed": 3}
    assert document.line_of(("seed",)) == 2


@pytest.mark.parametrize(("raw", "line"), [(b"a: 1\nb: \xff\xfe\n", 2), (b"\x89PNG\r\n\x1a\n", 1)])
def test_not_utf8(tmp_path: Path, raw: bytes, line: int) -> None:
    (tmp_path / "x.yaml").write_bytes(raw)
    with pytest.raises(InputError, match="not a text file in UTF-8") as caught:
        Document.read(tmp_path / "x.yaml")
    assert caught.value.where.endswith(f"x.yaml:{line}")


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Document.read(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="is a folder"):
        Document.read(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        Document.read(tmp_path / "a\0b")


@pytest.mark.parametrize("text", ["{a: " * 60 + "1" + "}" * 60, "{" * 1200, "- " * 1200])
def test_depth_has_an_end(text: str) -> None:
    with pytest.raises(InputError):
        Document(text, "x.yaml")


def test_anchors_cannot_unfold_without_end() -> None:
    levels = "\n".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 12))
    with pytest.raises(InputError, match="anchors"):
        Document(f"l0: &l0 [1, 2]\n{levels}\n", "x.yaml")


@pytest.mark.parametrize(
    "value",
    [
        "a",
        "on",
        "5",
        "1e-3",
        "true",
        "null",
        "",
        "a b",
        "a: b",
        "{",
        "#",
        "a\nb",
        'q"',
        "\\",
        "-",
        "~",
        "=",
        "<<",
        "a,b",
    ],
)
def test_flow_text_reads_back(value: str) -> None:
    assert plain(parse(f"k: {{v: {flow(value)}}}", "x"), "x") == {"k": {"v": value}}


def test_dump_keeps_the_indentation_of_the_file() -> None:
    text = "a:\n    b:\n      - 1\n      - 2\nc: 3\n"
    assert dump(parse(text, "x"), like=text) == text
