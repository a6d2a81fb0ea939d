"""The wheel, installed in an environment of its own and used from another folder; and the examples beside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("paretobert", "evaluators", "latency_models", "controllers", "mobilebert", "search_space")
TINY = ["steps=4", "batch_size=2", "held_out_examples=4", "references=[]", "space.max_blocks_per_slot=1"]

pytestmark = pytest.mark.slow


class Environment:
    """A Python environment that has our dependencies, and of our code only what is installed into it."""

    def __init__(self, path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", path], check=True)
        self.python = path / "bin" / "python"
        self._scripts = path / "bin"
        self.packages = next((path / "lib").glob("python3*/site-packages"))
        # A folder named in a .pth file is searched, its own .pth files are not read: no editable install is found there
        (self.packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")

    def install(self, wheel: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet"]
        run([*pip, "--no-deps", "--no-index", str(wheel)], wheel.parent)

    def paretobert(self, folder: Path, *arguments: str) -> str:
        """What the command prints on standard output, in a folder."""
        return run([str(self._scripts / "paretobert"), *arguments], folder)


def run(command: list[str], folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(project: Path, folder: Path) -> Path:
    """The wheel of a project, built in a copy of it: building leaves files behind."""
    copy = folder / project.name
    left_out = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "studies", "tests", "scripts")
    shutil.copytree(project, copy, ignore=left_out)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    run([*command, "--wheel-dir", str(folder), str(copy)], folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("environment") / "venv")
    made.install(wheel)
    return made


def test_the_wheel_holds_every_file_of_our_packages_and_nothing_else(wheel: Path) -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == files
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


def test_the_installed_package_is_what_runs(environment: Environment, tmp_path: Path) -> None:
    script = f"import {', '.join(PACKAGES)}\nfor one in ({', '.join(PACKAGES)}): print(one.__file__)"
    for file in run([str(environment.python), "-c", script], tmp_path).split():
        assert Path(file).is_relative_to(environment.packages)


def test_a_search_runs_from_another_folder_to_its_report(environment: Environment, tmp_path: Path) -> None:
    settings = [part for setting in TINY for part in ("--set", setting)]
    searched = json.loads(environment.paretobert(tmp_path, "search", "--trials", "2", "--json", *settings))
    assert len(searched["trials"]) >= 1
    assert "score" in environment.paretobert(tmp_path, "frontier", "demo")
    (tmp_path / "studies" / "demo" / "report.html").unlink()
    environment.paretobert(tmp_path, "report", "demo")
    assert (tmp_path / "studies" / "demo" / "report.html").stat().st_size > 100_000
    predicted = json.loads(environment.paretobert(tmp_path, "latency", "predict", "mobilebert", "--json"))
    assert predicted[0]["latency_ms"] == pytest.approx(15.0, rel=0.05)


def test_a_plug_in_in_one_file_works_from_its_folder(environment: Environment, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "measured_latency.py", tmp_path)
    predicted = predict(environment, tmp_path, "measured_latency:Measured", "my-phone")
    assert predicted["source"] == "learned"
    assert predicted["latency_std_ms"] > 0
    study = search(environment, tmp_path, "measured_latency:Measured", "my-phone")
    assert study["trials"]
    check = "from paretobert.testing import check_latency_model as check\n"
    check += "check('measured_latency:Measured', device='my-phone', precisions=['int8'])"
    run([str(environment.python), "-c", check], tmp_path)


def test_a_plug_in_that_is_a_package_works_from_anywhere(environment: Environment, tmp_path: Path) -> None:
    example = ROOT / "examples" / "roofline-latency"
    environment.install(build(example, tmp_path))
    listed = {row["name"]: row for row in json.loads(environment.paretobert(tmp_path, "plugins", "--json"))}
    assert listed["roofline"] == {
        "kind": "latency_model",
        "name": "roofline",
        "origin": "entry point",
        "module": "roofline_latency:Roofline",
        "distribution": "roofline-latency",
        "version": "0.3.0",
        "loads": True,
        "reason": "",
    }
    assert predict(environment, tmp_path, "roofline", "toy-board")["source"] == "modelled"
    study = search(environment, tmp_path, "roofline", "toy-board-pro")
    assert study["trials"]
    with_tests = [str(environment.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", str(example / "tests")]
    assert "2 passed" in run(with_tests, tmp_path)


def predict(environment: Environment, folder: Path, name: str, device: str) -> Any:
    arguments = ["latency", "predict", "mobilebert", "--latency-model", name, "--device", device, "--json"]
    return json.loads(environment.paretobert(folder, *arguments))[0]


def search(environment: Environment, folder: Path, name: str, device: str) -> Any:
    """A study of two trials with an evaluator in one file, which trains nothing."""
    shutil.copy(Path(__file__).with_name("toy_plugins.py"), folder)
    arguments = ["search", "--latency-model", name, "--device", device, "--evaluator", "toy_plugins:Formula"]
    return json.loads(environment.paretobert(folder, *arguments, "--trials", "2", "--json"))
