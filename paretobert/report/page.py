"""From a study's document to `report.html`.

All that comes from the document is text from elsewhere: the template escapes it, the plot's data are escaped for a
script element, and the page's Content-Security-Policy lets a browser run the two scripts written here and load nothing.
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
from paretobert.report import account, quantities
from paretobert.report.embedding import Script, json_for_script
from paretobert.report.picks import pick_cards, scale_of
from paretobert.report.plot import plot_data
from paretobert.report.statements import latency_statements, score_statements

_FILTERS = (
    quantities.date,
    quantities.gibibytes,
    quantities.milliseconds,
    quantities.millions,
    quantities.model_name,
    quantities.percent,
    quantities.score,
    quantities.stage_sketch,
    quantities.two_digits,
)


def write_report(document: Mapping[str, Any], path: Path) -> None:
    """Writes the report of a study: one file, about 5 MB, most of it plotly.js.

    Args:
        document: see `paretobert.document.study_document`.
        path: of the page; an older one is replaced.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, render_page(document))


def render_page(document: Mapping[str, Any]) -> str:
    """The page as HTML."""
    plot, cards = plot_data(document), pick_cards(document)
    by_number = {trial["number"]: trial for trial in document["trials"]}
    scripts = () if plot is None else _scripts()
    return _template().render(
        document=document,
        configuration=document["configuration"],
        frontier=[by_number[number] for number in document["frontier"]],
        closest=[by_number[number] for number in document["closest"]],
        evaluated=[trial for trial in document["trials"] if trial["state"] in ("complete", "pruned", "failed")],
        best_score=max((t["metrics"]["score"] for t in document["trials"] if t["state"] == "complete"), default=None),
        cards=cards,
        scale=scale_of(cards),
        latency_statements=latency_statements(document),
        score_statements=score_statements(document),
        states=account.STATES,
        reasons=account.reasons(document),
        command=account.command(document),
        configuration_toml=account.configuration_toml(document),
        environments=account.environments(document),
        plot=plot,
        plot_json=json_for_script(plot),
        scripts=scripts,
        stylesheet=Markup(_own("report.css")),
    )


@functools.cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {function.__name__: function for function in _FILTERS}
    return environment.from_string(_own("template.html"))


def _own(name: str) -> str:
    return (files("paretobert.report") / name).read_text(encoding="utf-8")


@functools.cache
def _scripts() -> tuple[Script, ...]:
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return (Script.of(plotly), Script.of(_own("report.js")))
