"""How a study's trials ended, and how to have them again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paretobert.toml import to_toml

_NUMBERS_SHOWN = 8


@dataclass(frozen=True)
class Reason:
    """Trials that ended for one reason; `trials` names the first of them."""

    state: str
    text: str
    count: int
    trials: str


def reasons(document: Mapping[str, Any]) -> list[Reason]:
    """Why trials ended without a score, most frequent first; reference trials among them."""
    groups: dict[tuple[str, str], list[str]] = {}
    for trial in (*document["references"], *document["trials"]):
        if trial["reason"]:
            label = str(trial.get("name") or trial["number"])
            groups.setdefault((trial["state"], trial["reason"]), []).append(label)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return [Reason(state, text, len(labels), _listed(labels)) for (state, text), labels in ordered]


def configuration_toml(document: Mapping[str, Any]) -> str:
    """The configuration as a file for `paretobert search --config`."""
    return to_toml(document["configuration"])


def command(document: Mapping[str, Any]) -> str:
    """The command that runs the study again under another name, from the configuration of this page."""
    return f"paretobert search --config config.toml --study {shlex.quote(document['study'] + '-again')}"


def environments(document: Mapping[str, Any]) -> int:
    """On how many different machines, or with different versions, the study was worked on."""
    described = {json.dumps([worker["machine"], worker["versions"]], sort_keys=True) for worker in document["workers"]}
    return len(described)


def _listed(labels: list[str]) -> str:
    shown = ", ".join(labels[:_NUMBERS_SHOWN])
    more = len(labels) - _NUMBERS_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
