"""A policy that learns how decisions depend on each other: the logits of one are linear in the values before it.

Source: the fully visible sigmoid belief network (Neal 1992, "Connectionist learning of belief networks"; Frey 1998,
"Graphical Models for Machine Learning and Digital Communication", the logistic autoregressive network), with
categorical decisions in place of binary ones. For decision i, counted from 0,

    logits_i = b_i + (sum over j < i of W_ji[x_j]) / sqrt(i),    p(x) = product over i of p(x_i | x_0 ... x_i-1)

Every value has a row of effects of its own upon each decision after it, so that any dependence between two decisions
can be learned exactly. Without hidden units the zero parameters are the uniform policy and yet move off it, so no seed
is needed. The square root keeps steps alike, however many decisions stand before one: as much falls to the bias, which
all vectors share, as to the effects of the values of one vector, shared only by those that have them in common.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controllers.objective import Floats
from controllers.policy import draw, existing, log_probabilities, logit_gradient
from search_space import Vectors


@dataclass(frozen=True)
class AutoregressivePolicy:
    """Logistic regressions in a row, each upon the one-hot values of the decisions before it.

    Attributes:
        cardinalities: `[d]`.
        parameters: `[1 + d * v, d * v]` for a largest cardinality v: biases, then the weights from each value of a
            decision to the logits of each value of another.
    """

    cardinalities: Vectors
    parameters: Floats

    @classmethod
    def uniform(cls, cardinalities: Vectors) -> AutoregressivePolicy:
        """The policy that has learned nothing, for cardinalities `[d]`."""
        logits = existing(cardinalities).size
        return cls(cardinalities, np.zeros((1 + logits, logits)))

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        biases, effects = self._weights()
        X = np.empty((size, len(self.cardinalities)), np.int64)
        logits = np.tile(biases, (size, 1, 1))
        for i, effect in enumerate(effects):
            X[:, i] = draw(logits[:, i], rng)
            logits[:, i + 1 :] += effect[X[:, i], i + 1 :]
        return X

    def log_probabilities(self, X: Vectors) -> Floats:
        return log_probabilities(self._logits(X), X)

    def gradient(self, X: Vectors, weights: Floats, entropy: float) -> Floats:
        by_row = logit_gradient(self._logits(X), X, weights, entropy)
        return self._connections() * (self._inputs(X).T @ by_row.reshape(len(X), -1))

    def moved(self, step: Floats) -> AutoregressivePolicy:
        return replace(self, parameters=self.parameters + step)

    def _logits(self, X: Vectors) -> Floats:
        """Those of each decision of `[n, d]` given the ones before it, `[n, d, values]`."""
        biases, effects = self._weights()
        by_row = self._inputs(X)[:, 1:] @ effects.reshape(-1, biases.size)
        return np.asarray(biases + by_row.reshape(len(X), *biases.shape), float)

    def _weights(self) -> tuple[Floats, Floats]:
        """The biases `[d, v]`, minus infinity for a value that does not exist, and effects `[d, v, d, v]`."""
        exists = existing(self.cardinalities)
        scaled = self.parameters * self._connections()
        biases = np.where(exists, scaled[0].reshape(exists.shape), -np.inf)
        return biases, scaled[1:].reshape(exists.shape * 2)

    def _inputs(self, X: Vectors) -> Floats:
        """A one for the biases and the one-hot values of `[n, d]`, none for a decision that is undecided."""
        one_hot = np.arange(self.cardinalities.max()) == X[:, :, None]
        return np.column_stack([np.ones(len(X)), one_hot.reshape(len(X), -1)])

    def _connections(self) -> Floats:
        """Of each parameter, by how much it counts: `1 / sqrt(i)` from a decision before the i-th, 0 from others."""
        d, values = existing(self.cardinalities).shape
        place = np.repeat(np.arange(d), values)
        before = (place[:, None] < place) / np.sqrt(np.maximum(place, 1))
        return np.vstack([np.ones(len(place)), before])
