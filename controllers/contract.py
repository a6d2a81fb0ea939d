"""The contract of a controller: a proposal is a pure function of the history and of a generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats, Objective, minimized
from search_space import Vectors

State = Literal["waiting", "running", "complete", "pruned", "infeasible", "failed"]
STATES: tuple[State, ...] = get_args(State)

FreeMetrics = Callable[[Vectors], Mapping[str, Floats]]
"""Metrics that cost nothing (latency, parameters) of valid vectors `[n, d]`, each `[n]`; NaN where unknown."""


@dataclass(frozen=True)
class History:
    """A study's trials so far, in the order of their numbers; read-only arrays of t rows.

    Attributes:
        vectors: int64 `[t, d]`.
        states: `[t]`, each a `State`; running trials are there, without values.
        values: float64 `[t]` by metric; NaN where a trial has no value.
        violations: float64 `[t]`, the constraints' violation; 0 where all hold or are not known.
        completion: int64 `[t]`, the rank in which a trial ended; -1 where it has not.
    """

    vectors: Vectors
    states: NDArray[np.str_]
    values: Mapping[str, Floats]
    violations: Floats
    completion: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vectors)

    def column(self, metric: str) -> Floats:
        """A metric by trial, `[t]`; NaN where it is not known."""
        return np.asarray(self.values[metric], float) if metric in self.values else np.full(len(self), np.nan)

    def points(self, objectives: Sequence[Objective]) -> Floats:
        """The objectives as columns to minimise, `[t, objectives]`; NaN for every trial that is not complete."""
        points = minimized(objectives, {objective.metric: self.column(objective.metric) for objective in objectives})
        return np.where((self.states == "complete")[:, None], points, np.nan)

    @classmethod
    def empty(cls, num_decisions: int) -> History:
        nothing = np.zeros(0)
        return cls(np.zeros((0, num_decisions), np.int64), nothing.astype("U10"), {}, nothing, nothing.astype(np.int64))


class Controller(Protocol):
    """Made once a study with `(space, objectives, constraints, free_metrics)` and options by keyword.

    State that is dear to compute (a policy, a surrogate) may be cached between calls but never relied on: the same
    history and generator give the same proposal in a new process.
    """

    def propose(self, history: History, rng: np.random.Generator) -> Vectors | None:
        """The next vector `[d]`, valid and no canonical duplicate of any trial; None if there is none left."""
        ...
