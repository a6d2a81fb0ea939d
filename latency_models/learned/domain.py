"""`Domain`: where the data are that a model has seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats

_MARGIN = 0.05  # of a column's range
_LEVERAGE_MARGIN = 1.5
_RIDGE = 1e-3


@dataclass(frozen=True)
class Domain:
    """The ranges of the columns, and how unusual a combination of them was.

    A network is outside if a column is beyond the range seen by more than 5 %, or if its leverage z^T (Z^T Z / n)^-1 z,
    which is how far it pulls a linear fit towards itself (Belsley, Kuh & Welsch 1980, section 2.1), exceeds the largest
    one seen by half.

    Attributes:
        low, high: `[d]`.
        center: `[d]`.
        whitening: `[d, d]`, what turns a centred row into one whose squared length is its leverage.
        most_leverage: of the rows seen.
    """

    low: Floats
    high: Floats
    center: Floats
    whitening: Floats
    most_leverage: float

    @classmethod
    def of(cls, X: Floats) -> Domain:
        """The domain of rows `[n, d]`."""
        low, high, center, spread = X.min(axis=0), X.max(axis=0), X.mean(axis=0), X.std(axis=0)
        spread = np.where(spread > 1e-9 * np.maximum(np.abs(center), 1e-300), spread, np.inf)
        Z = (X - center) / spread
        values, vectors = np.linalg.eigh(Z.T @ Z / len(Z) + _RIDGE * np.eye(Z.shape[1]))
        whitening = vectors / np.sqrt(values) / spread[:, None]
        leverage = (((X - center) @ whitening) ** 2).sum(axis=1)
        return cls(low, high, center, whitening, float(leverage.max()))

    def is_outside(self, X: Floats) -> NDArray[np.bool_]:
        """For rows `[n, d]`: `[n]`."""
        margin = _MARGIN * (self.high - self.low) + 1e-9 * np.abs(self.high)
        low, high = self.low - margin, self.high + margin
        beyond = (np.clip(X, low, high) != X).any(axis=1)
        leverage = (((X - self.center) @ self.whitening) ** 2).sum(axis=1)
        outside: NDArray[np.bool_] = beyond | (leverage > _LEVERAGE_MARGIN * self.most_leverage)
        return outside
