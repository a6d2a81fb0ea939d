from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from test_cli import keys

from controllers import BUILT_IN as CONTROLLERS
from paretobert.cli import run

ENTRY_POINTS = """
[paretobert.controllers]
random = toy_plugins:Climber
climber = toy_plugins:Climber

[paretobert.evaluators]
formula = toy_plugins:Formula

[paretobert.latency_models]
gone = a_module_that_is_gone:Model
wrong = toy_plugins:Formula
"""


@pytest.fixture(autouse=True)
def with_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "toys-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])


def listed(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str, str], dict[str, Any]]:
    assert run(["plugins", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row.keys() == keys("Plugins") for row in rows)
    return {(row["kind"], row["name"], row["origin"]): row for row in rows}


def test_built_ins_of_all_four_kinds_are_listed_and_load(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in listed(capsys).values() if row["origin"] == "built-in"]
    latency_models = ["edgetpu-analytical", "learned", "measured-tflite"]
    evaluators = ["proxy-distillation", "zero-cost", "reading", "squad", "text"]
    assert [row["name"] for row in rows] == [*CONTROLLERS, *latency_models, *evaluators]
    assert all(row["loads"] and row["distribution"] == "paretobert" for row in rows)
    assert rows[0]["module"] == "controllers.random_search:RandomSearch"


def test_an_entry_point_is_listed_with_its_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys)["evaluator", "formula", "entry point"] == {
        "kind": "evaluator",
        "name": "formula",
        "origin": "entry point",
        "module": "toy_plugins:Formula",
        "distribution": "toys",
        "version": "2.1",
        "loads": True,
        "reason": "",
    }


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        (
            "latency_model",
            "gone",
            "latency model 'gone': cannot import a_module_that_is_gone: No module named 'a_module_that_is_gone'",
        ),
        ("latency_model", "wrong", "latency model 'wrong' is no latency model: class Formula has no predict()"),
        ("controller", "random", "hidden by the built-in of this name"),
    ],
)
def test_one_that_does_not_load_says_why(kind: str, name: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    row = listed(capsys)[kind, name, "entry point"]
    assert (row["loads"], row["reason"]) == (False, reason)


def test_the_first_of_two_packages_has_the_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[paretobert.evaluators]\nformula = broken_plugins:Drifts\n")
    assert run(["plugins", "--json"]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["name"] == "formula"]
    assert sorted(row["loads"] for row in rows) == [False, True]
    (hidden,) = [row for row in rows if not row["loads"]]
    (found,) = [row for row in rows if row["loads"]]
    assert hidden["reason"] == f"hidden by {found['module']} of {found['distribution']}"


def test_the_table_names_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugins"]) == 0
    printed = capsys.readouterr().out
    assert "latency model" in printed
    assert "toys (entry" in printed
