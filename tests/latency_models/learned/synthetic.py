"""Networks and a made-up device, whose latencies the tests of the learned model learn."""

from __future__ import annotations

import numpy as np

from latency_models import OpGraphBatch
from latency_models.contract import Floats
from latency_models.learned import LatencyFeatures
from search_space import MobileBertSpace


def additive_rows(number: int, seed: int) -> tuple[LatencyFeatures, Floats]:
    """Networks of three kinds of work that add up to their latency, but for a smooth bend of a few per cent."""
    rng = np.random.default_rng(seed)
    work = rng.integers(0, 12, (number, 3)).astype(np.float64)
    latency_ms = (2 + work @ [0.5, 1.0, 0.1]) * np.exp(0.05 * np.sin(work[:, 0] / 2))
    return LatencyFeatures(work, work, np.zeros((number, 0))), latency_ms


def two_mode_rows(number: int, seed: int) -> tuple[LatencyFeatures, Floats]:
    """The same with 20 ms more, but ten times as slow where more of the first work than of the second is there."""
    features, latency_ms = additive_rows(number, seed)
    return features, (20 + latency_ms) * np.where(features.work[:, 0] > features.work[:, 1], 10, 1)


def drawn(number: int, seed: int, sequence_length: int = 384) -> OpGraphBatch:
    """Encoders drawn from the space, int8."""
    space = MobileBertSpace()
    dimensions = space.dimensions(space.sample(np.random.default_rng(seed), number))
    return OpGraphBatch.from_architectures(dimensions, sequence_length)


def measured_ms(batch: OpGraphBatch) -> Floats:
    """A device of arrays 64 wide, a memory that streams and a cost of each operation: unlike the analytical model."""
    operations = batch.operations
    inner, columns = (-(-size // 64) * 64 for size in (operations.inner, operations.columns))
    compute = operations.batch * operations.rows * inner * columns * operations.repeats / 4e8
    memory = (operations.weight_bytes + 0.3 * operations.activation_bytes) * operations.repeats / 2e7
    total: Floats = batch.total(np.maximum(compute, memory) + 0.01 * operations.repeats) + 0.5
    return total
