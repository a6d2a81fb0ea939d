from __future__ import annotations

import numpy as np

from latency_models import OpGraphBatch
from latency_models.network_features import FEATURES, network_features
from search_space import PUBLISHED, multiply_adds

ARCHITECTURES = list(PUBLISHED.values())


def column(name: str, batch: OpGraphBatch) -> np.ndarray:
    return network_features(batch)[:, FEATURES.index(name)]


def test_the_multiply_adds_of_both_products_are_all_there_are() -> None:
    batch = OpGraphBatch.from_architectures(ARCHITECTURES, sequence_length=128)
    both = column("dense_multiply_adds", batch) + column("matmul_multiply_adds", batch)
    assert both.tolist() == [multiply_adds(architecture, 128) for architecture in ARCHITECTURES]


def test_float_networks_have_the_operations_of_int8_ones_and_more_bytes() -> None:
    int8, floating = (OpGraphBatch.from_architectures(ARCHITECTURES, precision=p) for p in ("int8", "float"))
    for name in FEATURES:
        ratio = column(name, floating) / column(name, int8)
        if name.endswith("activation_bytes"):
            np.testing.assert_allclose(ratio, 4)
        elif name == "weight_bytes":
            assert ((ratio > 3.8) & (ratio < 4)).all()
        else:
            np.testing.assert_array_equal(ratio, 1)


def test_networks_joined_or_taken_out_have_the_features_that_they_had_alone() -> None:
    batches = [OpGraphBatch.from_architectures(ARCHITECTURES, sequence_length=length) for length in (64, 128)]
    joined = OpGraphBatch.joined(batches)
    np.testing.assert_array_equal(network_features(joined), np.concatenate([*map(network_features, batches)]))
    wanted = np.arange(len(joined)) % 3 == 1
    np.testing.assert_array_equal(network_features(joined.taken(wanted)), network_features(joined)[wanted])
