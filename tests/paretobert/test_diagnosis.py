from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from paretobert import diagnosis
from paretobert.cli import run
from paretobert.diagnosis import Finding

DOCUMENTED = Path(__file__).parents[2] / "docs" / "json.md"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def without_tensorflow() -> list[Finding]:
    """All but the check that takes seconds."""
    return [check() for check in diagnosis.CHECKS if check is not diagnosis.tensorflow]


def test_everything_a_study_needs_is_found_here_and_nothing_is_left_behind() -> None:
    findings = {finding.name: finding for finding in without_tensorflow()}
    for name in ("database", "disk", "teacher builtin"):
        assert findings[name].state == "ok", findings[name]
    assert list(Path().iterdir()) == []


def test_what_is_not_there_is_told_with_what_needs_it_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    absent = [finding for finding in without_tensorflow() if finding.state == "absent"]
    assert {f.name for f in absent} >= {"teacher minilm", "TFLite runtime", "Edge TPU delegate", "edgetpu_compiler"}
    assert all(finding.detail.startswith("only needed ") and finding.remedy for finding in absent)


def test_a_full_disk_and_an_unusable_folder_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**6))
    assert diagnosis.disk().state == "missing"

    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(diagnosis, "TemporaryDirectory", refused)
    assert diagnosis.database().state == "missing"
    assert "no study can be kept here" in diagnosis.database().detail


def test_a_tensorflow_that_does_not_import_is_told_by_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('illegal instruction')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = diagnosis.tensorflow()
    assert (found.state, found.detail) == ("missing", "cannot be imported: ImportError: illegal instruction")


@pytest.mark.parametrize(("state", "status"), [("ok", 0), ("absent", 0), ("missing", 1)])
def test_the_status_tells_whether_a_study_can_run(
    state: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagnosis, "CHECKS", (lambda: Finding("thing", state, "detail", "get it"),))  # type: ignore[arg-type]
    assert run(["doctor", "--json"]) == status
    finding = {"name": "thing", "state": state, "detail": "detail", "remedy": "get it"}
    assert json.loads(capsys.readouterr().out) == [finding]
    assert all(f"| `{key}` |" in DOCUMENTED.read_text().split("## Doctor\n")[1] for key in finding)
    assert run(["doctor"]) == status
    assert "get it" in capsys.readouterr().out
