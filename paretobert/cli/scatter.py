"""Score against latency in the characters of a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MARKS = {"other": "\N{MIDDLE DOT}", "published": "\N{BLACK DIAMOND}", "frontier": "\N{BLACK CIRCLE}"}
"""The later ones cover the earlier."""
_LEGEND = {"frontier": "frontier", "published": "published, by the same proxy", "other": "other trials"}
_WIDEST, _ROWS = 64, 12


def scatter(document: Mapping[str, Any], width: int) -> str:
    """The scored trials of a study; empty where fewer than two points can be told apart.

    Args:
        document: see `paretobert.document.study_document`.
        width: of the terminal, in characters.
    """
    front = set(document["frontier"])
    groups = {
        "other": _points([trial for trial in document["trials"] if trial["number"] not in front]),
        "published": _points(document["references"]),
        "frontier": _points([trial for trial in document["trials"] if trial["number"] in front]),
    }
    points = [point for group in groups.values() for point in group]
    if len(set(points)) < 2:
        return ""
    (left, right), (low, high) = (_range([point[axis] for point in points]) for axis in (0, 1))
    columns = max(16, min(width - 10, _WIDEST))
    cells = [[" "] * columns for _ in range(_ROWS)]
    for kind, group in groups.items():
        for latency, score in group:
            row = round((high - score) / (high - low) * (_ROWS - 1))
            cells[row][round((latency - left) / (right - left) * (columns - 1))] = MARKS[kind]
    return "\n".join(_framed(cells, (left, right), (low, high), [kind for kind in _LEGEND if groups[kind]]))


def _framed(
    cells: Sequence[Sequence[str]], x: tuple[float, float], y: tuple[float, float], kinds: Sequence[str]
) -> list[str]:
    """The points with their axes, which bear the ends of their ranges, and a legend."""
    columns = len(cells[0])
    labels = {0: f"{y[1]:.3f}", len(cells) - 1: f"{y[0]:.3f}"}
    lines = [
        f"{labels.get(row, ''):>7} \N{BOX DRAWINGS LIGHT VERTICAL}{''.join(line)}" for row, line in enumerate(cells)
    ]
    corner, dash = "\N{BOX DRAWINGS LIGHT UP AND RIGHT}", "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    ends = f"{x[0]:.1f} ms", f"{x[1]:.1f} ms"
    title = "score against latency".center(columns - sum(map(len, ends)))
    legend = "   ".join(f"{MARKS[kind]} {_LEGEND[kind]}" for kind in kinds)
    return [
        line.rstrip()
        for line in [*lines, f"{corner:>9}{dash * columns}", f"{'':9}{ends[0]}{title}{ends[1]}", f"{'':9}{legend}"]
    ]


def _points(trials: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """(latency in ms, score) of those that have both."""
    complete = (trial["metrics"] for trial in trials if trial["state"] == "complete")
    places = ((metrics.get("latency_ms"), metrics.get("score")) for metrics in complete)
    return [(latency, score) for latency, score in places if latency is not None and score is not None]


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the largest; wider than nothing where they are equal."""
    low, high = min(values), max(values)
    return (low, high) if low < high else (low - 0.5, high + 0.5)
