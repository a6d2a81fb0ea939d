"""Studies side by side: what each has found, measured from one point, and where their configurations differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from controllers.objective import Objective
from controllers.pareto import hypervolume
from paretobert.frontier import minimized_points

_DECIDES_LATENCY = ("device", "precision", "sequence_length")


def comparison_document(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A comparison of studies' documents by label; see docs/json.md.

    Hypervolumes are measured from a common point: 0 for a metric to maximise, the largest of the studies' own for one
    to minimise. There are none where the objectives cannot be compared.

    Args:
        documents: at least two, each from `paretobert.document.study_document`, whose keys this reads.
    """
    reasons = list(_incomparable(documents))
    corner = None if reasons else _common_point([*documents.values()])
    return {
        "comparable": not reasons,
        "reasons": reasons,
        "notes": list(_notes(documents)),
        "reference_point": corner,
        "studies": [
            {
                "study": label,
                "evaluated": document["evaluated"],
                "trials_asked": document["trials_asked"],
                "best_score": max(_scores(document), default=None),
                "frontier": len(document["frontier"]),
                "hypervolume": None if corner is None else _volume(document, corner),
                "picks": document["picks"],
            }
            for label, document in documents.items()
        ],
        "differences": list(_differences(documents)),
    }


def _incomparable(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Why objectives of these studies cannot be compared."""
    if _differ(objectives := _each(documents, lambda d: ", ".join(d["objectives"]))):
        yield f"the objectives differ: {_listed(objectives)}"
    for kind, what in (("evaluator", "scores"), ("latency_model", "latencies")):
        plugins = {label: _plugin(document, kind) for label, document in documents.items()}
        if _differ({label: plugin["fingerprint"] for label, plugin in plugins.items()}):
            names = {label: f"{plugin['name']} {plugin['fingerprint']}" for label, plugin in plugins.items()}
            yield f"the {what} are not of the same {kind.replace('_', ' ')}: {_listed(names)}"
    for field in _DECIDES_LATENCY:
        if _differ(values := {label: document["configuration"][field] for label, document in documents.items()}):
            yield f"the latencies are not for the same {field}: {_listed(values)}"


def _notes(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What makes a comparison less fair, though not meaningless."""
    if _differ(_each(documents, lambda d: d["configuration"]["seed"])):
        yield "the seeds differ: scores differ by their noise too"
    if _differ(constraints := _each(documents, lambda d: ", ".join(d["constraints"]) or "none")):
        yield f"the constraints differ, and frontiers hold what meets a study's own: {_listed(constraints)}"
    if _differ(evaluated := _each(documents, lambda d: d["evaluated"])):
        yield f"the numbers of evaluated trials differ: {_listed(evaluated)}"
    if _differ(_each(documents, lambda d: [d["machine"], d["versions"]])):
        yield "the machines or the versions differ: scores may differ in their last bits"


def _differences(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The fields of the configurations that differ, with each study's value; None where it has no such field."""
    flat = [dict(_flattened(document["configuration"])) for document in documents.values()]
    for field in dict.fromkeys(field for fields in flat for field in fields):
        values = [fields.get(field) for fields in flat]
        if field != "name" and any(value != values[0] for value in values):
            yield {"field": field, "values": values}


def _flattened(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _common_point(documents: Sequence[Mapping[str, Any]]) -> dict[str, float] | None:
    """By metric; None where a metric has no point in any study, which then had no reference trials."""
    points = [document["reference_point"] for document in documents]
    known = {metric: [point[metric] for point in points if point[metric] is not None] for metric in points[0]}
    return {metric: max(values) for metric, values in known.items()} if all(known.values()) else None


def _volume(document: Mapping[str, Any], corner: Mapping[str, float]) -> float:
    objectives = tuple(map(Objective.parse, document["objectives"]))
    front = set(document["frontier"])
    rows = [trial["metrics"] for trial in document["trials"] if trial["number"] in front]
    return hypervolume(minimized_points(objectives, rows), minimized_points(objectives, [corner])[0])


def _scores(document: Mapping[str, Any]) -> list[float]:
    return [trial["metrics"]["score"] for trial in document["trials"] if trial["state"] == "complete"]


def _plugin(document: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(plugin for plugin in document["plugins"] if plugin["kind"] == kind)
    return found


def _each(documents: Mapping[str, Mapping[str, Any]], what: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
    return {label: what(document) for label, document in documents.items()}


def _differ(values: Mapping[str, Any]) -> bool:
    first, *others = values.values()
    return any(value != first for value in others)


def _listed(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{label}: {value}" for label, value in values.items())
