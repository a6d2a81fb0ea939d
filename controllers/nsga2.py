"""NSGA-II: non-dominated sorting, crowding and constraint dominance (Deb, Pratap, Agarwal and Meyarivan 2002,
"A fast and elitist multiobjective genetic algorithm: NSGA-II"), one child at a time.

The steady state of Durillo et al. 2009 ("On the effect of the steady-state selection scheme in multi-objective genetic
algorithms", which found it ahead of the generations on most problems): every trial that ends joins the population, and
the worst of the population by the crowded comparison leaves it. So a child has the best parents there are when it is
asked for, and no worker ever waits for a generation to end. The population follows from the history alone, its trials
taken in the order in which they ended.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.objective import Constraint, Objective
from controllers.operators import (
    check_first_trials,
    crossover,
    environmental_selection,
    feasible_first,
    mutate,
    mutation_rate,
    newcomers,
    tournament,
)
from controllers.outlook import Foresight
from search_space import Space, Vectors

TOURNAMENT_SIZE = 2
"""Binary tournaments, as in the paper (section III C)."""


class Nsga2:
    """Breeds from the population that has survived so far.

    Args:
        population: trials that survive; as many are drawn at random, far apart in the free objectives, before the
            first child is bred.
        children: bred for each proposal; one that violates the constraints on free metrics least is proposed.
        crossover_rate: fraction of children with two parents.
        mutated_decisions: how many decisions of a child mutate, on average; the paper's is one.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        population: int = 20,
        children: int = 16,
        crossover_rate: float = 0.9,
        mutated_decisions: float = 1.0,
    ) -> None:
        if population < 2 or children < 1:
            raise ValueError(
                f"nsga2: population must be at least 2 and children at least 1, not {population} and {children}"
            )
        if not 0 <= crossover_rate <= 1:
            raise ValueError(f"nsga2: crossover_rate must be between 0 and 1, not {crossover_rate}")
        self._space, self._objectives = space, objectives
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._population, self._children = population, children
        self._crossover_rate = crossover_rate
        self._mutation_rate = mutation_rate("nsga2", space, mutated_decisions)
        self._unseen = Unseen(space)
        self._followed: NDArray[np.int64] = np.zeros((2 + len(objectives), 0), np.int64)
        self._survivors: NDArray[np.int64] = np.zeros(0, np.int64)

    def check_budget(self, trials: int) -> None:
        """Raises `ValueError` if a study of so many trials would end before the first child is bred."""
        check_first_trials("nsga2", "population", self._population, trials)

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        survivors = self.survivors(history)
        if len(survivors) < self._population:
            return self._unseen.first(
                history, lambda: newcomers(self._space, self._foresee, history, rng, self._children), rng
            )
        return self._unseen.first(history, lambda: self._brood(history.vectors[survivors], rng), rng)

    def survivors(self, history: History) -> NDArray[np.int64]:
        """The trials that make up the population, best first: rows `[at most population]` of a history."""
        points, violations = history.points(self._objectives), history.violations
        has_place = np.isfinite(points).all(axis=1) | (violations > 0)
        placed = np.flatnonzero(has_place & (history.completion >= 0))
        placed = placed[np.argsort(history.completion[placed], kind="stable")]
        trials = np.vstack([placed, violations[placed], points.T[:, placed]]).view(np.int64)  # in which NaN equals NaN

        known = self._followed.shape[1]
        if not np.array_equal(trials[:, :known], self._followed):
            known, self._survivors = 0, self._survivors[:0]
        for row in placed[known:]:
            rows = np.append(self._survivors, row)
            self._survivors = rows[environmental_selection(points[rows], violations[rows], self._population)]
        self._followed = trials
        return self._survivors

    def _brood(self, parents: Vectors, rng: np.random.Generator) -> Vectors:
        """Children of parents `[k, d]`, best first; those that meet the constraints on free metrics first."""
        mother, father = (tournament(len(parents), TOURNAMENT_SIZE, self._children, rng) for _ in range(2))
        father = np.where(rng.random(self._children) < self._crossover_rate, father, mother)
        X = crossover(self._space, parents[mother], parents[father], rng)
        return feasible_first(self._foresee, mutate(self._space, X, rng, self._mutation_rate))
