"""What a controller needs to know of a space: `Space`, a protocol over integer vectors of fixed length."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.int64]


class Space(Protocol):
    """Points are int64 vectors `[d]`; decision i takes the values 0 to `cardinalities[i]` - 1.

    A matrix `X` is `[n, d]`. Everything but `canonical_key`, `encode` and `decode` is vectorised over its rows.
    """

    @property
    def cardinalities(self) -> Vectors:
        """How many values each decision takes: int64 `[d]`."""
        ...

    @property
    def ordered(self) -> NDArray[np.bool_]:
        """Whether neighbouring values of a decision are alike: bool `[d]`."""
        ...

    @property
    def decision_names(self) -> tuple[str, ...]:
        """A name for each decision."""
        ...

    def is_valid(self, X: Vectors) -> NDArray[np.bool_]:
        """Which rows are points of the space: bool `[n]`."""
        ...

    def repair(self, X: Vectors) -> Vectors:
        """Valid rows for any rows within the cardinalities; valid rows stay as they are.

        Mutation and crossover change decisions freely and call this, so that they need to know no rule of a space.
        """
        ...

    def sample(self, rng: np.random.Generator, size: int) -> Vectors:
        """`size` valid rows, each decision drawn uniformly given those before it."""
        ...

    def canonical_key(self, x: Vectors) -> Hashable:
        """Equal for two valid vectors if and only if they decode to the same thing."""
        ...

    def features(self, X: Vectors) -> NDArray[np.float64]:
        """Numbers of comparable size that a regression may learn from: `[n, f]`."""
        ...

    def encode(self, value: Any) -> Vectors:
        """The vector of a value; `ValueError` if the space does not hold it."""
        ...

    def decode(self, x: Vectors) -> Any:
        """The value of a valid vector; `ValueError` if it is not valid."""
        ...
