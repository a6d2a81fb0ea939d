"""A problem of 256 points, all of them known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from controller_problems import Problem

from search_space import Vectors


@dataclass(frozen=True)
class SmallGrid:
    cardinalities: Vectors
    ordered: np.ndarray

    def is_valid(self, X: Vectors) -> np.ndarray:
        return ((X >= 0) & (self.cardinalities > X)).all(axis=1)

    def repair(self, X: Vectors) -> Vectors:
        return X.copy()

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        return rng.integers(0, self.cardinalities, (size, len(self.cardinalities)))

    def canonical_key(self, x: Vectors) -> tuple[int, ...]:
        return tuple(int(value) for value in x)

    def features(self, X: Vectors) -> np.ndarray:
        return X.astype(float)


def small_problem(missing: tuple[int, ...] | None = None) -> Problem:
    """More of everything is slower and scores better; one vector may be missing, and fails."""
    space = SmallGrid(np.full(4, 4), np.array([True, True, True, False]))
    every = np.indices((4,) * 4).reshape(4, -1).T

    def score(X: Vectors) -> np.ndarray:
        scores = np.sqrt(X + 1).sum(axis=1) / 10
        return np.where((missing == X).all(axis=1), np.nan, scores) if missing else scores

    def latency_ms(X: Vectors) -> np.ndarray:
        return 1.0 + X @ np.array([1.0, 1.5, 2.0, 2.5])

    reference = np.array([0.4, latency_ms(every).max()])
    options = ((0, 1, 2, 3),) * 4
    return Problem("small", space, latency_ms, score, every, reference, options)
