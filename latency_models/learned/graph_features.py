"""What the learned model reads of any network's operations: amounts, not names, so that new kinds need no new model.

Operations are of three sorts: products of activations with weights, products of activations with each other, and those
that multiply nothing (softmax, look-ups, additions).
"""

from __future__ import annotations

import numpy as np

from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch
from latency_models.learned.features import LatencyFeatures
from search_space import Vectors


def graph_features(batch: OpGraphBatch) -> LatencyFeatures:
    """The features of n networks.

    `work`: of each sort, the number of operations and of outputs; multiply-adds of either product; the bytes of
    weights that products read, and of the activations alive, summed over operations. `smooth`: the logarithms of these
    and of the most activations alive at once. `detail`: inner size and columns of products, on average over
    multiply-adds and at most.
    """
    operations = batch.operations
    product = operations.inner > 0
    weighted = product & (operations.weight_bytes > 0)
    sorts = (weighted, product & ~weighted, ~product)
    outputs = operations.batch * operations.rows * operations.columns * operations.repeats
    multiply_adds = operations.multiply_adds

    def total(values: Vectors) -> Floats:
        return batch.total(values).astype(np.float64)

    work = np.column_stack([
        *(total(operations.repeats * sort) for sort in sorts),
        *(total(outputs * sort) for sort in sorts),
        *(total(multiply_adds * sort) for sort in sorts[:2]),
        total(operations.weight_bytes * operations.repeats * product),
        total(operations.activation_bytes * operations.repeats),
    ])  # fmt: skip
    peak = batch.largest(operations.activation_bytes).astype(np.float64)
    all_multiply_adds = np.maximum(total(multiply_adds), 1)
    detail = [
        number
        for size in (operations.inner, operations.columns)
        for number in (
            total(size * multiply_adds) / all_multiply_adds,
            batch.largest(size * product).astype(np.float64),
        )
    ]
    return LatencyFeatures(work, np.log1p(np.column_stack([work, peak])), np.column_stack(detail))
