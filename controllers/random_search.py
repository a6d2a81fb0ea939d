"""Random search: every trial is drawn from the space alone (Bergstra and Bengio 2012)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from controllers.contract import FreeMetrics, History
from controllers.duplicates import Unseen
from controllers.objective import Constraint, Objective
from controllers.outlook import Foresight
from search_space import Space, Vectors

BATCH = 16
"""Vectors drawn for a proposal; the first that meets the constraints on free metrics is taken, so that a study
spends its proposals on trials that are evaluated. Among those it is as if it had been drawn alone."""


class RandomSearch:
    """Draws from `Space.sample`, the constraints on free metrics met wherever a batch of draws can."""

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
    ) -> None:
        self._space = space
        self._foresee = Foresight(objectives, constraints, free_metrics)
        self._unseen = Unseen(space)

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        def draw() -> Vectors:
            X = self._space.sample(rng, BATCH)
            return X[np.argsort(self._foresee(X).violations, kind="stable")]

        return self._unseen.first(history, draw, rng)
