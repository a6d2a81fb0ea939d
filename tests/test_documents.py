from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

import paretobert
from paretobert.cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def commands(document: Path) -> list[str]:
    """The lines of shell blocks that call `paretobert`."""
    lines = (line for block in blocks(document, "sh") for line in block.replace("\\\n", " ").splitlines())
    return [line for line in lines if line.startswith("paretobert ")]


def run_python(document: Path) -> None:
    """The Python blocks of a document in order, in one namespace."""
    names: dict[str, Any] = {}
    for block in blocks(document, "python"):
        exec(compile(block, document.name, "exec"), names)


@pytest.mark.slow
def test_the_examples_of_the_python_api_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_python(ROOT / "docs" / "api.md")


def test_the_profile_of_the_latency_page_is_calibrated_by_its_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ROOT / "docs" / "latency.md"
    monkeypatch.chdir(tmp_path)
    (profile,) = blocks(page, "toml")
    Path("board.toml").write_text(profile)
    run_python(page)
    assert "fitted to 5 latencies of the published models" in Path("board.toml").read_text()


@pytest.mark.parametrize("document", [ROOT / "README.md", ROOT / "docs" / "tutorial.md"], ids=lambda path: path.name)
def test_what_is_shown_of_the_demo_study_runs_after_a_search(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert blocks(document, "python")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(Path(__file__).parent / "paretobert")  # where toy_plugins is
    paretobert.search(controller="toy_plugins:Climber", evaluator="toy_plugins:Formula", trials=12)
    run_python(document)


@pytest.mark.parametrize(
    "line", [pytest.param(line, id=f"{path.name}: {line}") for path in DOCUMENTS for line in commands(path)]
)
def test_every_command_of_the_documents_is_one(line: str) -> None:
    _, *words = shlex.split(re.split(r" [|>] ", line)[0], comments=True)
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(line, words)  # raises what the command line would say of a mistake


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_into_the_repository_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if "://" in target:
            continue
        path, _, heading = target.partition("#")
        linked = (document.parent / path) if path else document
        assert linked.exists(), target
        if heading:
            assert heading in _anchors(linked), target


def _anchors(document: Path) -> set[str]:
    """The headings of a Markdown file as links name them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
