"""The one document of a study: everything that its page shows, offline and served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from latency_models.contract import Floats
from paretobert.output import jsonable
from paretobert.references import PICKS, published_facts
from paretobert.report import account, commands, trust
from paretobert.report.advance import progress_columns
from paretobert.report.columns import trial_columns
from paretobert.report.costs import latency_error, peak_rate, study_costs
from paretobert.report.importance import importances
from paretobert.report.knees import knees
from paretobert.report.nearest import nearest_published
from paretobert.report.sizes import decision_values, dimensions_of
from search_space import PUBLISHED, Dimensions, parameters

if TYPE_CHECKING:
    from paretobert.saved_study import SavedStudy

UNSCORED_SHOWN = 1000
"""Most infeasible trials on a page: a study may propose twenty times as many trials as it evaluates."""
_PLANE = ["max score", "min latency_ms"]
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
    """What a study's page shows, JSON-able.

    Args:
        study: see `paretobert.document.study_document`.

    Returns:
        What `study` has but for its trials and picks, and:
        trials, references: see `paretobert.report.columns.trial_columns`, with `costs` (see
            `paretobert.report.costs.study_costs`) and `nearest`, the published model that each is most like; of the
            trials also their `role` in the plot, of the references `name`.
        left_out: infeasible trials that are not among `trials`, which holds the first of them.
        published: `{name, architecture, parameters, latency_ms, squad_f1}` of each published model.
        pick_models: `{XS, S, M}`: the published model of each pick.
        knees: numbers of the frontier's trials to look at first; empty where it is no curve of score against latency.
        plane: whether the frontier is a staircase of score against latency.
        progress: see `paretobert.report.advance.progress_columns`; importance: `paretobert.report.importance`.
        latency_error: `{mean, largest, of}` or null; seed_deviation: of a score, or null; baseline: score or null.
        score_in_short: what a score is, a sentence.
        peak_multiply_adds_per_ms: what a utilization of 1 is, or null.
        trust: list of `{topic, question, status, sentences, command}`; verification: the latest, or null.
        next_steps, architecture_steps: lists of `{command, why}`; training: what is to be said of full training.
        reasons: list of `{state, text, count, trials}`.
        configuration_toml, command, environments: to run it again.
    """
    trials, references = _shown(study["trials"]), study["references"]
    dimensions = dimensions_of([trial["architecture"] for trial in trials])
    decisions = decision_values(dimensions)
    columns = {**_columns(study, trials, dimensions, decisions), "role": _roles(study, trials)}
    published = dimensions_of([reference["architecture"] for reference in references])
    in_plane = sorted(study["objectives"]) == _PLANE
    return {
        **{name: study[name] for name in _TAKEN_OVER},
        "trials": columns,
        "references": {
            **_columns(study, references, published, decision_values(published)),
            "name": [reference["name"] for reference in references],
        },
        "left_out": len(study["trials"]) - len(trials),
        "published": [_published(name) for name in PUBLISHED],
        "pick_models": PICKS,
        "knees": _knees(study) if in_plane else [],
        "plane": in_plane,
        "progress": progress_columns(study),
        "importance": importances(trials, decisions, ["score", "latency_ms"]),
        "latency_error": latency_error(study),
        "score_in_short": trust.score_in_short(study),
        "seed_deviation": trust.seed_deviation(study),
        "baseline": trust.context_free_score(study),
        "peak_multiply_adds_per_ms": peak_rate(study),
        "trust": jsonable(trust.answers(study, _outside_on_front(study, columns))),
        "verification": trust.verification(study),
        "next_steps": commands.next_steps(study),
        "architecture_steps": commands.architecture_steps(study),
        "training": commands.TRAINING,
        "reasons": jsonable(account.reasons(study)),
        "configuration_toml": account.configuration_toml(study),
        "command": account.command(study),
        "environments": account.environments(study),
    }


def _columns(
    study: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], dimensions: Dimensions, decisions: Floats
) -> dict[str, Any]:
    return {
        **trial_columns(trials),
        "nearest": nearest_published(decisions),
        "costs": study_costs(study, dimensions),
    }


def _shown(trials: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All trials but the infeasible ones beyond the first `UNSCORED_SHOWN`."""
    shown, infeasible = [], 0
    for trial in trials:
        infeasible += trial["state"] == "infeasible"
        if trial["state"] != "infeasible" or infeasible <= UNSCORED_SHOWN:
            shown.append(trial)
    return shown


def _roles(study: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> list[str]:
    """How each trial is drawn: `front`, `dominated` or `violating` if it is complete, else its state."""
    front = set(study["frontier"])

    def role(trial: Mapping[str, Any]) -> str:
        if trial["state"] != "complete":
            return str(trial["state"])
        return "front" if trial["number"] in front else "violating" if trial["violation"] else "dominated"

    return [role(trial) for trial in trials]


def _knees(study: Mapping[str, Any]) -> list[int]:
    front = set(study["frontier"])
    metrics = {trial["number"]: trial["metrics"] for trial in study["trials"] if trial["number"] in front}
    x, y = (np.array([metrics[n][name] for n in study["frontier"]], float) for name in ("latency_ms", "score"))
    return [study["frontier"][position] for position in knees(x, y)]


def _outside_on_front(study: Mapping[str, Any], columns: Mapping[str, Any]) -> list[list[int]] | None:
    outside = columns["costs"]["outside"]
    if outside is None:
        return None
    front = set(study["frontier"])
    return [beyond for number, beyond in zip(columns["number"], outside["rows"], strict=True) if number in front]


def _published(name: str) -> dict[str, Any]:
    architecture = PUBLISHED[name]
    return {
        "name": name,
        "architecture": architecture.to_dict(),
        "parameters": parameters(architecture),
        **published_facts(name),
    }
