"""Takes the pictures of pages that stand in docs/, in the system's Chromium.

    python scripts/take_screenshots.py STUDIES STUDY ANOTHER docs

Of the report in a file: what is seen first, and how far to trust it. Of the site: its list of the studies in the folder
STUDIES, and two of them side by side.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright
from web_pages import ARGUMENTS, BROWSERS, browser, served

from paretobert import load_study

WIDTH, HEIGHT = 1200, 1500
"""Of the window, in pixels."""
MARGIN = 32
"""Above and below a part of a page."""


def take(page: Page, studies: Path, study: str, another: str, pictures: Path) -> None:
    """All pictures, as `report.png`, `report-trust.png`, `site.png` and `site-comparison.png`."""
    page.goto(load_study(study, studies).report().resolve().as_uri())
    page.locator("#plot .main-svg").first.wait_for()
    page.screenshot(path=pictures / "report.png")
    box = page.locator("section", has=page.locator("#trust")).bounding_box()
    assert box is not None
    around = {"x": 0, "y": box["y"] - MARGIN, "width": WIDTH, "height": box["height"] + 2 * MARGIN}
    page.screenshot(path=pictures / "report-trust.png", full_page=True, clip=around)
    with served(studies) as address:
        page.goto(address)
        page.screenshot(path=pictures / "site.png", clip={"x": 0, "y": 0, "width": WIDTH, "height": 460})
        page.goto(f"{address}/compare?study={quote(study)}&study={quote(another)}")
        page.locator("#plot .main-svg").first.wait_for()
        page.screenshot(path=pictures / "site-comparison.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("studies", type=Path, help="folder of studies")
    parser.add_argument("study", help="the one whose report is shown")
    parser.add_argument("another", help="the one that it is compared with")
    parser.add_argument("pictures", type=Path, help="folder of the pictures")
    options = parser.parse_args()
    executable = browser()
    if executable is None:
        parser.error(f"none of {', '.join(BROWSERS)} is here; as root, scripts/install_chromium.sh installs it by apt")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        page = running.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        take(page, options.studies, options.study, options.another, options.pictures)
        running.close()


if __name__ == "__main__":
    main()
