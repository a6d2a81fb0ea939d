"""Published latencies of MobileBERT models on a device, as plain facts."""

from __future__ import annotations

from dataclasses import dataclass

from latency_models.operations import Precision


@dataclass(frozen=True)
class PublishedLatency:
    """One model's latency in milliseconds; `model` is a name in `search_space.PUBLISHED`."""

    model: str
    precision: Precision
    latency_ms: float


SEQUENCE_LENGTH = 384
"""Of the published latencies: not stated with them, but that of the SQuAD scores in the same table."""

TENSOR_G1: tuple[PublishedLatency, ...] = (
    PublishedLatency("mobilebert", "int8", 15.0),
    PublishedLatency("mobilebert-edgetpu-xs", "int8", 9.1),
    PublishedLatency("mobilebert-edgetpu-s", "int8", 12.8),
    PublishedLatency("mobilebert-edgetpu-m", "int8", 15.1),
    PublishedLatency("mobilebert-edgetpu-xs", "float", 15.4),
    PublishedLatency("mobilebert-edgetpu-s", "float", 21.8),
    PublishedLatency("mobilebert-edgetpu-m", "float", 24.8),
)
"""Edge TPU of the Tensor SoC of Pixel 6. Source: TensorFlow Model Garden, `official/projects/edgetpu`, NLP table."""

BASELINE = "mobilebert"

UTILIZATION_OVER_BASELINE: dict[str, float] = {
    "mobilebert-edgetpu-xs": 1.77,
    "mobilebert-edgetpu-s": 1.89,
    "mobilebert-edgetpu-m": 2.16,
}
"""Multiply-adds a millisecond at int8, over those of `BASELINE` ("up to 2x better hardware utilization")."""
