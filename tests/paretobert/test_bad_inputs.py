"""Whatever a user gets wrong is one line that says what, exit status 2, and nothing changed: see mistakes.txt."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bad_inputs import STUDIES, TOY, write_everything

from controllers import BUILT_IN as CONTROLLERS
from paretobert.cli import run

_LINES = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").splitlines()
_WRITTEN = [line.strip() for line in _LINES if line and not line.startswith("#")]
MISTAKES = list(zip(_WRITTEN[::2], _WRITTEN[1::2], strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With everything that the mistakes point at; the current folder."""
    folder = tmp_path_factory.mktemp("mistakes")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_everything(folder)
        yield folder


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def as_written(folder: Path) -> dict[str, bytes | None]:
    return contents(folder)


@pytest.mark.parametrize(("command", "line"), MISTAKES, ids=[command[-60:] for command, _ in MISTAKES])
def test_a_mistake_is_one_line_with_status_2_and_changes_nothing(
    command: str,
    line: str,
    folder: Path,
    as_written: dict[str, bytes | None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(shlex.split(command.replace("TOY", " ".join(TOY)))[1:]) == 2
    expected = (
        line.replace("HERE", str(folder))
        .replace("STUDIES", ", ".join(STUDIES))
        .replace("CONTROLLERS", ", ".join(CONTROLLERS))
    )
    assert capsys.readouterr() == ("", f"paretobert: error: {expected}\n")
    assert contents(folder) == as_written


def test_there_are_many_mistakes_and_no_two_alike() -> None:
    assert len({command for command, _ in MISTAKES}) == len(MISTAKES) >= 100


Mount = Callable[[str], Path]


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a small file system in memory with some options, where that is allowed."""
    place = tmp_path / "mounted"

    def mount(options: str) -> Path:
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
        return place

    yield mount
    while place.is_mount():
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_one_line_and_leaves_no_study(
    mounted: Mount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mounted("size=64k"))
    assert run(["search", *TOY, "--trials", "2"]) == 2
    assert capsys.readouterr() == (
        "",
        "paretobert: error: the study's database: database or disk is full: free some of the disk, then resume\n",
    )
    assert run(["studies", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_a_disk_that_is_full_before_the_report_keeps_every_trial(
    mounted: Mount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mounted("size=3m"))
    assert run(["search", *TOY, "--trials", "2", "--study", "tight"]) == 2
    printed, told = capsys.readouterr()
    assert (printed, told.count("\n")) == ("", 1)
    assert "No space left on device" in told
    assert sorted(path.name for path in Path("studies/tight").iterdir()) == ["cache", "config.toml", "study.db"]
    assert run(["frontier", "tight"]) == 0


def test_a_folder_that_only_can_be_read_is_one_line(
    mounted: Mount, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = mounted("size=20m")
    monkeypatch.chdir(place)
    assert run(["search", *TOY, "--trials", "2", "--study", "kept"]) == 0
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    before = contents(place)
    for arguments in (["search", *TOY], ["resume", "kept", "--trials", "3"], ["report", "kept"], ["init"]):
        capsys.readouterr()
        assert run(arguments) == 2, arguments
        printed, told = capsys.readouterr()
        assert (printed, told.count("\n")) == ("", 1), told
        assert "Read-only file system" in told or "make its folder readable and writable" in told
    assert contents(place) == before
