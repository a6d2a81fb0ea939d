"""The site as an ASGI application: a list of studies, the page of each, and a page that compares some.

It answers GET alone and writes nothing. Only studies of its folder can be named. A host that it does not know by name
is refused, so that a page from elsewhere cannot have its own name point here and read along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from paretobert.browse import pages
from paretobert.browse.shelf import Shelf, UnknownStudy, UnreadableStudy
from paretobert.report import render_page

_ASSETS = {
    "base.css": ("paretobert.report", "web/base.css", "text/css"),
    "widgets.css": ("paretobert.report", "web/widgets.css", "text/css"),
    "parts.css": ("paretobert.report", "web/parts.css", "text/css"),
    "site.css": ("paretobert.browse", "site.css", "text/css"),
    "elements.js": ("paretobert.report", "web/elements.js", "text/javascript"),
    "theme.js": ("paretobert.report", "web/theme.js", "text/javascript"),
    "follow.js": ("paretobert.browse", "follow.js", "text/javascript"),
    "compare.js": ("paretobert.browse", "compare.js", "text/javascript"),
    "plotly.min.js": ("plotly", "package_data/plotly.min.js", "text/javascript"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_STATUS: Mapping[type[Exception], int] = {UnknownStudy: 404, UnreadableStudy: 500}


def site(root: Path, hosts: Sequence[str] = ("*",)) -> Starlette:
    """The site of a folder of studies.

    Args:
        root: the folder.
        hosts: names that the site may be asked under; `*` for any.
    """
    shelf = Shelf(root)

    def studies(request: Request) -> Response:
        return _page(request, pages.studies_page(root, shelf.listed()))

    def study(request: Request) -> Response:
        shelf.check(request.path_params["name"])
        policy = {"Content-Security-Policy": "frame-ancestors 'none'"}  # the page itself says the rest
        return Response(render_page(document=None, url="document.json"), 200, {**_ALWAYS, **policy}, "text/html")

    def document(request: Request) -> Response:
        try:
            tag, text = shelf.report(request.path_params["name"])
        except (UnknownStudy, UnreadableStudy) as error:  # a line that the study's page shows
            return PlainTextResponse(str(error), _STATUS[type(error)], _ALWAYS)
        return _unless_known(request, tag, text, _ALWAYS, "application/json")

    def compare(request: Request) -> Response:
        names = list(dict.fromkeys(request.query_params.getlist("study")))
        if len(names) < 2:
            raise HTTPException(400, "Choose two studies or more to compare.")
        return _page(request, pages.comparison_page(*shelf.comparison(names)))

    return Starlette(
        routes=[
            Route("/", studies),
            Route("/studies/{name}/", study),
            Route("/studies/{name}/document.json", document),
            Route("/compare", compare),
            Route("/assets/{file}", _asset),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
        exception_handlers={HTTPException: _problem, UnknownStudy: _problem, UnreadableStudy: _problem},
    )


def _asset(request: Request) -> Response:
    try:
        package, path, kind = _ASSETS[request.path_params["file"]]
    except KeyError:
        raise HTTPException(404) from None
    text = files(package).joinpath(path).read_bytes()
    return _unless_known(request, f'"{hashlib.sha256(text).hexdigest()}"', text, _ALWAYS, kind)


def _problem(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _page(request, pages.problem_page(error.detail), error.status_code)
    return _page(request, pages.problem_page(str(error)), _STATUS[type(error)])


def _page(request: Request, html: str, status: int = 200) -> Response:
    text = html.encode()
    headers = {**_ALWAYS, "Content-Security-Policy": _POLICY}
    if status != 200:
        return Response(text, status, headers, "text/html")
    return _unless_known(request, f'"{hashlib.sha256(text).hexdigest()}"', text, headers, "text/html")


def _unless_known(request: Request, tag: str, text: bytes, headers: Mapping[str, str], kind: str) -> Response:
    """The text, or only that it is what the browser has."""
    if request.headers.get("if-none-match") == tag:
        return Response(None, 304, {**headers, "ETag": tag})
    return Response(text, 200, {**headers, "ETag": tag}, kind)
