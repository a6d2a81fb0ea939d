"""`EdgeTpuAnalytical`: latency on an Edge TPU by a formula of four constants.

    int8 latency  = fixed + per block x blocks + multiply-adds / rate
    float latency = ratio x int8 latency

The constants are in the device profile, fitted by `scripts/fit_tensor_g1.py` to the seven latencies that were
published (`latency_models.published`). Leaving out one architecture at a time, the fit misses the rows left out by
2.9 % on average and by 7.0 % at most. Rates that depend on a product's shape (rate x inner / (inner + constant), or
sizes padded to 64 or 128) and a cost for each operation in place of each block were tried with as many constants: all
held out worse (4.0 % to 16 % on average; the script prints them), so the rate is one constant.

What seven rows cannot say: what of a block's cost is softmax, dispatch or streaming of weights and activations, so
"per block" stands for all of them; how latency depends on hidden size, heads or embedding size, which do not vary
among them, but through multiply-adds; and how on the length of the sequence and the size of the batch. Length 384 is
itself inferred. All of that is extrapolation: here fixed and per-block cost stay as they are for any length or batch.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np

from latency_models.contract import CostEstimate, Floats
from latency_models.graph import OpGraphBatch
from latency_models.operations import OperationKind
from latency_models.profile import DeviceProfile


def analytical_features(batch: OpGraphBatch) -> Floats:
    """What int8 latency is linear in: 1, blocks and multiply-adds, `[n, 3]`. A block is what holds one softmax."""
    operations = batch.operations
    blocks = batch.total(operations.repeats * (operations.kind == OperationKind.SOFTMAX))
    return np.column_stack([np.ones(len(batch)), blocks, batch.total(operations.multiply_adds)])


class EdgeTpuAnalytical:
    """The latency model `edgetpu-analytical`.

    Peak memory is all weights together plus the most activations that any one operation finds alive: its inputs, its
    outputs, and what later operations still read.

    Raises:
        ValueError: the device is unknown, or its profile has no constants for this model.
    """

    name = "edgetpu-analytical"

    def __init__(self, device: str) -> None:
        self.profile = DeviceProfile.load(device)
        if self.name not in self.profile.constants:
            raise ValueError(f"device {device!r} has no constants for latency model {self.name!r}")
        constants = self.profile.constants[self.name]
        self._int8_coefficients = np.array(
            [constants["fixed_ms"], constants["block_ms"], 1e3 / constants["multiply_adds_per_second"]]
        )
        self._ratio = {"int8": 1.0, "float": constants["float_ratio"]}

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """The modelled cost of each network; its standard error is not known."""
        features = analytical_features(batch)
        latency_ms = features @ self._int8_coefficients * self._ratio[batch.precision]
        peak_per_ms = self.profile.peak_multiply_adds_per_second[batch.precision] / 1e3
        operations = batch.operations
        weights = batch.total(operations.weight_bytes * operations.repeats)
        return CostEstimate(
            latency_ms=latency_ms,
            latency_std_ms=np.full(len(batch), np.nan),
            utilization=features[:, -1] / (latency_ms * peak_per_ms),
            peak_memory_bytes=weights + batch.largest(operations.activation_bytes),
            source="modelled",
        )

    def fingerprint(self) -> str:
        known = [self.name, self.profile.constants[self.name], self.profile.peak_multiply_adds_per_second]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
