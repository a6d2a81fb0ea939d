"""No architecture is tried twice: what a study has seen, and what is left when a controller finds nothing new."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Set

import numpy as np

from controllers.contract import History
from controllers.enumeration import every_architecture
from search_space import Space, Vectors

MAX_DRAWS = 16
"""How often a controller draws a batch of duplicates, and then how often a uniform batch, before it gives up."""
UNIFORM_DRAWS = 64
"""Vectors in such a uniform batch."""
MAX_ENUMERATED = 100_000
"""Architectures of the largest space that is enumerated to find the last of them."""


class Unseen:
    """Finds vectors of a space that are no canonical duplicate of any trial, whatever became of it.

    Keys of the trials already met are kept from call to call and computed anew when a history does not extend the
    last one.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self._vectors: Vectors = np.zeros((0, len(space.cardinalities)), np.int64)
        self._keys: set[Hashable] = set()
        self._everything: Mapping[Hashable, Vectors] | None = None

    def first(self, history: History, draw: Callable[[], Vectors], rng: np.random.Generator) -> Vectors | None:
        """The first row of what `draw` gives that is new, `[d]`; None if the space is exhausted.

        Args:
            draw: gives a batch of valid vectors `[n, d]`, best first; called again while all are duplicates.
            rng: for uniform draws when `draw` finds nothing, and at last among all that is left. A space too large
                to enumerate (`MAX_ENUMERATED`) counts as exhausted when the uniform draws find nothing either.
        """
        keys = self.seen(history)
        for attempt in range(2 * MAX_DRAWS):
            for x in draw() if attempt < MAX_DRAWS else self._space.sample(rng, UNIFORM_DRAWS):
                if self._space.canonical_key(x) not in keys:
                    return np.asarray(x, np.int64)
        if self._everything is None:
            self._everything = every_architecture(self._space, MAX_ENUMERATED)
        left = [x for key, x in self._everything.items() if key not in keys]
        return np.asarray(left[rng.integers(len(left))], np.int64) if left else None

    def seen(self, history: History) -> Set[Hashable]:
        """The canonical keys of a history's trials; not to be kept, for it grows with the next."""
        known = len(self._vectors)
        if len(history) < known or not np.array_equal(history.vectors[:known], self._vectors):
            known, self._keys = 0, set()
        self._keys.update(self._space.canonical_key(x) for x in history.vectors[known:])
        self._vectors = history.vectors  # read-only, so nobody changes it meanwhile
        return self._keys
