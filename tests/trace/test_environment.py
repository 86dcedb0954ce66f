"""Where a run was made."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys

import numpy as np

from polyhead.trace.environment import environment


def test_it_names_versions_machine_and_command(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/some/where/bin/polyhead", "train", "x.yaml", "train.epochs=5"])
    found = environment(threads=3, device="cpu")
    assert found["command"] == "polyhead train x.yaml train.epochs=5"
    assert (found["threads"], found["device"], found["python"]) == (3, "cpu", platform.python_version())
    assert found["packages"]["numpy"] == np.__version__
    assert json.loads(json.dumps(found)) == found


def test_a_package_that_is_not_installed_has_no_version(monkeypatch):
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert set(environment(1, "cpu")["packages"].values()) == {None}
