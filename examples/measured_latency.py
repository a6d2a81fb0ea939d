"""A latency model in one file: a line through what was measured on one's own device.

In the folder of this file:

    paretobert latency predict mobilebert --latency-model measured_latency:Measured --device my-phone
    paretobert search --latency-model measured_latency:Measured --device my-phone
"""

from __future__ import annotations

import hashlib

import numpy as np

from paretobert import PUBLISHED, CostEstimate, OpGraphBatch

# Invented here; put your own in their place: milliseconds for 384 tokens, int8
MEASURED_MS = {
    "mobilebert": 41.0,
    "mobilebert-edgetpu-xxs": 15.5,
    "mobilebert-edgetpu-xs": 46.0,
    "mobilebert-edgetpu-s": 66.0,
    "mobilebert-edgetpu-m": 88.0,
}
PEAK_MULTIPLY_ADDS_PER_MS = 1.0e9  # what a utilization of 1 means


class Measured:
    """A `LatencyModel`: milliseconds = fixed + multiply-adds / rate, by least squares; for int8 alone."""

    def __init__(self, device: str) -> None:
        multiply_adds = _multiply_adds(OpGraphBatch.from_architectures([PUBLISHED[name] for name in MEASURED_MS]))
        measured_ms = np.array([*MEASURED_MS.values()])
        self._line = np.polyfit(multiply_adds, measured_ms, deg=1)
        self._std_ms = float(np.std(np.polyval(self._line, multiply_adds) - measured_ms, ddof=2))

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        if batch.precision != "int8":
            raise ValueError(f"nothing was measured at precision {batch.precision!r}, only at 'int8'")
        operations, multiply_adds = batch.operations, _multiply_adds(batch)
        latency_ms = np.polyval(self._line, multiply_adds)
        weights = batch.total(operations.weight_bytes * operations.repeats)
        return CostEstimate(
            latency_ms=latency_ms,
            latency_std_ms=np.full(len(batch), self._std_ms),
            utilization=multiply_adds / (latency_ms * PEAK_MULTIPLY_ADDS_PER_MS),
            peak_memory_bytes=weights + batch.largest(operations.activation_bytes),
            source="learned",
        )

    def fingerprint(self) -> str:
        return hashlib.sha256(repr(sorted(MEASURED_MS.items())).encode()).hexdigest()[:16]


def _multiply_adds(batch: OpGraphBatch) -> np.ndarray:
    return batch.total(batch.operations.multiply_adds).astype(float)
