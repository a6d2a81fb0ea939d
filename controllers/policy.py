"""Policies over integer vectors: what the policy-gradient controllers draw from and move; the independent one.

The gradient of a policy is that of its log probabilities (Williams 1992, "Simple statistical gradient-following
algorithms for connectionist reinforcement learning", section 5) and of its entropy, by the softmax's own derivative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from controllers.objective import Floats
from search_space import Vectors

UNDECIDED = -1
"""In place of a decision that did not matter, such as the sizes of an empty stage: it teaches nothing."""


class Policy(Protocol):
    """A distribution over the vectors `[d]` within given cardinalities; a space's rules are not known here."""

    @property
    def parameters(self) -> Floats:
        """What is learned, of any shape."""
        ...

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        """`size` vectors `[size, d]`."""
        ...

    def log_probabilities(self, X: Vectors) -> Floats:
        """Of each decision of `[n, d]`, given those before it: `[n, d]`; 0 where it is `UNDECIDED`."""
        ...

    def gradient(self, X: Vectors, weights: Floats, entropy: float) -> Floats:
        """That of the sum over rows and decisions of weight * log probability + entropy * entropy of the decision.

        Args:
            X: `[n, d]`; decisions that are `UNDECIDED` add nothing.
            weights: `[n, d]`.
            entropy: weight of each decision's entropy, given those before it.

        Returns:
            As `parameters`.
        """
        ...

    def moved(self, step: Floats) -> Self:
        """The policy whose parameters are larger by a step."""
        ...


@dataclass(frozen=True)
class IndependentPolicy:
    """One categorical distribution for each decision, whatever the others are.

    Attributes:
        parameters: logits `[d, largest cardinality]`, minus infinity beyond a decision's own cardinality.
    """

    parameters: Floats

    @classmethod
    def uniform(cls, cardinalities: Vectors) -> IndependentPolicy:
        """The policy that has learned nothing, for cardinalities `[d]`."""
        return cls(np.where(existing(cardinalities), 0.0, -np.inf))

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        return draw(np.broadcast_to(self.parameters, (size, *self.parameters.shape)), rng)

    def log_probabilities(self, X: Vectors) -> Floats:
        return log_probabilities(self.parameters[None], X)

    def gradient(self, X: Vectors, weights: Floats, entropy: float) -> Floats:
        return np.asarray(logit_gradient(self.parameters[None], X, weights, entropy).sum(axis=0), float)

    def moved(self, step: Floats) -> IndependentPolicy:
        return replace(self, parameters=self.parameters + step)


# Categorical distributions by their logits `[..., values]`, minus infinity for a value that does not exist


def existing(cardinalities: Vectors) -> NDArray[np.bool_]:
    """Which values each decision takes: bool `[d, largest cardinality]`."""
    return np.arange(cardinalities.max()) < cardinalities[:, None]


def draw(logits: Floats, rng: np.random.Generator) -> Vectors:
    """A value of each distribution: `[...]`, by the largest of the logits with Gumbel noise."""
    return np.asarray((logits + rng.gumbel(size=logits.shape)).argmax(axis=-1), np.int64)


def log_probabilities(logits: Floats, X: Vectors) -> Floats:
    """Of the values `[n, d]`, from logits `[n or 1, d, values]`: `[n, d]`; 0 where undecided."""
    log_p = np.broadcast_to(_log_softmax(logits), (*X.shape, logits.shape[2]))
    chosen = np.take_along_axis(log_p, np.maximum(X, 0)[:, :, None], axis=2)[:, :, 0]
    return np.where(X == UNDECIDED, 0.0, chosen)


def logit_gradient(logits: Floats, X: Vectors, weights: Floats, entropy: float) -> Floats:
    """What `Policy.gradient` is with respect to logits `[n or 1, d, values]`, row by row: `[n, d, values]`."""
    log_p = _log_softmax(logits)
    p = np.exp(log_p)
    surprise = np.where(p > 0, log_p, 0.0)
    entropy_gradient = -p * (surprise - (p * surprise).sum(axis=2, keepdims=True))
    chosen = np.arange(logits.shape[2]) == X[:, :, None]
    gradient = weights[:, :, None] * (chosen - p) + entropy * entropy_gradient
    return np.where((X == UNDECIDED)[:, :, None], 0.0, gradient)


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), float)
