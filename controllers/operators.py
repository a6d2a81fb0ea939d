"""Mutation and crossover of integer vectors; `Space.repair` makes their results points of the space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search_space import Space, Vectors

STEP_PROBABILITY = 0.8
"""How often an ordered decision that mutates moves to a neighbouring value and not to any."""


def mutate(space: Space, X: Vectors, rng: np.random.Generator, rate: float) -> Vectors:
    """Rows of `[n, d]` with some decisions changed, at least one each before repair: `[n, d]`.

    Args:
        rate: probability that a decision changes. An ordered one mostly moves by one value, up or down, for its
            neighbours are alike; a categorical one takes any other value.
    """
    cardinalities = space.cardinalities
    changeable = np.flatnonzero(cardinalities > 1)
    if not len(changeable):
        return X.copy()
    change = rng.random(X.shape) < rate
    change[np.arange(len(X)), rng.choice(changeable, len(X))] |= ~change[:, changeable].any(axis=1)

    other = (X + rng.integers(1, np.maximum(cardinalities, 2), X.shape)) % cardinalities
    step = np.where(rng.random(X.shape) < 0.5, 1, -1)
    inside = (X + step >= 0) & (X + step < cardinalities)
    neighbour = np.where(inside, X + step, X - step) % cardinalities
    stepwise = space.ordered & (rng.random(X.shape) < STEP_PROBABILITY)
    return space.repair(np.where(change, np.where(stepwise, neighbour, other), X))


def crossover(space: Space, X: Vectors, Y: Vectors, rng: np.random.Generator) -> Vectors:
    """Rows that take each decision from X or from Y, both `[n, d]`, with equal probability: `[n, d]`."""
    return space.repair(np.where(rng.random(X.shape) < 0.5, X, Y))


def active_decisions(space: Space, x: Vectors) -> NDArray[np.bool_]:
    """Which decisions of a valid vector `[d]` matter: those of which another value, repaired, is another vector.

    The sizes of an empty stage, for example, do not: whatever they are set to, repair sets them back.
    """
    cardinalities = space.cardinalities
    decision = np.repeat(np.arange(len(cardinalities)), cardinalities)
    X = np.tile(x, (len(decision), 1))
    X[np.arange(len(decision)), decision] = np.concatenate([np.arange(n) for n in cardinalities])
    matters = (space.repair(X) != x).any(axis=1)
    return np.bincount(decision, weights=matters, minlength=len(cardinalities)) > 0
