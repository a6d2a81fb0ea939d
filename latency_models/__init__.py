"""Latency, utilization and memory of architectures on a device, predicted without running them."""

from latency_models.analytical import EdgeTpuAnalytical
from latency_models.built_in import BUILT_IN, load
from latency_models.contract import CostEstimate, LatencyModel, Source
from latency_models.graph import OpGraph, OpGraphBatch
from latency_models.learned import LatencyFeatures, LatencyRegressor, LearnedLatencyModel
from latency_models.operations import PRECISIONS, OperationKind, Operations, Precision, check_precision
from latency_models.profile import DEVICES, DeviceProfile
from latency_models.validation import Comparison, Validation, ValidationRow, validate

__all__ = [
    "BUILT_IN",
    "DEVICES",
    "PRECISIONS",
    "Comparison",
    "CostEstimate",
    "DeviceProfile",
    "EdgeTpuAnalytical",
    "LatencyFeatures",
    "LatencyModel",
    "LatencyRegressor",
    "LearnedLatencyModel",
    "OpGraph",
    "OpGraphBatch",
    "OperationKind",
    "Operations",
    "Precision",
    "Source",
    "Validation",
    "ValidationRow",
    "check_precision",
    "load",
    "validate",
]
