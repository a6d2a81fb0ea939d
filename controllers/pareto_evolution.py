"""Steady-state evolution of the Pareto front: every child is bred from the front as it stands when it is asked for.

Sources: regularised evolution's one child at a time (Real et al. 2019), without ageing; constraint dominance
(Deb et al. 2002, section VI A); the value of a child that is not evaluated yet estimated from its parents, fitness
inheritance (Smith, Dike and Stegmann 1995), here with what the free metrics add to it.

Of the children bred for a proposal only one is evaluated. A child's free objectives are known. Its costly ones are
taken to be its parents', moved along the front's own trend by as much as its free ones differ from theirs: twice
the latency is expected to buy what it buys along the front. The child that would add the most hypervolume is
proposed, so that children fill the gaps of the front, from the parents that stand out of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.front import GrowingFront
from controllers.objective import Constraint, Floats, Objective
from controllers.operators import crossover, mutate, mutation_rate, newcomers
from controllers.outlook import Foresight, Outlook, magnitudes, trend
from controllers.pareto import hypervolume_gains
from search_space import Space, Vectors

REFERENCE_MARGIN = 0.1
"""How far beyond the worst feasible trial a child still adds hypervolume, in ranges of the feasible trials. From the
worst of the front alone, which may be a few neighbours, children do not find the way out to large and small ones."""


class ParetoEvolution:
    """Breeds from the current front; its options were chosen on synthetic problems of the MobileBERT space.

    Args:
        population: trials drawn at random, far apart in the free objectives, before the first child is bred.
        children: bred for each proposal.
        crossover_rate: fraction of children with two parents.
        mutated_decisions: how many decisions of a child mutate, on average.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        population: int = 10,
        children: int = 32,
        crossover_rate: float = 0.5,
        mutated_decisions: float = 2.0,
    ) -> None:
        if population < 1 or children < 1:
            raise ValueError(
                f"pareto-evolution: population and children must be at least 1, not {population} and {children}"
            )
        if not 0 <= crossover_rate <= 1:
            raise ValueError(f"pareto-evolution: crossover_rate must be between 0 and 1, not {crossover_rate}")
        self._space, self._objectives = space, objectives
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._population, self._children = population, children
        self._crossover_rate = crossover_rate
        self._mutation_rate = mutation_rate("pareto-evolution", space, mutated_decisions)
        self._unseen = Unseen(space)
        self._front = GrowingFront()

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        points, violations = history.points(self._objectives), history.violations
        scored = np.isfinite(points).all(axis=1)
        if (scored | (violations > 0)).sum() < self._population:
            return self._unseen.first(
                history, lambda: newcomers(self._space, self._foresee, history, rng, self._children), rng
            )
        parents = self._front.rows(points, violations)
        feasible = points.T.compress(scored & (violations <= 0), axis=1).T  # whose columns stay contiguous
        return self._unseen.first(
            history, lambda: self._brood(history.vectors[parents], points[parents], feasible, rng), rng
        )

    def _brood(self, parents: Vectors, values: Floats, feasible: Floats, rng: np.random.Generator) -> Vectors:
        """Children of parents `[k, d]` with objectives `[k, m]`, the most promising first.

        Args:
            feasible: objectives of all feasible trials, `[f, m]`. Where there is none, the child that violates the
                constraints on free metrics least is the most promising.
        """
        mother, father = rng.integers(0, len(parents), (2, self._children))
        father = np.where(rng.random(self._children) < self._crossover_rate, father, mother)
        X = crossover(self._space, parents[mother], parents[father], rng)
        X = mutate(self._space, X, rng, self._mutation_rate)
        outlook = self._foresee(X)
        gain = np.zeros(len(X))
        if len(feasible):
            expected = _inherited(outlook, values, mother, father)
            worst = feasible.max(axis=0)
            gain = hypervolume_gains(values, expected, worst + REFERENCE_MARGIN * (worst - feasible.min(axis=0)))
        return X[np.lexsort((-gain, outlook.violations))]


def _inherited(outlook: Outlook, front: Floats, mother: NDArray[np.int64], father: NDArray[np.int64]) -> Floats:
    """The objectives expected of n children, `[n, m]`, whose parents are rows of a front `[k, m]`."""
    free = outlook.free
    sizes, costly = magnitudes(front[:, free]), front[:, ~free]
    grown = magnitudes(outlook.points[:, free]) - (sizes[mother] + sizes[father]) / 2
    expected = outlook.points.copy()
    expected[:, ~free] = (costly[mother] + costly[father]) / 2 + grown @ trend(front, free)
    return expected
