"""How the analytical model holds against the published latencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latency_models.analytical import EdgeTpuAnalytical, analytical_features
from latency_models.contract import CostEstimate
from latency_models.fitting import held_out
from latency_models.graph import OpGraphBatch
from latency_models.operations import Precision
from latency_models.published import BASELINE, SEQUENCE_LENGTH, TENSOR_G1, UTILIZATION_OVER_BASELINE
from search_space import PUBLISHED


@dataclass(frozen=True)
class ValidationRow:
    """A published latency beside two predictions: by the profile's constants, which were fitted to this row too, and
    by constants fitted to the rows of other architectures alone."""

    model: str
    precision: Precision
    published_ms: float
    predicted_ms: float
    held_out_ms: float


@dataclass(frozen=True)
class Comparison:
    """A number as the model predicts it and as it was published."""

    predicted: float
    published: float


@dataclass(frozen=True)
class Validation:
    """What `paretobert latency validate` prints.

    Attributes:
        rows: one for each published latency.
        held_out_mean_error, held_out_largest_error: of `held_out_ms`, relative to `published_ms`, as fractions.
        utilization_over_baseline: by model, multiply-adds a millisecond at int8 over those of MobileBERT.
    """

    rows: tuple[ValidationRow, ...]
    held_out_mean_error: float
    held_out_largest_error: float
    utilization_over_baseline: dict[str, Comparison]


def validate() -> Validation:
    """Compares `edgetpu-analytical` on `tensor-g1` with the seven published latencies."""
    model = EdgeTpuAnalytical("tensor-g1")

    def predict(names: list[str], precision: Precision) -> CostEstimate:
        architectures = [PUBLISHED[name] for name in names]
        return model.predict(OpGraphBatch.from_architectures(architectures, SEQUENCE_LENGTH, precision=precision))

    rows = tuple(
        ValidationRow(
            row.model,
            row.precision,
            row.latency_ms,
            float(predict([row.model], row.precision).latency_ms[0]),
            float(held_out_ms),
        )
        for row, held_out_ms in zip(TENSOR_G1, held_out(analytical_features, TENSOR_G1), strict=True)
    )
    errors = np.array([abs(row.held_out_ms / row.published_ms - 1) for row in rows])
    baseline, *utilization = predict([BASELINE, *UTILIZATION_OVER_BASELINE], "int8").utilization
    return Validation(
        rows,
        float(errors.mean()),
        float(errors.max()),
        {
            name: Comparison(float(value / baseline), published)
            for value, (name, published) in zip(utilization, UTILIZATION_OVER_BASELINE.items(), strict=True)
        },
    )
