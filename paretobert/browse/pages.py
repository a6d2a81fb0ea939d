"""The site's own pages as HTML. Whatever comes from a study is escaped by the templates."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from paretobert.browse.shelf import Listed
from paretobert.cli.tables import sketch
from paretobert.report.embedding import json_for_script


def studies_page(root: Path, listed: Sequence[Listed]) -> str:
    """The list of studies in a folder."""
    return _environment().get_template("studies.html").render(root=root.resolve(), listed=listed)


def comparison_page(comparison: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Studies side by side.

    Args:
        comparison: see `paretobert.comparison.comparison_document`.
        documents: of the same studies by name, see `paretobert.document.study_document`.
    """
    return (
        _environment()
        .get_template("compare.html")
        .render(
            comparison=comparison,
            names=list(documents),
            plot=json_for_script(_plot(documents)) if comparison["comparable"] else None,
        )
    )


def problem_page(line: str) -> str:
    """What is wrong, and the way back."""
    return _environment().get_template("problem.html").render(line=line)


def _plot(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What `compare.js` draws: of each study the scored trials, `front` those of its frontier."""
    first = next(iter(documents.values()))["configuration"]
    return {
        "x_title": f"predicted latency (ms) on {first['device']}, {first['precision']}",
        "studies": [{"name": name, **_points(document)} for name, document in documents.items()],
    }


def _points(document: Mapping[str, Any]) -> dict[str, Any]:
    trials = {trial["number"]: trial for trial in document["trials"] if trial["state"] == "complete"}
    front = [trials[number] for number in document["frontier"]]  # in their order, which a line follows
    others = [trials[number] for number in trials.keys() - set(document["frontier"])]
    return {"front": _columns(front), "others": _columns(others)}


def _columns(trials: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {
        "number": [trial["number"] for trial in trials],
        "latency_ms": [trial["metrics"].get("latency_ms") for trial in trials],
        "score": [trial["metrics"].get("score") for trial in trials],
    }


def _value(value: Any) -> str:
    """Of a configuration's field."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "\N{EN DASH}" if value is None else str(value)


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _part_of_address(name: str) -> str:
    return quote(name, safe="")


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("paretobert.browse", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"date": _date, "value": _value, "sketch": sketch, "part_of_address": _part_of_address}
    return environment
