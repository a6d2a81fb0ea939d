from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from paretobert.cli import run
from paretobert.folder import StudyFolder

TOY = ["--controller", "toy_plugins:Climber", "--evaluator", "toy_plugins:Formula"]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def break_report(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: StudyFolder, store: object) -> Path:
        raise RuntimeError("a fault\nof two lines")

    monkeypatch.setattr(StudyFolder, "write_report", broken)


def test_what_nobody_expected_is_one_line_that_names_a_log_in_the_study(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    break_report(monkeypatch)
    assert run(["search", *TOY, "--trials", "2"]) == 1
    told = capsys.readouterr().err
    (log,) = Path("studies/demo/logs").iterdir()
    assert told == f"paretobert: unexpected RuntimeError: a fault of two lines; the traceback is in {log}\n"
    assert "Traceback (most recent call last)" in log.read_text()
    assert "in broken" in log.read_text()


def test_where_there_is_no_study_the_log_is_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise KeyError("gone")

    monkeypatch.setattr(StudyFolder, "all", broken)
    assert run(["studies"]) == 1
    (log,) = tmp_path.glob("paretobert-*.log")
    assert capsys.readouterr().err == f"paretobert: unexpected KeyError: 'gone'; the traceback is in {log}\n"
    assert "Traceback" in log.read_text()


def test_a_reader_that_has_read_enough_is_no_failure() -> None:
    command = [sys.executable, "-c", "from paretobert.cli import main; main()", "models", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1
