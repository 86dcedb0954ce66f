"""What an import brings with it: no torch for reading data and runs, nothing at all for the package itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import polyhead

SOURCE = Path(polyhead.__file__).parent
TORCHLESS = ("config", "report", "scoring", "signals", "trace")
HEAVY = {
    "torch",
    "lightning_fabric",
    "numpy",
    "scipy",
    "sklearn",
    "polars",
    "pydantic",
    "matplotlib",
    "jinja2",
    "typer",
}

LOAD = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
package.__path__.extend(sys.argv[2:])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def run_python(code: str, *arguments: object) -> set[str]:
    """The words that the code prints."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("room", TORCHLESS)
def test_these_rooms_load_without_torch(room):
    loaded = run_python(LOAD, f"polyhead.{room}")
    assert "polyhead" in loaded
    assert not loaded & {"torch", "torchvision", "lightning_fabric"}


@pytest.mark.parametrize("room", TORCHLESS)
@pytest.mark.parametrize("module", ["planted.py", "planted/deeper.py"])
def test_a_torch_in_one_of_their_modules_is_found(tmp_path, room, module):
    for name, text in {module: "import torch.nn", "torch/__init__.py": "", "torch/nn.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).with_name("__init__.py").touch()
    plant = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + LOAD  # a torch that loads at once
    assert "torch" in run_python(plant, f"polyhead.{room}", tmp_path)


def test_importing_polyhead_is_light():
    assert not HEAVY & run_python("import sys, polyhead; print(*sys.modules)")


def test_a_name_is_loaded_where_it_is_used():
    loaded = run_python("import sys, polyhead; polyhead.InputError, polyhead.__version__; print(*sys.modules)")
    assert "polyhead.errors" in loaded
    assert not HEAVY & loaded


def test_the_package_has_the_names_it_lists_and_no_others():
    for name in polyhead.__all__:
        assert getattr(polyhead, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = polyhead.trian


def imported(text: str) -> set[str]:
    """Packages that a module names in an import, or as the text that it gives to import_module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Call):
            found |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_nothing_of_ours_imports_torchvision(path):
    assert "torchvision" not in imported(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "import torchvision",
        "def f():\n    import numpy, torchvision.models as m",
        "from torchvision.ops import nms",
        "import importlib\nimportlib.import_module('torchvision.io')",
    ],
)
def test_an_import_of_torchvision_is_found(text):
    assert "torchvision" in imported(text)
