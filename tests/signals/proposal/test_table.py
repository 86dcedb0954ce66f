"""Tables as spreadsheets of other languages export them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from polyhead.signals.proposal import propose


def test_semicolons_and_decimal_commas_are_seen(tmp_path: Path):
    rng = np.random.default_rng(0)
    cells = [(f"{a:.3f}".replace(".", ","), f"{b:.3f}".replace(".", ",")) for a, b in rng.normal(5, 1, (60, 2))]
    rows = [f"m{i // 10};{a};{'ja' if rng.random() < 0.5 else 'nein'};{b}" for i, (a, b) in enumerate(cells)]
    (tmp_path / "pumpen.csv").write_text("Maschine;Druck, bar;label;Strom\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = YAML(typ="safe").load(propose(tmp_path / "pumpen.csv", tmp_path))["data"]
    assert (data["separator"], data["decimal_comma"]) == (";", True)
    assert {"Druck, bar", "Strom"} <= {key for spec in data["inputs"].values() for key in spec["keys"]}


def test_words_with_commas_are_words(tmp_path: Path):
    rng = np.random.default_rng(0)
    rows = [f'm{i // 10};"a,b{i % 3}";{x:.3f};{rng.integers(2)}' for i, x in enumerate(rng.normal(size=60) ** 3)]
    (tmp_path / "words.csv").write_text("id;text;x;label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert "decimal_comma" not in YAML(typ="safe").load(propose(tmp_path / "words.csv", tmp_path))["data"]
