"""The few trials of a large front that a person should look at first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

KNEES = 5
_SMALLEST_BEND = 0.02  # of the front's extent; less is a matter of the proxy's noise


def knees(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[int]:
    """Positions of the front's knees, at most `KNEES`, by rising x.

    A knee is where the front lies farthest above the chord of its two ends (Das 1999, "On characterizing the 'knee' of
    the Pareto curve"), both axes scaled to the front's extent; then likewise between a knee and its neighbour, as
    Douglas & Peucker (1973) simplify a line, the most prominent first.

    Args:
        x: `[n]`, to minimise, ascending.
        y: `[n]`, to maximise, ascending.
    """
    if len(x) < 3 or x[-1] <= x[0] or y[-1] <= y[0]:
        return []
    points = np.column_stack([(x - x[0]) / (x[-1] - x[0]), (y - y[0]) / (y[-1] - y[0])])
    found = [0, len(x) - 1]
    while len(found) < KNEES + 2:
        bends = [_bend(points, left, right) for left, right in pairwise(found)]
        height, position = max(bends)
        if height < _SMALLEST_BEND:
            break
        found = sorted([*found, position])
    return found[1:-1]


def _bend(points: NDArray[np.float64], left: int, right: int) -> tuple[float, int]:
    """The height above the chord of two points, and the position, of the point between them that is highest."""
    if right - left < 2:
        return 0.0, left
    chord = points[right] - points[left]
    beyond = points[left + 1 : right] - points[left]
    heights = (chord[0] * beyond[:, 1] - chord[1] * beyond[:, 0]) / np.hypot(*chord)
    highest = int(np.argmax(heights))
    return float(heights[highest]), left + 1 + highest
