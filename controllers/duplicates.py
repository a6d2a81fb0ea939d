"""No architecture is tried twice: what a study has seen, and what is left when a controller finds nothing new."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from controllers.contract import History
from search_space import Space, Vectors

MAX_DRAWS = 16
"""How often a controller draws a batch of duplicates, and then how often a uniform batch, before it gives up."""
UNIFORM_DRAWS = 64
"""Vectors in such a uniform batch."""
MAX_ENUMERATED = 1_000_000
"""Largest product of cardinalities that is enumerated to find the last vectors."""
_CHUNK = 1 << 16  # vectors enumerated at once


class Unseen:
    """Finds vectors of a space that are no canonical duplicate of any trial, whatever became of it.

    Keys of the trials already met are kept from call to call and computed anew when a history does not extend the
    last one.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._vectors: Vectors = np.zeros((0, len(space.cardinalities)), np.int64)
        self._keys: set[Hashable] = set()
        self._everything: Vectors | None = None

    def first(self, history: History, draw: Callable[[], Vectors], rng: np.random.Generator) -> Vectors | None:
        """The first row of what `draw` gives that is new, `[d]`; None if the space is exhausted.

        Args:
            draw: gives a batch of valid vectors `[n, d]`, best first; called again while all are duplicates.
            rng: for uniform draws when `draw` finds nothing, and at last among all that is left. A space too large
                to enumerate (`MAX_ENUMERATED`) counts as exhausted when the uniform draws find nothing either.
        """
        keys = self._seen(history)
        for attempt in range(2 * MAX_DRAWS):
            for x in draw() if attempt < MAX_DRAWS else self._space.sample(rng, UNIFORM_DRAWS):
                if self._space.canonical_key(x) not in keys:
                    return np.asarray(x, np.int64)
        left = [x for x in self._enumerate() if self._space.canonical_key(x) not in keys]
        return np.asarray(left[rng.integers(len(left))], np.int64) if left else None

    def _seen(self, history: History) -> set[Hashable]:
        known = len(self._vectors)
        if len(history) < known or not np.array_equal(history.vectors[:known], self._vectors):
            known, self._keys = 0, set()
        self._keys.update(self._space.canonical_key(x) for x in history.vectors[known:])
        self._vectors = history.vectors  # read-only, so nobody changes it meanwhile
        return self._keys

    def _enumerate(self) -> Vectors:
        """One valid vector of each canonical key; none where the space is too large."""
        if self._everything is None:
            cardinalities = tuple(int(n) for n in self._space.cardinalities)
            size = int(np.prod(cardinalities, dtype=float))
            by_key: dict[Hashable, Vectors] = {}
            for start in range(0, size, _CHUNK) if size <= MAX_ENUMERATED else ():
                rows = np.arange(start, min(start + _CHUNK, size))
                X = np.column_stack(np.unravel_index(rows, cardinalities)).astype(np.int64)
                for x in X[self._space.is_valid(X)]:
                    by_key.setdefault(self._space.canonical_key(x), x)
            self._everything = np.array([*by_key.values()], np.int64).reshape(-1, len(cardinalities))
        return self._everything
