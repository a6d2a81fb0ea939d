"""What can be said of any network in a few numbers, for regressions to learn from: amounts, not names of operations.

Operations are of three sorts: products of activations with weights (`dense`), products of activations with each other
(`matmul`), and those that multiply nothing (`other`: softmax, look-ups, additions).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch

FEATURES = (
    "dense_operations",
    "matmul_operations",
    "other_operations",
    "dense_outputs",
    "matmul_outputs",
    "other_outputs",
    "dense_multiply_adds",
    "matmul_multiply_adds",
    "weight_bytes",
    "activation_bytes",
    "peak_activation_bytes",
)
"""Names of the columns: operations and numbers they put out, by sort; multiply-adds of either product; bytes of the
weights that products read; activations alive, summed over operations and at most."""


def network_features(batch: OpGraphBatch) -> Floats:
    """The features of n networks: float64 `[n, 11]`, columns as in `FEATURES`."""
    operations = batch.operations
    product = operations.inner > 0
    dense = product & (operations.weight_bytes > 0)
    sorts = (dense, product & ~dense, ~product)
    outputs = operations.batch * operations.rows * operations.columns * operations.repeats

    def total(values: NDArray[np.int64]) -> Floats:
        return batch.total(values).astype(np.float64)

    return np.column_stack([
        *(total(operations.repeats * sort) for sort in sorts),
        *(total(outputs * sort) for sort in sorts),
        *(total(operations.multiply_adds * sort) for sort in sorts[:2]),
        total(operations.weight_bytes * operations.repeats * product),
        total(operations.activation_bytes * operations.repeats),
        batch.largest(operations.activation_bytes).astype(np.float64),
    ])  # fmt: skip
