"""Surrogate-assisted search: the candidate of most expected hypervolume improvement, by a model of the trials so far.

Sources: expected hypervolume improvement maximised over a Gaussian process (Emmerich, Giannakoglou and Naujoks 2006);
constraints by their probability of being met (Schonlau, Welch and Jones 1998); running trials at their predicted mean
(Ginsbourger, Le Riche and Carraro 2010).

Latency is known before a trial is run. So the model learns the costly metrics only, and candidates are evolved with
the latency of each at hand: what is uncertain of a candidate's place is its score alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial

import numpy as np

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.objective import Constraint, Floats, Objective
from controllers.outlook import Foresight
from controllers.pareto import constrained_front
from controllers.surrogate.descriptions import Described, Descriptions
from controllers.surrogate.learning import Learning
from controllers.surrogate.screening import evolve
from search_space import Space, Vectors

NEWCOMERS = 32
"""Random vectors drawn for a proposal of the initial design."""
SAMPLES = 64
"""Random vectors whose uncertainty is taken for typical."""


class Surrogate:
    """Proposes what the model expects most of, after an initial design that spreads over the free objectives.

    Args:
        initial: trials with a score before the model is asked.
    """

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
        *,
        initial: int = 10,
    ) -> None:
        if initial < 2:
            raise ValueError(f"surrogate: initial must be at least 2, for a model to learn from, not {initial}")
        self._space, self._initial = space, initial
        self._objectives, self._constraints = objectives, constraints
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._describe = Descriptions(space, self._foresee)
        self._unseen = Unseen(space)

    @cached_property
    def _learning(self) -> Learning:
        any_vector = self._space.sample(np.random.default_rng(0), 1)
        return Learning(self._objectives, self._constraints, set(self._foresee.free_metrics(any_vector)))

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        return self._unseen.first(history, partial(next, self._batches(history, rng)), rng)

    def _batches(self, history: History, rng: np.random.Generator) -> Iterator[Vectors]:
        """The best candidates first; random ones where there is no model yet, or no candidate is new."""
        if self._learning.measured(history).sum() >= self._initial:
            samples = self._describe(self._space.sample(rng, SAMPLES))
            belief = self._learning.belief(history, self._describe.trials(history), samples)
            front = self._parents(history)
            yield evolve(self._space, self._describe, front, history.vectors, belief.screen, belief.score, rng)
        while True:
            yield self._newcomers(history, rng)

    def _newcomers(self, history: History, rng: np.random.Generator) -> Vectors:
        """Random vectors, those first that are farthest from every trial in the free objectives.

        Where none of them meets the constraints on free metrics, they are evolved until one does.
        """

        def isolation(candidates: Described) -> Floats:
            return self._foresee.isolation(candidates.outlook, history)

        newcomers = self._describe(self._space.sample(rng, NEWCOMERS))
        violations = newcomers.outlook.violations
        if (violations > 0).all():
            return evolve(
                self._space, self._describe, self._parents(history), history.vectors, isolation, isolation, rng
            )
        return newcomers.vectors[np.lexsort((-isolation(newcomers), violations))]

    def _parents(self, history: History) -> Vectors:
        return history.vectors[constrained_front(history.points(self._objectives), history.violations)]
