"""A site that runs beside, and the system's browser: for what looks at pages from outside."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from paretobert.browse import site
from paretobert.browse.server import listening

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Names that Chromium goes by."""
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run")
"""For a root user's browser, which is to ask nobody on its own account."""


def browser() -> str | None:
    """Where Chromium is; None without one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of the site of a folder of studies, which is there within."""
    listener = listening("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(site(root), log_level="error"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
