"""The contract of this package: `LatencyModel`, from networks to what they cost on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from latency_models.graph import OpGraphBatch

Floats = NDArray[np.float64]
Source = Literal["modelled", "learned", "measured"]

FASTEST_MULTIPLY_ADDS_PER_MS = 1e11
"""No device runs one sequence through a small network at this rate, so that a latency in seconds is found: the Edge
TPU's peak is 2e9, that of the largest accelerators of data centres 1e12, of which a batch of one reaches a few per
cent."""


@dataclass(frozen=True)
class CostEstimate:
    """What n networks cost on one device.

    Attributes:
        latency_ms: float64 `[n]`, of one batch.
        latency_std_ms: float64 `[n]`, standard error of `latency_ms`; NaN where unknown.
        utilization: float64 `[n]` in [0, 1], multiply-adds / (latency x the device profile's peak at the precision);
            NaN where the device's peak is not known.
        peak_memory_bytes: int64 `[n]`, weights and the most activations alive at once.
        source: `modelled` by a formula, `learned` from measurements of other networks, or `measured`.
        is_outside: bool `[n]`, True where a network lies outside the data that the model has seen, so that its cost is
            extrapolated; None where the model cannot tell.
    """

    latency_ms: Floats
    latency_std_ms: Floats
    utilization: Floats
    peak_memory_bytes: NDArray[np.int64]
    source: Source
    is_outside: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.latency_ms)


class LatencyModel(Protocol):
    """Made with the name of a device profile."""

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """The cost of each network of a batch; a pure function."""
        ...

    def fingerprint(self) -> str:
        """Equal for two models with equal predictions."""
        ...
