"""Pareto local search: the neighbours of the front's members are tried until none of them is left.

Sources: Paquete, Chiarandini and Stützle 2004, "Pareto local optimum sets in the biobjective traveling salesman
problem", whose archive of solutions that are not explored yet is here the front of the history; White, Nolen and Savani
2021, "Exploring the loss landscape in neural architecture search", and Den Ottelander et al. 2021, "Local search is a
remarkably strong baseline for neural architecture search", for the neighbourhood: one decision changed to any value.

A neighbour that joins the front is explored in its turn, and those it dominates no longer are. Where every member is
explored the front is a Pareto local optimum, and the search starts again from a random vector.

A neighbourhood in this project's space is as large as a study, so the order matters, of which the papers say little:
the member is the less crowded of two, and of some of its neighbours the one is tried whose free objectives are farthest
from the front's.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.front import GrowingFront
from controllers.objective import Constraint, Floats, Objective
from controllers.operators import check_first_trials, environmental_selection, neighbours, newcomers, tournament
from controllers.outlook import Foresight, Outlook, distance_to_nearest
from search_space import Space, Vectors

TOURNAMENT_SIZE = 2
DRAWS = 32
"""Random vectors to choose a start from."""
CACHED = 512
"""Neighbourhoods kept: more than a front has members, at about 50 kB each."""


@dataclass(frozen=True)
class Neighbourhood:
    """The k neighbours of a vector that violate the constraints on free metrics no more than it does.

    Attributes:
        vectors: int64 `[k, d]`.
        keys: canonical keys, `[k]`.
        outlook: of them.
    """

    vectors: Vectors
    keys: tuple[Hashable, ...]
    outlook: Outlook


class LocalSearch:
    """Tries the neighbours of the front; its options were chosen on synthetic problems of the MobileBERT space.

    Args:
        starts: trials drawn at random, far apart in the free objectives, before the first neighbour is tried.
        candidates: untried neighbours of a member, drawn at random, of which one is proposed.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        starts: int = 20,
        candidates: int = 8,
    ) -> None:
        if starts < 1 or candidates < 1:
            raise ValueError(f"local-search: starts and candidates must be at least 1, not {starts} and {candidates}")
        self._space, self._objectives = space, objectives
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._starts, self._candidates = starts, candidates
        self._unseen = Unseen(space)
        self._front = GrowingFront()
        self._neighbourhood = lru_cache(CACHED)(self._neighbourhood_of)

    def check_budget(self, trials: int) -> None:
        """Raises `ValueError` if a study of so many trials would end before the first neighbour is tried."""
        check_first_trials("local-search", "starts", self._starts, trials)

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        points, violations = history.points(self._objectives), history.violations
        if (np.isfinite(points).all(axis=1) | (violations > 0)).sum() >= self._starts:
            front = self._front.rows(points, violations)
            seen = self._unseen.seen(history)
            for member in front[self._in_turn(points[front], violations[front], rng)]:
                near = self._neighbourhood(tuple(history.vectors[member].tolist()))
                untried = [row for row, key in enumerate(near.keys) if key not in seen]
                if untried:
                    candidates = rng.permutation(untried)[: self._candidates]
                    return np.asarray(near.vectors[_most_promising(near.outlook, candidates, points[front])])
        return self._unseen.first(history, lambda: newcomers(self._space, self._foresee, history, rng, DRAWS), rng)

    def _in_turn(self, points: Floats, violations: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
        """The order in which the members of a front `[k, m]` are asked for a neighbour: rows `[k]`."""
        order = rng.permutation(len(points))  # of equally crowded ones, the first wins
        order = order[environmental_selection(points[order], violations[order], len(order))]
        winner = tournament(len(order), TOURNAMENT_SIZE, 1, rng)[0]
        return np.roll(order, -winner)

    def _neighbourhood_of(self, vector: tuple[int, ...]) -> Neighbourhood:
        x = np.array(vector, np.int64)
        X = np.vstack([x, neighbours(self._space, x)])
        outlook = self._foresee(X)
        kept = 1 + np.flatnonzero(outlook.violations[1:] <= outlook.violations[0])
        keys = tuple(self._space.canonical_key(neighbour) for neighbour in X[kept])
        return Neighbourhood(X[kept], keys, Outlook(outlook.violations[kept], outlook.points[kept], outlook.free))


def _most_promising(outlook: Outlook, rows: NDArray[np.int64], front: Floats) -> int:
    """Of rows of an outlook that violate least, the one farthest from a front `[k, m]` in the free objectives."""
    apart = distance_to_nearest(outlook.points[np.ix_(rows, outlook.free)], front[:, outlook.free])
    return int(rows[np.lexsort((-apart, outlook.violations[rows]))[0]])
