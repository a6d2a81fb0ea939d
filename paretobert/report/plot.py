"""The points of the plot, score against latency; `report.js` draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from paretobert.report.quantities import millions, milliseconds, model_name, percent, score

UNSCORED_DRAWN = 1000
"""Most points of one kind under the plot: a study may propose twenty times as many trials as it evaluates."""

_MARGIN = 0.06  # of an axis, beyond its outermost points
_UNSCORED_REACH = 0.3  # of the latencies' span: unscored trials so far beyond the scored ones are in the first view
_STEPS = ["max score", "min latency_ms"]
_SCORED = {
    "dominated": "dominated",
    "violating": "violates a constraint",
    "front": "frontier",
    "reference": "published",
}


def plot_data(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `report.js` draws, JSON-able; None if nothing has been scored.

    Returns:
        scored: groups {kind, name, x, y, hover, label} of points, drawn in this order; x in milliseconds, y a fraction.
        unscored: groups {kind, name, x, hover, left_out} of trials without a score, drawn along the latency axis.
        picks: {x, y, label}, each a list.
        steps: whether the frontier is a staircase in this plane.
        budgets: {label, x}, the latency budgets of the picks, in milliseconds.
        baseline: score of the context-free baseline, or null.
        x_range, y_range: what is shown first.
        x_title, y_title: with units.
    """
    picks = _picks(document)
    scored = _scored(document, picks)
    if not scored:
        return None
    by_number = {trial["number"]: trial["metrics"] for trial in document["trials"]}
    configuration = document["configuration"]
    unscored = _unscored(document)
    return {
        "scored": scored,
        "unscored": unscored,
        "picks": {
            "x": [by_number[number]["latency_ms"] for number in picks],
            "y": [by_number[number]["score"] for number in picks],
            "label": list(picks.values()),
        },
        "steps": sorted(document["objectives"]) == _STEPS,
        "budgets": [{"label": size, "x": x} for size, x in document["latency_budgets_ms"].items() if x is not None],
        "baseline": context_free_score(document),
        "x_range": _latency_range(scored, unscored),
        "y_range": _range(y for group in scored for y in group["y"]),
        "x_title": f"predicted latency (ms) on {escape(configuration['device'], quote=False)}, "
        f"{configuration['precision']}",
        "y_title": "score (fraction)",
    }


def context_free_score(document: Mapping[str, Any]) -> float | None:
    """The score of the baseline that knows each token and no context, where the evaluator reports one."""
    scores = (trial["metrics"].get("context_free_score") for trial in (*document["references"], *document["trials"]))
    return next((value for value in scores if value is not None), None)


def _picks(document: Mapping[str, Any]) -> dict[int, str]:
    """By trial number, the sizes it is picked for."""
    picks: dict[int, list[str]] = {}
    for size, pick in document["picks"].items():
        if pick is not None:
            picks.setdefault(pick["number"], []).append(size)
    return {number: ", ".join(sizes) for number, sizes in picks.items()}


def _scored(document: Mapping[str, Any], picks: Mapping[int, str]) -> list[dict[str, Any]]:
    members: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {kind: [] for kind in _SCORED}
    front = set(document["frontier"])
    for trial in _on_both_axes(document["trials"]):
        kind = "front" if trial["number"] in front else "violating" if trial["violation"] else "dominated"
        title = f"trial {trial['number']}, {_SCORED[kind]}"
        if sizes := picks.get(trial["number"]):
            title += f", pick {sizes}"
        members[kind].append(("", title, trial))
    for reference in _on_both_axes(document["references"]):
        name = model_name(reference["name"])
        members["reference"].append((name.removeprefix("MobileBERT-"), f"{name}, published", reference))
    groups = []
    for kind, rows in members.items():
        rows.sort(key=lambda row: row[2]["metrics"]["latency_ms"])
        group = {
            "kind": kind,
            "name": _SCORED[kind],
            "x": [trial["metrics"]["latency_ms"] for _, _, trial in rows],
            "y": [trial["metrics"]["score"] for _, _, trial in rows],
            "hover": [_hover(title, trial) for _, title, trial in rows],
            "label": [escape(label, quote=False) for label, _, _ in rows],
        }
        if rows:
            groups.append(group)
    return groups


def _unscored(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    groups = []
    for kind in ("infeasible", "pruned", "failed"):
        trials = [trial for trial in document["trials"] if trial["state"] == kind]
        drawn = trials[:UNSCORED_DRAWN]
        if drawn:
            groups.append(
                {
                    "kind": kind,
                    "name": kind,
                    "x": [trial["metrics"]["latency_ms"] for trial in drawn],
                    "hover": [_hover(f"trial {trial['number']}, {kind}", trial) for trial in drawn],
                    "left_out": len(trials) - len(drawn),
                }
            )
    return groups


def _on_both_axes(trials: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [trial for trial in trials if trial["state"] == "complete" and trial["metrics"].get("score") is not None]


def _hover(title: str, trial: Mapping[str, Any]) -> str:
    """Lines in the small markup that plotly reads in a label; whatever else looks like markup is escaped."""
    metrics, architecture = trial["metrics"], trial["architecture"]
    lines = [f"latency {milliseconds(metrics['latency_ms'])}, utilization {percent(metrics.get('utilization'))}"]
    if metrics.get("score") is not None:
        error = metrics.get("score_standard_error")
        lines.insert(0, f"score {score(metrics['score'])}" + (f" \N{PLUS-MINUS SIGN} {score(error)}" if error else ""))
    lines.append(f"{millions(metrics.get('parameters'))} parameters, hidden size {architecture['hidden_size']}")
    for stage in architecture["stages"]:  # two short lines each: a telephone's screen is narrow
        blocks = "1 block" if stage["num_blocks"] == 1 else f"{stage['num_blocks']} blocks"
        lines.append(f"{blocks}: bottleneck {stage['bottleneck_size']}, heads {stage['num_attention_heads']},")
        lines.append(f"intermediate {stage['intermediate_size']}, feed-forward {stage['num_feedforward']}")
    if trial["reason"]:
        lines.append(_shortened(trial["reason"]))
    return "<br>".join([f"<b>{escape(title, quote=False)}</b>", *(escape(line, quote=False) for line in lines)])


def _shortened(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _latency_range(scored: Sequence[Mapping[str, Any]], unscored: Sequence[Mapping[str, Any]]) -> Sequence[float]:
    latencies = [x for group in scored for x in group["x"]]
    reach = _UNSCORED_REACH * (max(latencies) - min(latencies))
    low, high = min(latencies) - reach, max(latencies) + reach
    return _range([*latencies, *(x for group in unscored for x in group["x"] if low <= x <= high)])


def _range(values: Iterable[float]) -> Sequence[float]:
    known = list(values)
    low, high = min(known), max(known)
    margin = _MARGIN * (high - low) or 0.1 * abs(high) or 1.0
    return [low - margin, high + margin]
