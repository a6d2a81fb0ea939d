"""A study as one document of plain data: what `frontier` and `report` show. docs/json.md describes its parts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from paretobert.frontier import find_frontier
from paretobert.output import jsonable
from paretobert.references import published_facts
from paretobert.storage import Store


def study_document(store: Store) -> dict[str, Any]:
    """Everything about a study, JSON-able.

    Keys:
        study: its name.
        created_at: seconds since 1970.
        configuration: all fields of `Configuration`.
        plugins: list of {kind, name, distribution, version, fingerprint}.
        latency_source: modelled, learned or measured; null for a study begun before this was kept.
        versions, machine: of the process that began the study; `workers` lists every process's.
        objectives, constraints: list of texts.
        counts: number of trials by state.
        evaluated, trials_asked: trials that count, and how many were asked for.
        ended: why the study stopped short of them; null if it did not.
        trials: list of trial objects in the order of their numbers.
        references: list of trial objects with `name` and `published`, {latency_ms: {int8, float},
            squad_f1: {int8, float}}, null where nothing was published.
        frontier: numbers of the non-dominated trials, in the order of rising latency.
        closest: numbers of the trials that violate the constraints least, where none meets them all.
        picks: {XS, S, M}: a trial object, or null where no trial fits.
        latency_budgets_ms: {XS, S, M}: the budget of each pick.
        hypervolume: number or null; reference_point: {metric: number or null}.
        verifications: list, by budget, of what `verification_document` gives.
    """
    configuration, trials, references = store.configuration(), store.trials(), store.trials("reference")
    frontier = find_frontier(configuration, trials, references)
    workers = [{key: row[key] for key in ("started_at", "machine", "versions")} for row in store.workers()]
    plugins = store.plugins()
    first = workers[0] if workers else {"machine": {}, "versions": {}}
    counts = Counter(trial.state for trial in trials)
    document = {
        "study": configuration.name,
        "created_at": store.created_at(),
        "configuration": configuration.to_dict(),
        "plugins": plugins,
        "latency_source": next(p.get("source") for p in plugins if p["kind"] == "latency_model"),
        "versions": first["versions"],
        "machine": first["machine"],
        "workers": workers,
        "objectives": configuration.objectives,
        "constraints": configuration.constraints,
        "counts": counts,
        "evaluated": counts["complete"] + counts["pruned"] + counts["failed"],
        "trials_asked": configuration.trials,
        "ended": store.ended(),
        "references": [
            {"name": trial.name, **trial.to_dict(), "published": published_facts(trial.name or "")}
            for trial in references
        ],
        "frontier": [trial.number for trial in frontier.trials],
        "closest": [trial.number for trial in frontier.closest],
        "picks": {size: pick and pick.to_dict() for size, pick in frontier.picks.items()},
        "latency_budgets_ms": frontier.latency_budgets_ms,
        "hypervolume": frontier.hypervolume,
        "reference_point": frontier.reference_point,
        "verifications": store.verifications(),
    }
    return {**jsonable(document), "trials": [trial.to_dict() for trial in trials]}  # JSON-able already, and many


def frontier_document(document: dict[str, Any]) -> dict[str, Any]:
    """The part of a study's document that `paretobert frontier --json` prints: `trials` are those of the frontier."""
    by_number = {trial["number"]: trial for trial in document["trials"]}
    return {
        "study": document["study"],
        "objectives": document["objectives"],
        "trials": [by_number[number] for number in document["frontier"]],
        "closest": [by_number[number] for number in document["closest"]],
        "picks": document["picks"],
        "hypervolume": document["hypervolume"],
        "reference_point": document["reference_point"],
    }
