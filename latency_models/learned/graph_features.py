"""What the learned model reads of any network's operations, so that new kinds of operation need no new model."""

from __future__ import annotations

import numpy as np

from latency_models.graph import OpGraphBatch
from latency_models.learned.features import LatencyFeatures
from latency_models.network_features import network_features


def graph_features(batch: OpGraphBatch) -> LatencyFeatures:
    """The features of n networks.

    `work`: the amounts of `network_features` that add up. `smooth`: the logarithms of all of them. `detail`: inner size
    and columns of products, on average over multiply-adds and at most; whether it is the same size throughout is what
    trees may want to know.
    """
    operations = batch.operations
    product, multiply_adds = operations.inner > 0, operations.multiply_adds
    all_multiply_adds = np.maximum(batch.multiply_adds, 1).astype(np.float64)
    detail = [
        number
        for size in (operations.inner, operations.columns)
        for number in (
            batch.total(size.astype(np.float64) * multiply_adds) / all_multiply_adds,
            batch.largest(size * product).astype(np.float64),
        )
    ]
    features = network_features(batch)
    return LatencyFeatures(features[:, :-1], np.log1p(features), np.column_stack(detail))
