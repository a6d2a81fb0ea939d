"""The one document of a study: everything that its page shows, offline and served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paretobert.report import account
from paretobert.report.columns import trial_columns
from paretobert.report.statements import latency_statements, score_statements

if TYPE_CHECKING:
    from paretobert.saved_study import SavedStudy

_TAKEN_OVER = (
    "study",
    "created_at",
    "configuration",
    "plugins",
    "latency_source",
    "versions",
    "machine",
    "objectives",
    "constraints",
    "counts",
    "evaluated",
    "trials_asked",
    "ended",
    "frontier",
    "closest",
    "latency_budgets_ms",
    "hypervolume",
    "reference_point",
)


def report_document(saved: SavedStudy) -> dict[str, Any]:
    """The document of a study as it stands now; see `page_document`."""
    return page_document(saved.document())


def page_document(study: Mapping[str, Any]) -> dict[str, Any]:
    """What a study's page shows, JSON-able, from `paretobert.document.study_document`."""
    references = study["references"]
    return {
        **{name: study[name] for name in _TAKEN_OVER},
        "trials": {**trial_columns(study["trials"]), "role": _roles(study)},
        "references": {
            **trial_columns(references),
            "name": [reference["name"] for reference in references],
            "published": [reference["published"] for reference in references],
        },
        "statements": {"latency": latency_statements(study), "score": score_statements(study)},
        "configuration_toml": account.configuration_toml(study),
        "command": account.command(study),
        "environments": account.environments(study),
    }


def _roles(study: Mapping[str, Any]) -> list[str]:
    """How each trial is drawn: `front`, `dominated` or `violating` if it is complete, else its state."""
    front = set(study["frontier"])
    return [
        trial["state"]
        if trial["state"] != "complete"
        else "front"
        if trial["number"] in front
        else "violating"
        if trial["violation"]
        else "dominated"
        for trial in study["trials"]
    ]
