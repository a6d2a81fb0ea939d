"""A policy over integer vectors: one categorical distribution for each decision, independent of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats
from search_space import Vectors


@dataclass(frozen=True)
class Policy:
    """Logits `[d, largest cardinality]`, minus infinity beyond a decision's own cardinality."""

    logits: Floats

    @classmethod
    def uniform(cls, cardinalities: Vectors) -> Policy:
        """The policy that has learned nothing, for cardinalities `[d]`."""
        exists = np.arange(cardinalities.max()) < cardinalities[:, None]
        return cls(np.where(exists, 0.0, -np.inf))

    def probabilities(self) -> Floats:
        """Of each value of each decision, `[d, largest cardinality]`; rows sum to 1."""
        odds = np.exp(self.logits - self.logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), float)

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        """`size` vectors `[size, d]` within the cardinalities; a space's rules are not known here."""
        cumulative = self.probabilities().cumsum(axis=1)
        draws = rng.random((size, len(cumulative), 1)) * cumulative[:, -1:]
        return np.asarray((draws >= cumulative).sum(axis=2), np.int64)

    def updated(
        self, x: Vectors, active: NDArray[np.bool_], advantage: float, learning_rate: float, entropy: float
    ) -> Policy:
        """One step up the gradient of advantage * log probability of x `[d]` + entropy weight * entropy.

        Decisions that are not active `[d]` stay as they are: x says nothing of them.
        """
        p = self.probabilities()
        log_p = np.log(np.maximum(p, np.finfo(float).tiny))  # a value that does not exist has p = 0
        chosen = np.arange(p.shape[1]) == x[:, None]
        entropy_gradient = -p * (log_p - (p * log_p).sum(axis=1, keepdims=True))
        step = learning_rate * (advantage * (chosen - p) + entropy * entropy_gradient)
        return Policy(self.logits + np.where(active[:, None], step, 0.0))
