from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from paretobert.cli.scatter import MARKS, scatter


def document(
    front: Sequence[tuple[float, float]], others: Sequence[tuple[float | None, float | None]] = ()
) -> dict[str, Any]:
    """Of trials at (latency in ms, score)."""
    trials = [
        {"number": number, "state": "complete", "metrics": {"latency_ms": latency, "score": score}}
        for number, (latency, score) in enumerate((*front, *others))
    ]
    return {"frontier": [*range(len(front))], "trials": trials, "references": []}


def places(text: str, mark: str) -> list[tuple[int, int]]:
    """(column, row) of a mark in the plot, without the legend's."""
    return [(x, y) for y, line in enumerate(text.splitlines()[:-1]) for x, each in enumerate(line) if each == mark]


def test_quicker_is_left_and_better_is_up() -> None:
    text = scatter(document([(2.0, 0.5), (5.0, 0.7), (9.0, 0.8)], [(9.0, 0.5)]), 80)
    front = sorted(places(text, MARKS["frontier"]))
    assert len(front) == 3
    assert [y for _, y in front] == sorted((y for _, y in front), reverse=True)
    (other,) = places(text, MARKS["other"])
    assert other == (front[-1][0], front[0][1])


def test_the_ends_of_both_axes_are_said() -> None:
    text = scatter(document([(2.25, 0.5), (9.5, 0.8125)]), 80)
    lines = text.splitlines()
    assert lines[0].lstrip().startswith("0.812")
    assert any(line.lstrip().startswith("0.500") for line in lines)
    assert "2.2 ms" in text
    assert "9.5 ms" in text


@pytest.mark.parametrize("width", [20, 60, 80, 400])
def test_it_fits_the_terminal(width: int) -> None:
    text = scatter(document([(2.0, 0.5), (9.0, 0.8)]), width)
    plotted = text.splitlines()[:-2]
    assert max(map(len, plotted)) <= max(width, 26)
    assert Counter(text)[MARKS["frontier"]] == 2 + 1  # one in the legend


def test_nothing_is_drawn_where_there_are_not_two_places() -> None:
    assert scatter(document([]), 80) == ""
    assert scatter(document([(2.0, 0.5)], [(2.0, 0.5), (None, 0.5), (3.0, None)]), 80) == ""
    assert scatter(document([(2.0, 0.5), (3.0, 0.5)]), 80) != ""
