"""How the analytical model holds against the published latencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from latency_models.analytical import EdgeTpuAnalytical
from latency_models.calibration import Calibration, calibrate
from latency_models.graph import OpGraphBatch
from latency_models.operations import PRECISIONS, Precision
from latency_models.profile import DeviceProfile
from latency_models.published import (
    BASELINE,
    SEQUENCE_LENGTH,
    TENSOR_G1,
    UTILIZATION_OVER_BASELINE,
    PublishedLatency,
)
from search_space import PUBLISHED

ORIGIN = "published latencies of MobileBERT models at an inferred sequence length of 384, one architecture a group"
"""Of the constants of `tensor-g1`."""


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


def calibrate_published(profile: DeviceProfile, rows: Sequence[PublishedLatency] = TENSOR_G1) -> Calibration:
    """The fit of a profile to published latencies, leaving out both precisions of an architecture together.

    The rows of the calibration are those of int8, then those of float. A peak does not bound the fitted rate: that of
    `tensor-g1` is the fitted rate itself.
    """
    unbounded = replace(profile, peak_multiply_adds_per_second=dict.fromkeys(PRECISIONS, math.inf))
    by_precision = [[row for row in rows if row.precision == precision] for precision in PRECISIONS]
    measured = [
        (_graphs([row.model for row in same], same[0].precision), [row.latency_ms for row in same])
        for same in by_precision
        if same
    ]
    return calibrate(unbounded, measured, ORIGIN, [row.model for same in by_precision for row in same])


def validate() -> Validation:
    """Compares `edgetpu-analytical` on `tensor-g1` with the seven published latencies."""
    model = EdgeTpuAnalytical("tensor-g1")
    calibration = calibrate_published(model.profile)
    rows = tuple(
        ValidationRow(
            row.model,
            row.precision,
            row.latency_ms,
            float(model.predict(_graphs([row.model], row.precision)).latency_ms[0]),
            float(held_out_ms),
        )
        for row, held_out_ms in zip(TENSOR_G1, calibration.held_out_ms, strict=True)
    )
    baseline, *utilization = model.predict(_graphs([BASELINE, *UTILIZATION_OVER_BASELINE], "int8")).utilization
    return Validation(
        rows,
        float(calibration.held_out_errors.mean()),
        float(calibration.held_out_errors.max()),
        {
            name: Comparison(float(value / baseline), published)
            for value, (name, published) in zip(utilization, UTILIZATION_OVER_BASELINE.items(), strict=True)
        },
    )


def _graphs(models: Sequence[str], precision: Precision) -> OpGraphBatch:
    return OpGraphBatch.from_architectures([PUBLISHED[name] for name in models], SEQUENCE_LENGTH, precision=precision)
