"""Sweep: every architecture of a small space, each once (grid search without the repeats).

The order is fixed, the same in every study. It is a shuffled one, so that a sweep that is cut short has seen a fair
sample of the space and not its smallest networks.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from controllers.contract import FreeMetrics, History
from controllers.enumeration import every_architecture
from controllers.objective import Constraint, Objective
from controllers.operators import feasible_first
from controllers.outlook import Foresight
from search_space import Space, Vectors

MAX_SWEPT = 20_000
"""Architectures of the largest space that is swept: at the ten seconds of a short proxy, two days."""


class Sweep:
    """Proposes what is left; last of all what violates the constraints on free metrics, the least violation first."""

    def __init__(
        self,
        space: Space,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint],
        free_metrics: FreeMetrics,
    ) -> None:
        everything = every_architecture(space, MAX_SWEPT)
        if not everything:
            raise ValueError(
                f"sweep: the space has more than {MAX_SWEPT:,} architectures (its decisions multiply to "
                f"{np.prod(space.cardinalities, dtype=float):.3g} vectors), too many to try each; give it fewer "
                "options, or choose another controller"
            )
        self._space = space
        X = np.random.default_rng(0).permutation(np.array([*everything.values()]))
        X = feasible_first(Foresight(objectives, constraints, free_metrics), X)
        self._everything = {space.canonical_key(x): x for x in X}
        self._left: dict[Hashable, Vectors] = {}
        self._followed: Vectors = X[:0]

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        known = len(self._followed)
        if known == 0 or not np.array_equal(history.vectors[:known], self._followed):
            known, self._left = 0, dict(self._everything)
        for x in history.vectors[known:]:
            self._left.pop(self._space.canonical_key(x), None)
        self._followed = history.vectors  # read-only, so nobody changes it meanwhile
        return next(iter(self._left.values()), None)
