from __future__ import annotations

import numpy as np
import pytest

from latency_models import EdgeTpuAnalytical, OpGraphBatch
from latency_models.function import FunctionLatencyModel, is_predictor
from search_space import PUBLISHED


def linear(batch: OpGraphBatch) -> np.ndarray:
    return 2.0 + batch.multiply_adds / 1e9


def halved(batch: OpGraphBatch) -> np.ndarray:
    return linear(batch) / 2


@pytest.fixture
def batch() -> OpGraphBatch:
    return OpGraphBatch.from_architectures(list(PUBLISHED.values()))


def test_a_function_of_a_batch_predicts_and_a_factory_takes_a_device() -> None:
    assert is_predictor(linear)
    assert not is_predictor(EdgeTpuAnalytical)
    assert not is_predictor(lambda device: None)


def test_the_function_says_the_latency_and_the_graph_the_memory(batch: OpGraphBatch) -> None:
    cost = FunctionLatencyModel(linear, "my-phone").predict(batch)
    np.testing.assert_array_equal(cost.latency_ms, 2.0 + batch.multiply_adds / 1e9)
    np.testing.assert_array_equal(
        cost.peak_memory_bytes, EdgeTpuAnalytical("tensor-g1").predict(batch).peak_memory_bytes
    )
    assert cost.source == "modelled"
    assert np.isnan(cost.latency_std_ms).all()


def test_utilization_is_known_where_the_device_has_a_profile(batch: OpGraphBatch) -> None:
    assert np.isnan(FunctionLatencyModel(linear, "my-phone").predict(batch).utilization).all()
    known, analytical = (
        FunctionLatencyModel(linear, "tensor-g1").predict(batch),
        EdgeTpuAnalytical("tensor-g1").predict(batch),
    )
    np.testing.assert_allclose(known.utilization * known.latency_ms, analytical.utilization * analytical.latency_ms)


def test_functions_and_devices_have_fingerprints_of_their_own() -> None:
    prints = [FunctionLatencyModel(f, device).fingerprint() for f in (linear, halved) for device in ("a", "b", "a")]
    assert len(set(prints)) == 4
