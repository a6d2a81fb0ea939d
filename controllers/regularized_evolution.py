"""Regularised evolution: the young breed, the old die, however good they were (Real, Aggarwal, Huang and Le 2019,
"Regularized Evolution for Image Classifier Architecture Search", algorithm 1).

The population is the trials that ended last. For every child some of them, drawn at random, meet in a tournament, and
the best is mutated. One that has been lucky once dies before it can fill the population with its children.

The paper has one objective; several are made one by a `Reward`. The default rewards a good score for its latency, at
any latency, so the population spreads along the whole front; `mnasnet` and `tunas` aim at one latency.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.objective import Constraint, Objective
from controllers.operators import check_first_trials, feasible_first, mutate, mutation_rate, newcomers, tournament
from controllers.outlook import Foresight
from controllers.reward import Reward
from search_space import Space, Vectors


class RegularizedEvolution:
    """Mutates the winners of tournaments among the youngest.

    Args:
        population: how many of the trials that ended last are alive; as many are drawn at random, far apart in the
            free objectives, before the first child is bred.
        tournament: how many meet for each child.
        children: bred for each proposal; one that violates the constraints on free metrics least is proposed.
        mutated_decisions: how many decisions of a child mutate, on average and at least; the paper's is one.
        reward: `front`, `mnasnet` or `tunas` (see `controllers.reward`).
        target: value of the first free objective that `mnasnet` and `tunas` aim at, in its unit.
        weight: exponent of `mnasnet`, factor of `tunas`; below 0.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        population: int = 20,
        tournament: int = 5,
        children: int = 16,
        mutated_decisions: float = 1.0,
        reward: str = "front",
        target: float | None = None,
        weight: float = -0.07,
    ) -> None:
        if population < 2 or children < 1:
            raise ValueError(
                "regularized-evolution: population must be at least 2 and children at least 1, "
                f"not {population} and {children}"
            )
        if not 1 <= tournament <= population:
            raise ValueError(
                f"regularized-evolution: tournament must be from 1 to the population of {population}, not {tournament}"
            )
        self._space, self._objectives = space, objectives
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._reward = Reward(reward, target, weight)
        self._population, self._tournament, self._children = population, tournament, children
        self._mutation_rate = mutation_rate("regularized-evolution", space, mutated_decisions)
        self._unseen = Unseen(space)

    def check_budget(self, trials: int) -> None:
        """Raises `ValueError` if a study of so many trials would end before the first child is bred."""
        check_first_trials("regularized-evolution", "population", self._population, trials)

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        alive = self.population(history)
        if len(alive) < self._population:
            return self._unseen.first(
                history, lambda: newcomers(self._space, self._foresee, history, rng, self._children), rng
            )
        return self._unseen.first(history, lambda: self._brood(history.vectors[alive], rng), rng)

    def population(self, history: History) -> NDArray[np.int64]:
        """The trials that are alive, best first: rows `[at most population]` of a history.

        Those that are feasible come by their reward, then those that violate a constraint, the least violation first.
        One that failed or was pruned was never born.
        """
        points, violations = history.points(self._objectives), history.violations
        scored = np.isfinite(points).all(axis=1) & (violations <= 0)
        ended = np.flatnonzero((scored | (violations > 0)) & (history.completion >= 0))
        alive = ended[np.argsort(history.completion[ended], kind="stable")[-self._population :]]
        rewards = np.zeros(len(alive))
        if (rewarded := scored[alive]).any():
            free = self._foresee(history.vectors[alive[:1]]).free
            rewards[rewarded] = self._reward(points[alive[rewarded]], free)
        return alive[np.lexsort((-rewards, violations[alive]))]

    def _brood(self, parents: Vectors, rng: np.random.Generator) -> Vectors:
        """Children of parents `[k, d]`, best first; those that meet the constraints on free metrics first."""
        winners = tournament(len(parents), self._tournament, self._children, rng)
        return feasible_first(self._foresee, mutate(self._space, parents[winners], rng, self._mutation_rate))
