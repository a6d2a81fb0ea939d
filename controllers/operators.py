"""The operators of evolution, each composable with the others: selection, crossover, mutation, neighbourhood.

`Space.repair` makes what crossover and mutation give points of the space.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controllers.contract import History
from controllers.objective import Floats
from controllers.outlook import Foresight
from controllers.pareto import constrained_ranks, crowding_distance
from search_space import Space, Vectors

STEP_PROBABILITY = 0.8
"""How often an ordered decision that mutates moves to a neighbouring value and not to any."""


def newcomers(space: Space, foresee: Foresight, history: History, rng: np.random.Generator, size: int) -> Vectors:
    """Random vectors `[size, d]`; of those that violate the constraints on free metrics least, those first that are
    farthest from every trial in the free objectives."""
    X = space.sample(rng, size)
    outlook = foresee(X)
    return X[np.lexsort((-foresee.isolation(outlook, history), outlook.violations))]


def feasible_first(foresee: Foresight, X: Vectors) -> Vectors:
    """The rows of `[n, d]`, those first that violate the constraints on free metrics least; otherwise as they were."""
    return X[np.argsort(foresee(X).violations, kind="stable")]


def environmental_selection(points: Floats, violations: Floats, size: int) -> NDArray[np.int64]:
    """The rows of `[n, m]` that survive, at most `size`, best first (Deb et al. 2002, section III C).

    The order is the crowded comparison's: the lower front first and within a front the less crowded; violations
    `[n]` are constraint-dominated.
    """
    ranks = constrained_ranks(points, violations)
    return np.lexsort((-crowding_distance(points, ranks), ranks))[:size]


def tournament(contestants: int, size: int, winners: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Winners of tournaments among `size` contestants each, drawn with replacement: rows `[winners]`.

    Args:
        contestants: how many there are, sorted best first, so that the lowest row wins.
    """
    return np.asarray(rng.integers(0, contestants, (winners, size)).min(axis=1), np.int64)


def mutation_rate(controller: str, space: Space, mutated_decisions: float) -> float:
    """The probability that a decision mutates, where so many of a child do on average.

    Raises:
        ValueError: it is not above 0, or more than the space has; the message names the controller.
    """
    decisions = len(space.cardinalities)
    if not 0 < mutated_decisions <= decisions:
        raise ValueError(
            f"{controller}: mutated_decisions must be above 0 and at most the space's {decisions} decisions, "
            f"not {mutated_decisions}"
        )
    return mutated_decisions / decisions


def check_first_trials(controller: str, option: str, needed: int, trials: int) -> None:
    """Raises `ValueError` if a study of so many trials ends before those that an option asks for at first."""
    if needed > trials:
        raise ValueError(
            f"{controller}: {option} {needed} is larger than the {trials} trials of this study; lower {option} or "
            "raise trials"
        )


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


def changes_of_one_decision(space: Space, X: Vectors) -> Vectors:
    """Every value for every decision of valid vectors `[n, d]`, one at a time and repaired: `[n, k, d]`.

    k is the sum of the cardinalities; a change that repair undoes leaves a vector as it is.
    """
    decision, value = _every_value(space)
    changed = np.repeat(X[:, None], len(decision), axis=1)
    changed[:, np.arange(len(decision)), decision] = value
    return space.repair(changed.reshape(-1, X.shape[1])).reshape(changed.shape)


def neighbours(space: Space, x: Vectors) -> Vectors:
    """The points that a change of one decision of a valid vector `[d]` leads to, each once, in a fixed order: `[k, d]`.

    A decision takes every other value, ordered or not: neighbours one step away are too alike for the few that a
    study can evaluate.
    """
    X = changes_of_one_decision(space, x[None])[0]
    return np.unique(X[(x != X).any(axis=1)], axis=0)


def active_decisions(space: Space, x: Vectors) -> NDArray[np.bool_]:
    """Which decisions of a valid vector `[d]` matter: those of which another value, repaired, is another vector.

    The sizes of an empty stage, for example, do not: whatever they are set to, repair sets them back.
    """
    decision, _ = _every_value(space)
    matters = (changes_of_one_decision(space, x[None])[0] != x).any(axis=1)
    return np.bincount(decision, weights=matters, minlength=len(x)) > 0


def _every_value(space: Space) -> tuple[Vectors, Vectors]:
    """The decisions, each as often as it has values, and these values."""
    cardinalities = space.cardinalities
    decision = np.repeat(np.arange(len(cardinalities)), cardinalities)
    return decision, np.concatenate([np.arange(n) for n in cardinalities])
