"""The site builds without a warning and fetches nothing; what it prints from the code is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import polyhead
from polyhead.api import readers
from polyhead.config.experiment import Experiment
from polyhead.scoring.board import KINDS

from .declared import parser
from .pages import DOCS, ROOT

FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"((?:https?:)?//[^\"]+)\"")


@pytest.fixture(scope="module")
def printers() -> Any:
    """The functions that print the reference."""
    sys.path.insert(0, str(DOCS / "_ext"))
    import polyhead_pages

    yield polyhead_pages.PRINTERS
    sys.path.remove(str(DOCS / "_ext"))


def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    arguments = [
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-d",
        str(tmp_path / "trees"),
        str(DOCS),
        str(tmp_path / "html"),
    ]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
    )
    assert (built.returncode, built.stderr) == (0, "")
    pages = list((tmp_path / "html").rglob("*.html"))
    assert len(pages) > 40
    assert [(page.name, url) for page in pages for url in FETCHED.findall(page.read_text())] == []
    styles = [path.read_text() for path in (tmp_path / "html").rglob("*.css")]
    assert not any(re.search(r"url\(['\"]?(?:https?:)?//|@import ['\"]?http", style) for style in styles)


def test_every_key_of_the_configuration_is_printed_once(printers: Any) -> None:
    """Held against the JSON Schema, which pydantic makes by itself."""
    names = ("experiment", "data", "tasks", "losses", "model", "backbones", "balance", "training", "after")
    text = "\n".join(printers["configuration"](name) for name in names)
    schema = Experiment.model_json_schema()
    blocks = schema["$defs"] | {"Experiment": schema}
    blocks = {name: block for name, block in blocks.items() if "properties" in block}
    wanted = {f"{name}-{key}" for name, block in blocks.items() for key in block["properties"]} - {
        "DataOptions-options"
    }
    told = re.findall(r"^\[`\w+`\]\{#([\w-]+)\}$", text, flags=re.MULTILINE)
    assert sorted(told) == sorted(wanted)


def test_every_key_has_a_type_a_default_and_a_meaning(printers: Any) -> None:
    text = printers["configuration"]("data") + printers["readers"]("")
    keys = re.findall(r"^\[`(\w+)`\]\{#.*\}\n: (.*); (.*)\.\n\n  (.+)$", text, flags=re.MULTILINE)
    assert len(keys) == len(re.findall(r"^\[`\w+`\]\{#", text, flags=re.MULTILINE)) > 60
    assert ("stride", "A whole number above 0 or `null`", "default `null`") in {key[:3] for key in keys}
    assert ("length", "A whole number above 0", "required") in {key[:3] for key in keys}
    assert ("non_finite", "One of `refuse`, `mask`", "default `refuse`") in {key[:3] for key in keys}


def test_every_reader_backbone_and_balance_is_printed(printers: Any) -> None:
    for name in readers():
        assert f"## `reader: {name}`" in printers["readers"]("")
    schema = Experiment.model_json_schema()["$defs"]
    for printer, key, tag in (("backbones", "ModelOptions", "name"), ("balances", "Experiment", "method")):
        told = re.findall(r"^## `(.*)`$", printers[printer](""), flags=re.MULTILINE)
        options = [block["properties"][tag] for block in schema.values() if tag in block.get("properties", {})]
        words = {one["const"] for one in options if "const" in one}
        assert set(told) & words == set(told) - {"package.module:Class", "torchjd:NAME", "torchjd:MGDAWeighting"}, key


def test_every_command_and_option_is_printed(printers: Any) -> None:
    text = printers["commands"]("")
    for name, command in parser().commands.items():
        section = text.split(f"## `{name}`\n")[1].partition("\n## ")[0]
        for param in command.params:
            flags = [one for one in param.opts if one.startswith("-")]
            assert all(flag in section for flag in flags), (name, flags)
            assert param.help.split(".")[0].replace("`", "") in section.replace("`", "").replace("\\", ""), (
                name,
                param.name,
            )


@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_is_printed_with_its_direction_and_floor(printers: Any, kind: str) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\S+) \| (\S+) \| [^|]+ \| ([^|]+) \| (.+) \|$", printers["metrics"](kind), re.MULTILINE
    )
    assert [row[0] for row in rows] == [measure.metric.name for measure in KINDS[kind].measures]
    for row, measure in zip(rows, KINDS[kind].measures, strict=True):
        assert row[1] == (measure.metric.direction or "–")
        assert row[3] == (", ".join(measure.trivial) or "–")
    assert f"<!-- generated: metrics {kind} -->" in (DOCS / "reference" / "metrics.md").read_text()


def test_every_public_name_is_printed(printers: Any) -> None:
    told = re.findall(r"auto(?:function|class|exception):: polyhead\.(\w+)", printers["api"](""))
    assert sorted(told) == sorted(polyhead.__all__)


def test_no_page_is_left_out_of_the_tree() -> None:
    """Sphinx would warn, but only of pages that it reads."""
    assert {path.suffix for path in DOCS.rglob("*") if path.is_file() and "__pycache__" not in path.parts} <= {
        *(".md", ".py", ".css", ".png")
    }
    assert (ROOT / "docs" / "conf.py").is_file()
