"""Every architecture of a small space."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np

from controllers.operators import changes_of_one_decision
from search_space import Space, Vectors

MAX_VECTORS = 1 << 16
"""Largest product of cardinalities of which every vector is looked at; that takes a few hundredths of a second."""
_SEEDS, _AT_ONCE = 256, 64  # vectors a walk begins with, and vectors whose changes are looked at at once


def every_architecture(space: Space, at_most: int) -> Mapping[Hashable, Vectors]:
    """One valid vector of each canonical key, in a fixed order; nothing where there are more than `at_most`.

    Where the cardinalities multiply to more than `MAX_VECTORS` the valid vectors may still be few: they are then found
    by a walk, from vectors drawn at random, over changes of one decision and their repair. That reaches all of a
    MobileBERT space; of a space in which some vectors are so many changes from any drawn, it may miss these.
    """
    size = np.prod(space.cardinalities, dtype=float)
    found = _of_all_vectors(space) if size <= MAX_VECTORS else _by_a_walk(space, at_most)
    return found if len(found) <= at_most else {}


def _of_all_vectors(space: Space) -> dict[Hashable, Vectors]:
    """Of the valid vectors in lexicographic order, the first of each key."""
    X = np.indices(tuple(space.cardinalities.tolist()), np.int64).reshape(len(space.cardinalities), -1).T
    found: dict[Hashable, Vectors] = {}
    for x in X[space.is_valid(X)]:
        found.setdefault(space.canonical_key(x), x)
    return found


def _by_a_walk(space: Space, at_most: int) -> dict[Hashable, Vectors]:
    """The same, of the vectors that a walk reaches, in its order; it ends when there are more than `at_most`."""
    found: dict[Hashable, Vectors] = {}
    reached: set[bytes] = set()
    waiting: list[Vectors] = []
    X = space.sample(np.random.default_rng(0), _SEEDS)
    while len(X) and len(found) <= at_most:
        for x in X:
            if x.tobytes() not in reached:
                reached.add(x.tobytes())
                waiting.append(x.copy())
                found.setdefault(space.canonical_key(x), waiting[-1])
        from_here = waiting[-_AT_ONCE:]
        del waiting[-_AT_ONCE:]
        X = changes_of_one_decision(space, np.array(from_here)).reshape(-1, X.shape[1]) if from_here else X[:0]
    return found
