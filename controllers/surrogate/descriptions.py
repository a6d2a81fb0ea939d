"""What the regression reads of an architecture, and what is known of it before it is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from controllers.contract import History
from controllers.objective import Floats
from controllers.outlook import Foresight, Outlook, magnitudes
from search_space import Space, Vectors


@dataclass(frozen=True)
class Described:
    """n vectors of a space.

    Attributes:
        vectors: int64 `[n, d]`.
        inputs: of the regression, `[n, f]`.
        outlook: their free metrics, as objectives and constraints.
    """

    vectors: Vectors
    inputs: Floats
    outlook: Outlook

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: Any) -> Described:
        known = self.outlook
        outlook = Outlook(known.violations[rows], known.points[rows], known.free)
        return Described(self.vectors[rows], self.inputs[rows], outlook)

    def joined(self, other: Described) -> Described:
        """These, then the others."""
        known, more = self.outlook, other.outlook
        return Described(
            np.vstack([self.vectors, other.vectors]),
            np.vstack([self.inputs, other.inputs]),
            Outlook(
                np.concatenate([known.violations, more.violations]), np.vstack([known.points, more.points]), more.free
            ),
        )


class Descriptions:
    """Describes vectors, and a history's, of which only those that are new since the last call are computed."""

    def __init__(self, space: Space, foresee: Foresight) -> None:
        self._space, self._foresee = space, foresee
        self._trials: Described | None = None

    def __call__(self, X: Vectors) -> Described:
        """Of valid vectors `[n, d]`.

        The inputs are the space's features, the magnitudes of the free objectives, and the decisions themselves: an
        ordered one as a number, another as a one-hot code.
        """
        outlook = self._foresee(X)
        decisions = [
            X[:, [i]] if ordered else X[:, [i]] == np.arange(cardinality)
            for i, (cardinality, ordered) in enumerate(zip(self._space.cardinalities, self._space.ordered, strict=True))
            if cardinality > 1
        ]
        inputs = np.hstack([self._space.features(X), magnitudes(outlook.points[:, outlook.free]), *decisions])
        return Described(X, inputs.astype(float), outlook)

    def trials(self, history: History) -> Described:
        """Of all trials, in their order."""
        old = self._trials
        if old is None or not np.array_equal(history.vectors[: len(old)], old.vectors):
            self._trials = self(history.vectors)
        elif len(old) < len(history):
            self._trials = old.joined(self(history.vectors[len(old) :]))
        assert self._trials is not None
        return self._trials
