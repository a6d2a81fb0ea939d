"""`LatencyFeatures`: what the learned model knows of n networks, in the three parts that its members read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats


@dataclass(frozen=True)
class LatencyFeatures:
    """Numbers of n networks.

    Attributes:
        work: float64 `[n, w]`, amounts of at least zero whose costs add up: multiply-adds, bytes, counts of
            operations, the estimate of an analytical model.
        smooth: float64 `[n, s]`, the few numbers that latency varies smoothly with.
        detail: float64 `[n, d]`, as many as there are: what decides by case, for trees.
    """

    work: Floats
    smooth: Floats
    detail: Floats

    def __len__(self) -> int:
        return len(self.work)

    def __getitem__(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> LatencyFeatures:
        return LatencyFeatures(self.work[rows], self.smooth[rows], self.detail[rows])

    @property
    def columns(self) -> Floats:
        """All of them, `[n, w + s + d]`."""
        return np.concatenate([self.work, self.smooth, self.detail], axis=1)

    def with_baseline(self, latency_ms: Floats) -> LatencyFeatures:
        """With another model's estimates `[n]` as one more amount of work."""
        return LatencyFeatures(np.column_stack([self.work, latency_ms]), self.smooth, self.detail)
