"""The front of a history that mostly grows, without sorting all of it for every proposal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats
from controllers.pareto import constrained_front, non_dominated


class GrowingFront:
    """`constrained_front`, with what the last call found kept for the next.

    A trial that ends can only add itself to the front and push others out of it, so the trials to compare are those
    of the last front and those that have ended since. Where the rows are not those of the last call and more, all are
    compared anew.
    """

    def __init__(self) -> None:
        self._placed: Floats = np.zeros((0, 0))  # a row an objective: their columns are long, and read as such
        self._front: NDArray[np.int64] = np.zeros(0, np.int64)

    def rows(self, points: Floats, violations: Floats) -> NDArray[np.int64]:
        """Which rows of `[n, m]` no other row constraint-dominates, given their violations `[n]`: ascending, `[k]`."""
        has_place = (violations <= 0) & np.isfinite(points).all(axis=1)
        if not has_place.any():
            return np.flatnonzero(constrained_front(points, violations))
        placed = np.where(has_place, points.T, np.nan)
        known = self._placed
        if len(placed) != len(known) or placed.shape[1] < known.shape[1]:
            known, self._front = placed[:, :0], self._front[:0]
        had_place = ~np.isnan(known[0])
        if not ((placed[:, : len(had_place)] == known) | ~had_place).all():
            had_place, self._front = np.zeros(0, bool), self._front[:0]
        is_new = has_place.copy()
        is_new[: len(had_place)] &= ~had_place
        compared = np.sort(np.concatenate([self._front, np.flatnonzero(is_new)]))
        self._front, self._placed = compared[non_dominated(points[compared])], placed
        return self._front
