"""TensorFlow costs seconds and half a gigabyte: it is imported where a tensor is made, and nowhere else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT = ("paretobert", "latency_models", "controllers", "search_space")
RUNS_WHAT_USERS_TRAINED = ROOT / "latency_models" / "regression_file.py"  # inside a function, see the next test


def imported(tree: ast.AST) -> Iterator[str]:
    """The top-level packages that the import statements of a tree name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("package", WITHOUT)
def test_packages_that_make_no_tensor_never_import_it(package: str) -> None:
    files = {*(ROOT / package).rglob("*.py")} - {RUNS_WHAT_USERS_TRAINED}
    assert files
    for path in files:
        assert not {"tensorflow", "keras"} & {*imported(ast.parse(path.read_text()))}, path


def test_every_module_but_the_networks_is_imported_without_it() -> None:
    script = """
import importlib, pkgutil, sys
count = 0
for package in ("paretobert", "evaluators", "latency_models", "controllers", "search_space"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        importlib.import_module(module.name)
        count += 1
assert count > 80, count
import paretobert
for name in paretobert.__all__:
    getattr(paretobert, name)
"""
    assert_runs_without(script)


def test_commands_that_train_nothing_run_without_it(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from paretobert.cli import run
from paretobert.testing import check_controller, check_evaluator, check_latency_model
os.chdir({str(tmp_path)!r})
toys = ["--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula"]
for arguments in (
    ["search", *toys, "--trials", "2"],
    ["resume", "demo", "--trials", "3"],
    ["plugins"],
    ["models"],
    ["studies"],
    ["frontier", "demo"],
    ["report", "demo"],
    ["latency", "predict", "mobilebert"],
    ["latency", "validate"],
    ["search", "--trials", "0"],
):
    assert run(arguments) in (0, 2), arguments
check_latency_model("edgetpu-analytical")
check_controller("random")
check_evaluator("toy_plugins:Formula", Path("workspace"))
"""
    assert_runs_without(script)


def assert_runs_without(script: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    script += "\nimport sys\nassert not {'tensorflow', 'keras', 'torch'} & sys.modules.keys()"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
