from __future__ import annotations

from dataclasses import replace

import numpy as np
from synthetic import drawn

from latency_models import OpGraphBatch
from latency_models.learned import graph_features
from search_space import PUBLISHED, multiply_adds


def test_a_batch_has_the_features_of_each_network_alone() -> None:
    architectures = list(PUBLISHED.values())
    together = graph_features(OpGraphBatch.from_architectures(architectures)).columns
    for architecture, row in zip(architectures, together, strict=True):
        alone = graph_features(OpGraphBatch.from_architectures([architecture])).columns
        np.testing.assert_array_equal(alone[0], row)


def test_work_holds_all_multiply_adds() -> None:
    medium = PUBLISHED["mobilebert-edgetpu-m"]
    work = graph_features(OpGraphBatch.from_architectures([medium])).work[0]
    with_weights, between_activations = work[6:8]
    assert with_weights + between_activations == multiply_adds(medium, 384)
    assert between_activations == 12 * 2 * 384 * 384 * 256  # scores and contexts of twelve blocks


def test_a_kind_that_was_not_there_before_changes_no_column() -> None:
    batch = drawn(5, seed=0)
    features = graph_features(batch)
    renamed = replace(batch, operations=replace(batch.operations, kind=batch.operations.kind + np.int8(20)))
    np.testing.assert_array_equal(graph_features(renamed).columns, features.columns)


def test_repeated_operations_count_as_often_as_they_run() -> None:
    batch = drawn(20, seed=0)
    operations = batch.operations
    repeats = operations.repeats
    rows = np.repeat(np.arange(len(operations)), repeats)
    unrolled = replace(
        batch,
        operations=replace(operations[rows], repeats=np.ones(len(rows), np.int64)),
        offsets=np.concatenate([[0], np.cumsum(batch.total(repeats))]),
    )
    np.testing.assert_allclose(graph_features(unrolled).columns, graph_features(batch).columns)
