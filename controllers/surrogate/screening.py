"""Evolution of candidates that a model judges: all of them cheaply, the best few of each generation in full.

Source: the pre-screening of model-assisted evolution (Emmerich, Giannakoglou and Naujoks 2006, section IV). The
children of a generation are screened by the model's mean alone; only the best of them are scored with the model's
uncertainty, which costs a hundred times as much. The best scored so far breed, beside the front of the trials.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats
from controllers.operators import crossover, mutate
from controllers.surrogate.descriptions import Described
from search_space import Space, Vectors

GENERATIONS = 6
CHILDREN, NEWCOMERS = 1792, 256
"""Screened in a generation: children of crossover and mutation, and random vectors."""
SCORED = 128
"""Best screened ones of a generation, which are scored."""
ELITE = 128
"""Best scored ones so far, which breed and of which one is proposed."""
CROSSOVER_RATE = 0.5
MUTATED_DECISIONS = 2.0
"""How many decisions of a child mutate, on average."""

Values = Callable[[Described], Floats]


def evolve(
    space: Space,
    describe: Callable[[Vectors], Described],
    front: Vectors,
    tried: Vectors,
    screen: Values,
    score: Values,
    rng: np.random.Generator,
) -> Vectors:
    """Candidates whose vectors no trial has, the best first: at most `ELITE`, and none where there are no others.

    Args:
        front: the trials to breed from, `[k, d]`.
        tried: all trials, `[t, d]`.
        screen, score: values `[n]` that are better the higher. Whatever they are, what violates the constraints on
            free metrics less is better.
    """
    rate = min(1.0, MUTATED_DECISIONS / len(space.cardinalities))
    seen = _fingerprints(tried)
    elite, merits = tried[:0], np.zeros((2, 0))
    for _ in range(GENERATIONS):
        X = np.vstack([_children(space, front, elite, rate, rng), space.sample(rng, NEWCOMERS)])
        prints, first = np.unique(_fingerprints(X), return_index=True)
        is_new = ~np.isin(prints, seen)
        seen = np.concatenate([seen, prints[is_new]])
        if not is_new.any():
            continue
        screened = describe(X[np.sort(first[is_new])])
        promising = screened[_best(_merits(screened, screen(screened)))[:SCORED]]
        elite = np.vstack([elite, promising.vectors])
        merits = np.hstack([merits, _merits(promising, score(promising))])
        best = _best(merits)[:ELITE]
        elite, merits = elite[best], merits[:, best]
    return elite


def _children(space: Space, front: Vectors, elite: Vectors, rate: float, rng: np.random.Generator) -> Vectors:
    """Half of the parents are of the front, half of the elite; none where there are neither."""
    groups = [group for group in (front, elite) if len(group)]
    if not groups:
        return elite
    parents = np.vstack([group[rng.integers(0, len(group), CHILDREN // len(groups))] for group in groups])
    mates = np.where(rng.random((len(parents), 1)) < CROSSOVER_RATE, rng.permutation(parents), parents)
    return mutate(space, crossover(space, parents, mates, rng), rng, rate)


def _merits(candidates: Described, values: Floats) -> Floats:
    """What candidates are ordered by, `[2, n]`: their values, where they violate nothing less."""
    return np.stack([-values, candidates.outlook.violations])


def _best(merits: Floats) -> NDArray[np.int64]:
    """The order of candidates of merits `[2, n]`, the best first."""
    return np.lexsort(merits)


def _fingerprints(X: Vectors) -> NDArray[np.int64]:
    """A number for each row; that two differing rows share one is as unlikely as a flipped bit of the memory."""
    factors = np.random.default_rng(0).integers(-(2**62), 2**62, X.shape[1]) * 2 + 1
    return np.asarray(X @ factors, np.int64)
