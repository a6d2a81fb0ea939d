"""`FunctionLatencyModel`: a function from networks to milliseconds, as a latency model."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from latency_models.contract import CostEstimate
from latency_models.graph import OpGraphBatch
from latency_models.utilization import profile_of, utilization

Predictor = Callable[[OpGraphBatch], Any]
"""Milliseconds of each network of a batch, `[n]`."""


def is_predictor(factory: Callable[..., Any]) -> bool:
    """Whether something predicts itself and does not make a latency model: a function whose first parameter is `batch`,
    where a factory's is the device."""
    return inspect.isroutine(factory) and next(iter(inspect.signature(factory).parameters), "") == "batch"


class FunctionLatencyModel:
    """A latency model of one function.

    Utilization is taken from the device's profile where there is one; peak memory from the graph alone.

    Args:
        function: a pure function.
        device: the name of a profile, or of any device that the function is for.
    """

    def __init__(self, function: Predictor, device: str) -> None:
        self._function, self._device = function, device
        self._profile = profile_of(device)

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """What the function says, as a formula says it: `modelled`, its standard error unknown."""
        latency_ms = np.asarray(self._function(batch), float)
        return CostEstimate(
            latency_ms=latency_ms,
            latency_std_ms=np.full(latency_ms.shape, np.nan),
            utilization=utilization(self._profile, batch, latency_ms),
            peak_memory_bytes=batch.peak_memory_bytes,
            source="modelled",
        )

    def fingerprint(self) -> str:
        """Of the source of the module that the function is in: what it calls there may have changed too."""
        module = inspect.getmodule(self._function)
        code = inspect.getsource(module) if module else inspect.getsource(self._function)
        return hashlib.sha256(f"{self._function.__qualname__} {self._device}\n{code}".encode()).hexdigest()[:16]
