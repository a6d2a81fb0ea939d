from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from controllers import BUILT_IN, History, Objective
from paretobert.plugins import Plugin, resolve
from search_space import MobileBertSpace

MODULE = """
import pyglove as pg

made = pg.geno.Random(seed=1)

class Mine:
    def __init__(self, rate: float = 1.0, sizes: tuple[int, ...] = ()):
        self.given = rate, sizes

    def prepare(self, workspace): ...
    def evaluate(self, architecture, *, seed, budget, report, checkpoint=None): ...
    def fingerprint(self): ...
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "my_plugins.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("my_plugins", None)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_is_found_by_its_name(name: str) -> None:
    plugin = resolve("controller", name)
    assert plugin.factory is BUILT_IN[name]
    assert (plugin.distribution, plugin.version) == ("paretobert", metadata.version("paretobert"))


def test_a_class_is_found_in_the_current_folder_which_comes_last(tmp_path: Path) -> None:
    plugin = resolve("evaluator", "my_plugins:Mine")
    assert plugin.make(rate=2, sizes=[1, 2]).given == (2.0, (1, 2))
    assert sys.path[-1] == str(tmp_path)
    assert (plugin.distribution, plugin.version) == (None, None)


def test_an_entry_point_is_found_by_its_name(tmp_path: Path) -> None:
    info = tmp_path / "elsewhere-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("[paretobert.evaluators]\nmine = my_plugins:Mine\n")
    sys.path.append(str(tmp_path))
    plugin = resolve("evaluator", "mine")
    assert plugin.factory.__name__ == "Mine"
    assert (plugin.distribution, plugin.version) == ("elsewhere", "1.5")
    with pytest.raises(
        ValueError, match="unknown evaluator 'none'; known: proxy-distillation, zero-cost, mine, or package"
    ):
        resolve("evaluator", "none")


@pytest.mark.parametrize(
    ("name", "options", "distribution"),
    [
        ("pyglove:nsga2", {"population_size": 4}, "pyglove"),
        ("pyglove:random", {"seed": 1}, "pyglove"),
        ("pyglove:pyglove:evolution.hill_climb", {"batch_size": 2}, "pyglove"),
        ("pyglove:my_plugins:made", {}, None),
    ],
)
def test_a_generator_of_pyglove_is_found_by_its_name(
    name: str, options: dict[str, int], distribution: str | None
) -> None:
    study = (MobileBertSpace(), [Objective("score", True)], [], lambda X: {})
    plugin = resolve("controller", name)
    made = plugin.make(*study, reward="front", **options)
    assert made.propose(History.empty(21), np.random.default_rng(0)).shape == (21,)
    assert plugin.distribution == distribution


def test_a_folder_named_like_one_of_our_packages_is_warned_about(tmp_path: Path) -> None:
    (tmp_path / "controllers").mkdir()
    with pytest.warns(UserWarning, match="the folder controllers here is hidden by ParetoBERT's package"):
        resolve("evaluator", "my_plugins:Mine")


def test_the_projects_own_folder_is_not_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    project = Path(sys.modules["controllers"].__path__[0]).parent
    monkeypatch.chdir(project)
    ours = (project, project / "tests")  # the latter's folders are named like the packages they test
    monkeypatch.setattr(sys, "path", [path for path in sys.path if Path(path or ".").resolve() not in ours])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resolve("evaluator", "toy_plugins:Formula")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "unknown evaluator 'nope'; known: proxy-distillation"),
        (":Mine", "evaluator ':Mine' is not of the form package.module:Class"),
        ("my_plugins:", "evaluator 'my_plugins:' is not of the form package.module:Class"),
        ("my_plugins:Other", "evaluator 'my_plugins:Other': module my_plugins has no Other"),
        ("my_plugins:__name__", "evaluator 'my_plugins:__name__' is no class or function"),
        ("no_such_module:Mine", "evaluator 'no_such_module:Mine': cannot import no_such_module: No module named"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_so(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^evaluator|^unknown") as raised:
        resolve("evaluator", name)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rat": 1}, "evaluator 'mine' has no option 'rat'; known: rate, sizes"),
        ({"rate": "fast"}, "evaluator 'mine': option rate: should be a valid number, "),
        ({"sizes": [1, "x"]}, "evaluator 'mine': option sizes: should be a valid integer, "),
    ],
)
def test_a_wrong_option_is_told(options: dict[str, object], message: str) -> None:
    mine = Plugin("evaluator", "mine", resolve("evaluator", "my_plugins:Mine").factory, None)
    with pytest.raises(ValueError, match=r"^evaluator") as raised:
        mine.make(**options)
    assert str(raised.value).startswith(message)
