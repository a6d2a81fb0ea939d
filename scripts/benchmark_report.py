"""How long a report and the site take, on studies of 1,000 and 20,000 trials.

    python scripts/benchmark_report.py [--json] [--quick]

The studies are written by `synthetic_study.py`, whose scores are made up; nothing about a page depends on them. Timed
are the report in a file, from opening the database to the file on the disk; and the site's answer for a study's page:
the page and the document that it then asks for, by HTTP on this machine, when nobody has asked before and again when
the study did not change. Where Playwright and Chromium are there, also how long a browser takes from the address to
the drawn plot, and from a key in the filter to the filtered table; without them these are left out and it is said.
`--quick` does without the larger study.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from benchmarking import Findings, Row, Target, note, parser, run
from synthetic_study import make_study
from web_pages import ARGUMENTS, browser, served

from paretobert.config import Configuration
from paretobert.folder import StudyFolder

LIMITS = {1_000: {"file_s": 3.0, "site_s": 1.0, "file_megabytes": 6.0}, 20_000: {"file_s": 10.0, "site_s": 3.0}}
"""What is asked for, by number of trials."""


def measure(options: argparse.Namespace, configuration: Configuration) -> Findings:
    sizes = list(LIMITS)[:1] if options.quick else list(LIMITS)
    executable = browser() if find_spec("playwright") else None
    if executable is None:
        note("no Playwright or no Chromium here: what a browser takes is left out")
    rows = []
    with TemporaryDirectory(prefix="report-") as root:
        for size in sizes:
            note(f"{size} trials")
            rows.append(_measure(Path(root), size, executable))
    targets = [
        Target(f"{name}_at_{row['trials']}_trials", float(row[name]), at_most=bound)
        for row in rows
        for name, bound in LIMITS[row["trials"]].items()
    ]
    return Findings(rows, targets, {"sizes": sizes, "browser": executable})


def _measure(root: Path, trials: int, executable: str | None) -> Row:
    folder = make_study(root, name=f"of-{trials}", trials=trials)
    file_s = _seconds(lambda: _write_report(folder))
    with served(root) as address:
        page = f"{address}/studies/{folder.path.name}/"
        site_s = _seconds(lambda: (_get(page), _get(f"{page}document.json")))
        tag, size = _get(f"{page}document.json")
        again_s = _seconds(lambda: (_get(page), _get(f"{page}document.json", tag)))
        drawn = {} if executable is None else _in_a_browser(executable, page)
    return {
        "what": "report",
        "trials": trials,
        "file_s": file_s,
        "file_megabytes": folder.report.stat().st_size / 1e6,
        "document_megabytes": size / 1e6,
        "site_s": site_s,
        "site_again_s": again_s,
        **drawn,
    }


def _write_report(folder: StudyFolder) -> None:
    with folder.store() as store:
        folder.write_report(store)


def _get(address: str, known: str = "") -> tuple[str, int]:
    """The tag of what is there and its size in bytes; 0 where it is what is known."""
    try:
        with urlopen(Request(address, headers={"If-None-Match": known})) as answer:
            return str(answer.headers.get("ETag")), len(answer.read())
    except HTTPError as answer:
        if answer.code != 304:
            raise
        return known, 0


def _in_a_browser(executable: str, page_address: str) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        page = running.new_page()

        def drawn() -> None:
            page.goto(page_address)
            page.locator("#plot .main-svg").first.wait_for(timeout=120_000)

        def filtered() -> None:
            page.locator("#filter").fill("latency_ms <= 3")
            page.locator("#table-count", has_text="of").wait_for()
            page.evaluate("new Promise(requestAnimationFrame)")

        seconds = {"browser_drawn_s": _seconds(drawn), "browser_filtered_s": _seconds(filtered)}
        running.close()
    return seconds


def _seconds(what: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


if __name__ == "__main__":
    run(parser(__doc__), measure)
