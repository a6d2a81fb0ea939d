from __future__ import annotations

import json
import math
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
from benchmarking import Findings, KeptRows, Target, code_digest, parser, run
from hypothesis import given
from hypothesis import strategies as st

from paretobert.config import Configuration

FOUND = Findings(
    rows=[{"what": "peer", "peer": "ours", "seconds": 1.5}, {"what": "peer", "peer": "theirs", "seconds": math.nan}],
    targets=[Target("ratio", 3.0, at_least=2), Target("tau", 0.5, at_least=0.6)],
    settings={"steps": 7},
)


def found(options: Namespace, configuration: Configuration) -> Findings:
    return FOUND


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str, measure: Any = found) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmark_toy.py", *arguments])
    run(parser("A toy.", resumable=True), measure)


def test_json_is_one_object_with_all_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, "--json", "--set", "teacher=none")
    report = json.loads(capsys.readouterr().out)
    assert report["benchmark"] == "benchmark_toy"
    assert report["rows"][1] == {"what": "peer", "peer": "theirs", "seconds": None}
    assert report["targets"] == [
        {"name": "ratio", "value": 3.0, "at_least": 2, "holds": True},
        {"name": "tau", "value": 0.5, "at_least": 0.6, "holds": False},
    ]
    assert report["settings"]["quick"] is False
    assert report["settings"]["steps"] == 7
    assert report["settings"]["configuration"]["evaluator_options"]["teacher"] == "none"
    assert {"processor", "logical_cores"} <= report["machine"].keys()
    assert "tensorflow" in report["versions"]
    assert report["seconds"] >= 0


def test_without_json_the_tables_say_which_targets_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch)
    out = capsys.readouterr().out
    assert "theirs" in out
    assert "ratio 3 (at least 2): holds" in out
    assert "tau 0.5 (at least 0.6): MISSED" in out


@pytest.mark.parametrize("error", [ValueError("steps must be at least 1"), FileNotFoundError("no such file")])
def test_a_mistake_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def fail(options: Namespace, configuration: Configuration) -> Findings:
        raise error

    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, "--json", measure=fail)
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    assert printed.err == f"error: {error}\n"


def test_a_strict_target_is_missed_by_its_bound_and_any_by_nan() -> None:
    assert Target("ratio", 1.0, at_least=1).holds
    assert not Target("ratio", 1.0, at_least=1, strictly=True).holds
    assert Target("ratio", 1.01, at_least=1, strictly=True).to_dict()["strictly"] is True
    assert not Target("ratio", math.nan, at_least=1).holds


def test_a_target_may_be_a_bound_from_above() -> None:
    assert Target("ms", 5.0, at_most=5).holds
    assert not Target("ms", 5.0, at_most=5, strictly=True).holds
    assert not Target("ms", 5.01, at_most=5).holds
    assert not Target("ms", math.nan, at_most=5).holds
    assert not Target("ms", -math.inf, at_most=5).holds
    assert Target("ms", 4.0, at_most=5).to_dict() == {"name": "ms", "value": 4.0, "at_most": 5, "holds": True}
    assert str(Target("ms", 6.0, at_most=5)) == "ms 6 (at most 5): MISSED"


@given(rows=st.dictionaries(st.integers(0, 99), st.floats(allow_nan=False, allow_infinity=False)))
def test_kept_rows_come_back(tmp_path_factory: pytest.TempPathFactory, rows: dict[int, float]) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    kept = KeptRows(path, {"steps": 1})
    for seed, score in rows.items():
        kept.add({"seed": seed}, {"score": score})
    again = KeptRows(path, {"steps": 1})
    assert len(again) == len(rows)
    for seed, score in rows.items():
        assert again.get({"seed": seed}) == {"score": score}


def test_rows_of_other_settings_are_kept_but_never_given_back(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    KeptRows(path, {"steps": 1}).add({"seed": 0}, {"score": 0.1})
    other = KeptRows(path, {"steps": 2})
    assert other.get({"seed": 0}) is None
    other.add({"seed": 0}, {"score": 0.2})
    assert KeptRows(path, {"steps": 1}).get({"seed": 0}) == {"score": 0.1}
    assert KeptRows(path, {"steps": 2}).get({"seed": 0}) == {"score": 0.2}


@given(cut=st.integers(1, 200))
def test_a_run_killed_while_it_wrote_loses_its_last_row_at_most(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    kept = KeptRows(path, {})
    kept.add({"seed": 0}, {"score": 0.1})
    whole = len(path.read_bytes())
    kept.add({"seed": 1}, {"score": 0.2})
    path.write_bytes(path.read_bytes()[: min(whole + cut, 2 * whole - 1)])

    again = KeptRows(path, {})
    assert again.get({"seed": 0}) == {"score": 0.1}
    assert again.get({"seed": 1}) is None
    again.add({"seed": 2}, {"score": 0.3})
    last = KeptRows(path, {})
    assert (last.get({"seed": 0}), last.get({"seed": 2})) == ({"score": 0.1}, {"score": 0.3})


@pytest.mark.parametrize("text", ["# Notes\n", "# Notes", "[1]\n"])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.md"
    path.write_text(text)
    with pytest.raises(ValueError, match="give --resume a new file"):
        KeptRows(path, {})
    assert path.read_text() == text


def test_a_folder_that_is_not_there_is_an_error_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KeptRows(tmp_path / "missing" / "rows.jsonl", {})


def test_code_counts_and_its_comments_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "digested"
    package.mkdir()
    module = package / "module.py"

    def digest(code: str) -> str:
        module.write_text(code)
        return code_digest("digested")

    first = digest("def double(x):\n    return 2 * x\n")
    assert digest('"""Doubles."""\n\ndef double(x):\n    """Twice x."""\n    return 2 * x  # twice\n') == first
    assert digest("def double(x):\n    return 3 * x\n") != first
