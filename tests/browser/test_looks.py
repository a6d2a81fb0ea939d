"""How the pages look at every width and in every scheme, and to those who do not see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

ARTEFACTS = Path(__file__).parents[2] / "build" / "screenshots"
"""Where the screenshots of the last run stand."""
PAGES = {"list": "/", "study": "/studies/synthetic/", "comparison": "/compare?study=synthetic&study=other"}
SCREENS: dict[str, dict[str, Any]] = {
    "telephone": {"viewport": {"width": 375, "height": 667}},
    "telephone-dark": {"viewport": {"width": 375, "height": 667}, "color_scheme": "dark"},
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "desk-dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "4k": {"viewport": {"width": 3840, "height": 2160}},
}
SLOW = ("telephone-dark", "4k")


@pytest.fixture(scope="session")
def two_studies(studies: Path) -> None:
    """Another study beside the synthetic one."""
    from synthetic_study import make_study

    make_study(studies, name="other", trials=30, seed=2)


@pytest.fixture(params=["telephone", "desk", "desk-dark", *(pytest.param(s, marks=pytest.mark.slow) for s in SLOW)])
def screen(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    chosen = SCREENS[request.getfixturevalue("screen")] if "screen" in request.fixturenames else SCREENS["desk"]
    return {**browser_context_args, **chosen}


def opened(page: Page, address: str, name: str) -> Page:
    page.goto(f"{address}{PAGES[name]}")
    if name != "list":
        expect(page.locator("#plot .main-svg").first).to_be_visible()
    return page


@pytest.mark.usefixtures("two_studies")
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_fits_the_screen_and_has_no_serious_fault_of_accessibility(
    name: str, screen: str, address: str, page: Page
) -> None:
    opened(page, address, name)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}-{screen}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    found = Axe().run(page).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in serious] == []


@pytest.mark.usefixtures("two_studies")
@pytest.mark.parametrize("name", list(PAGES))
def test_in_print_a_page_is_dark_on_white_and_loses_nothing(name: str, address: str, page: Page) -> None:
    opened(page, address, name)
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_timeout(1000)  # a screenshot of the whole page resizes it, which must not meet the plots half redrawn
    page.screenshot(path=ARTEFACTS / f"{name}-print.png", full_page=True)
    text, ground = (page.evaluate(f"getComputedStyle(document.body).{style}") for style in ("color", "backgroundColor"))
    assert brightness(text) < 0.3
    assert brightness(ground) > 0.9
    for heading in page.locator("main h2").all():
        expect(heading).to_be_visible()


def brightness(color: str) -> float:
    """Of `rgb(r, g, b)` or `rgba(r, g, b, a)`, on white paper; from 0 to 1."""
    red, green, blue, *rest = (float(part) for part in color.partition("(")[2].rstrip(")").split(","))
    opacity = rest[0] if rest else 1.0
    return opacity * (red + green + blue) / 765 + 1 - opacity
