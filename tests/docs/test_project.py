"""CITATION, SECURITY and CONTRIBUTING against the code that they speak of."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML

from polyhead import InputError, api
from polyhead.training import checkpoint

from .pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_citation_is_that_of_this_version() -> None:
    cited = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert cited["cff-version"] == "1.2.0"
    assert (cited["title"], cited["version"], cited["license"]) == tuple(
        PROJECT[k] for k in ("name", "version", "license")
    )
    assert cited["authors"] == [{"name": "The polyhead developers"}]
    assert cited["abstract"].rstrip(".") == PROJECT["description"]
    assert set(cited["keywords"]) <= set(PROJECT["keywords"])
    assert not {"doi", "url", "repository-code"} & set(cited)


class _Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(self.where),)  # type: ignore[return-value]

    def __init__(self, where: Path) -> None:
        self.where = str(where)


def test_a_checkpoint_that_holds_code_is_refused_and_not_executed(tmp_path: Path) -> None:
    torch.save({"polyhead": 1, "bomb": _Bomb(tmp_path / "went-off")}, tmp_path / "best.ckpt")
    with pytest.raises(InputError, match="it was not executed"):
        checkpoint.load(tmp_path / "best.ckpt")
    assert not (tmp_path / "went-off").exists()


def test_yaml_and_npz_do_not_make_objects(tmp_path: Path) -> None:
    (tmp_path / "tag.yaml").write_text(f"name: !!python/object/apply:os.mkdir ['{tmp_path}/went-off']\n")
    with pytest.raises(InputError):
        api.load(tmp_path / "tag.yaml")
    np.savez(tmp_path / "a.npz", x=np.zeros((4, 1, 8)), y=np.array([_Bomb(tmp_path / "went-off")] * 4))
    config = {
        "name": "a",
        "data": {"reader": "npz", "path": str(tmp_path / "a.npz"), "inputs": {"signal": "x"}, "targets": {"y": "y"}},
        "tasks": {"y": {"kind": "classification"}},
    }
    assert "Python objects, which are never loaded" in api.check(config).findings[0].what
    assert not (tmp_path / "went-off").exists()


def test_contributing_names_what_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`((?:src|tests|docs|benchmarks)/[\w/.]+)`", text):
        there = path.replace("KIND", "binary").replace("NAME", "tcn" if "backbones" in path else "sum")
        there = there.replace("ID", "weight_lag" if path.endswith(".py") else "weight-lag")
        assert (ROOT / there).exists(), path
    known = "\n".join(path.read_text() for path in (ROOT / "src" / "polyhead").rglob("*.py"))
    for name in ("TASKS", "BACKBONES", "BALANCES", "READERS", "GROUPS", "CHECK", "KINDS", "STUDIES", "STUDY"):
        assert f"`{name}`" in text
        assert re.search(rf"^{name}\b", known, flags=re.MULTILINE)


def test_every_id_of_a_finding_is_told() -> None:
    """Those that have no check, and those of a check under which training's refusals are reported."""
    page = (ROOT / "docs" / "reference" / "exits.md").read_text()
    told = set(re.findall(r"^\| `([a-z]+(?:-[a-z0-9]+)*)` \|", page, flags=re.MULTILINE))
    source = "\n".join(path.read_text() for path in (ROOT / "src" / "polyhead").rglob("*.py"))
    assert told == set(re.findall(r"check(?:: str)? ?= ?\"([a-z0-9-]+)\"", source))
