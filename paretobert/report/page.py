"""From a study's document to a page: one HTML file with its style, its scripts and, offline, its data.

All that comes from a document is text from elsewhere. It stands in the file as JSON, escaped for a script element; the
scripts put it into the page as text, never as markup; and the Content-Security-Policy lets a browser run the two
scripts written here, ask nobody but the server that the page came from, and offline nobody at all.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from paretobert.files import write_whole
from paretobert.references import PICKS
from paretobert.report.embedding import Script, json_for_script
from paretobert.report.modules import page_script, web_file

_STYLES = ("base.css", "widgets.css", "parts.css")


def write_report(document: Mapping[str, Any], path: Path) -> None:
    """Writes the report of a study: one file, about 5 MB, most of it plotly.js.

    Args:
        document: see `report_document`.
        path: of the page; an older one is replaced.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, render_page(document=document, url=None))


def render_page(*, document: Mapping[str, Any] | None, url: str | None) -> str:
    """The page as HTML, with a document in it or with the address that it asks for one, again and again.

    Args:
        document: see `report_document`.
        url: of such a document as JSON, relative to the page; the page follows the study.

    Raises:
        ValueError: not exactly one of the two is given.
    """
    if (document is None) == (url is None):
        raise ValueError("a page has either a document or the url of one")
    return _template().render(
        title="Study" if document is None else document["study"],
        url=url,
        sizes=tuple(PICKS),
        document=None if document is None else json_for_script(document),
        connections="'none'" if url is None else "'self'",
        scripts=_scripts(),
        stylesheet=Markup("".join(map(web_file, _STYLES))),
    )


@functools.cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(web_file("page.html"))


@functools.cache
def _scripts() -> tuple[Script, ...]:
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return (Script.of(plotly), Script.of(page_script()))
