"""State that is folded over the trials of a study in the order in which they ended, and kept from call to call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from controllers.contract import History
from controllers.objective import Floats, Objective
from search_space import Vectors

S = TypeVar("S")


@dataclass(frozen=True)
class Ended:
    """A trial that has ended.

    Attributes:
        x: its vector `[d]`.
        point: the objectives to minimise `[m]`; NaN unless it is complete.
        violation: of the constraints; 0 where all hold.
    """

    x: Vectors
    point: Floats
    violation: float


class Replay(Generic[S]):
    """Follows the trials that have ended since the last call; where a history does not extend that one, all of them.

    Args:
        initial: the state before the first trial.
        step: the state after one more trial; must not change the one before.
    """

    def __init__(self, objectives: Sequence[Objective], initial: S, step: Callable[[S, Ended], S]) -> None:
        self._objectives, self._initial, self._step = objectives, initial, step
        self._state = initial
        self._vectors: Vectors = np.zeros((0, 0), np.int64)
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._outcomes: Floats = np.zeros((0, len(objectives) + 1))

    def state(self, history: History) -> S:
        """What the trials of a history that have ended lead to."""
        order = np.argsort(history.completion, kind="stable")
        order = order[np.searchsorted(history.completion, 0, sorter=order) :]
        outcomes = np.column_stack([history.points(self._objectives), history.violations])[order]
        known, state = len(self._order), self._state
        if not self._extends_the_last(history, order, outcomes):
            known, state = 0, self._initial
        for row, (*point, violation) in zip(order[known:], outcomes[known:], strict=True):
            state = self._step(state, Ended(history.vectors[row], np.array(point), float(violation)))
        self._vectors, self._order, self._outcomes = history.vectors, order, outcomes
        self._state = state
        return state

    def _extends_the_last(self, history: History, order: NDArray[np.int64], outcomes: Floats) -> bool:
        """Whether what was followed stands at the beginning; bit by bit, for a NaN is a value like others here."""
        known, trials = len(self._order), len(self._vectors)
        return (
            known <= len(order)
            and trials <= len(history)
            and np.array_equal(order[:known], self._order)
            and np.array_equal(history.vectors[:trials], self._vectors)
            and np.array_equal(outcomes[:known].view(np.int64), self._outcomes.view(np.int64))
        )
