"""Every example of docs/latency-plugins.md works as it stands there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latency_models import EdgeTpuAnalytical, OpGraphBatch
from latency_models.measurements import COLUMNS
from paretobert.cli import run
from search_space import MobileBertSpace

PAGE = (Path(__file__).parents[2] / "docs" / "latency-plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FILES = {block.split("\n")[0].removeprefix("# "): block for block in BLOCKS if re.match(r"# \w+\.py\n", block)}
COMMANDS = [line.split()[1:] for line in re.findall(r"^paretobert .*$", PAGE, re.MULTILINE)]
TOY = ["--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula", "--trials", "2"]


@pytest.fixture(autouse=True)
def in_a_folder_with_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    yield
    for name in FILES:
        sys.modules.pop(name.removesuffix(".py"), None)


def write_measurements(name: str, seed: int) -> None:
    space = MobileBertSpace()
    X = space.sample(np.random.default_rng(seed), 12)
    latency_ms = (
        3 * EdgeTpuAnalytical("tensor-g1").predict(OpGraphBatch.from_architectures(space.dimensions(X))).latency_ms
    )
    cells = (space.decode(x).to_json().replace('"', '""') for x in X)
    rows = (f'"{cell}",int8,384,{value},\n' for cell, value in zip(cells, latency_ms, strict=True))
    Path(name).write_text(f"{','.join(COLUMNS)}\n{''.join(rows)}")


def commands_with(word: str) -> list[list[str]]:
    found = [command for command in COMMANDS if any(word in part for part in command)]
    assert found, word
    return found


def runs(command: list[str]) -> bool:
    return run([*command, *(TOY if command[0] == "search" else [])]) == 0


def test_the_page_shows_every_way_there_is() -> None:
    assert set(FILES) == {"formula.py", "phone.py"}
    assert len(COMMANDS) == 6


def test_measurements_become_a_model_and_that_a_search() -> None:
    write_measurements("phone.csv", seed=0)
    write_measurements("others.csv", seed=1)
    assert all(runs(command) for command in commands_with("phone.safetensors"))


def test_a_regression_trained_on_the_features_runs_a_search(capsys: pytest.CaptureFixture[str]) -> None:
    import keras

    names: dict[str, Any] = {}
    (block,) = [block for block in BLOCKS if "network_features" in block]
    exec(compile(block, "latency-plugins.md", "exec"), names)
    assert "weight_bytes" in capsys.readouterr().out
    features = names["features"].to_numpy(np.float32)
    model = keras.Sequential([keras.Input((features.shape[1],)), keras.layers.Dense(1)])
    weights = np.zeros((features.shape[1], 1), np.float32)
    weights[list(names["features"].columns).index("dense_multiply_adds")] = 1e-9
    model.set_weights([weights, np.ones(1, np.float32)])
    model.save("phone.keras")
    assert all(runs(command) for command in commands_with("phone.keras"))


def test_the_function_and_the_class_run_and_keep_the_contract() -> None:
    assert all(runs(command) for command in (*commands_with("formula:"), *commands_with("phone:Phone")))
    (block,) = [block for block in BLOCKS if "check_latency_model" in block]
    exec(compile(block, "latency-plugins.md", "exec"), {})
