"""Pages in a real browser: the system's Chromium, driven by Playwright.

Whatever a page under test logs as an error, and whatever it asks of any host but its own server, fails the test.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from paretobert.folder import StudyFolder
from paretobert.report import render_page, report_document
from paretobert.saved_study import SavedStudy

_TESTS = Path(__file__).parents[1]
sys.path += [str(_TESTS.parent / "scripts"), str(_TESTS / "paretobert")]  # of synthetic_study and of toy_plugins

_PATIENCE_MS = 60_000  # other work may share the machine
expect.set_options(timeout=_PATIENCE_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    from web_pages import ARGUMENTS, BROWSERS, browser

    executable = browser()
    if executable is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is here; as root, scripts/install_chromium.sh installs it by apt")
    return {**browser_type_launch_args, "executable_path": executable, "args": list(ARGUMENTS)}


@pytest.fixture
def troubles() -> list[str]:
    """What the page logged as an error and asked of other hosts; a test that provokes an error clears it."""
    return []


@pytest.fixture
def page(context: BrowserContext, troubles: list[str]) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if _is_own(request.url) else troubles.append(request.url))
    yield page
    assert troubles == []


def _is_own(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:"))


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study whose scores are made up, with trials of every end."""
    from synthetic_study import make_study

    folder = tmp_path_factory.mktemp("studies")
    make_study(folder, name="synthetic", trials=60, seed=1)
    return folder


@pytest.fixture(scope="session")
def synthetic(studies: Path) -> SavedStudy:
    return SavedStudy(studies / "synthetic")


@pytest.fixture(scope="session")
def report(synthetic: SavedStudy, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of that study's report in a file."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_page(document=report_document(synthetic), url=None), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves a folder of studies and gives its address."""
    from web_pages import served

    with ExitStack() as running:
        yield lambda folder: running.enter_context(served(folder))


@pytest.fixture(scope="session")
def address(studies: Path, serve: Callable[[Path], str]) -> str:
    """The site of the folder of studies."""
    return serve(studies)


@pytest.fixture(params=["file", "site"])
def home(request: pytest.FixtureRequest) -> str:
    """The page of the synthetic study, in both its homes."""
    if request.param == "file":
        return str(request.getfixturevalue("report"))
    return f"{request.getfixturevalue('address')}/studies/synthetic/"


@pytest.fixture
def toy_study(tmp_path: Path) -> Callable[..., StudyFolder]:
    """Makes a study of toys below `tmp_path`, waiting to be run."""
    from paretobert.assembly import assemble
    from paretobert.config import validated

    toys = {"controller": "toy_plugins:Climber", "evaluator": "toy_plugins:Formula"}

    def make(name: str, **fields: Any) -> StudyFolder:
        return StudyFolder.create(assemble(validated({**toys, "name": name, **fields})), numbered=False, root=tmp_path)

    return make
