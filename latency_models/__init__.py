"""Latency, utilization and memory of architectures on a device: predicted, or measured on this machine."""

from latency_models.accuracy import Accuracy, accuracy_of
from latency_models.analytical import Breakdown, EdgeTpuAnalytical
from latency_models.built_in import BUILT_IN, load
from latency_models.calibration import Calibration, calibrate
from latency_models.contract import CostEstimate, LatencyModel, Source
from latency_models.edgetpu_support import left_to_host, refusal
from latency_models.graph import Encoders, OpGraph, OpGraphBatch
from latency_models.learned import LearnedLatencyModel
from latency_models.measured import MeasuredTflite
from latency_models.measurements import Measurements
from latency_models.operations import PRECISIONS, OperationKind, Operations, Precision, check_precision
from latency_models.profile import DEVICES, ConstantTable, DeviceProfile
from latency_models.tflite_file import TfliteFile, TfliteOperation, TfliteTensor, read_tflite
from latency_models.timing import Measurement, measure_file
from latency_models.validation import Comparison, Validation, ValidationRow, validate

__all__ = [
    "BUILT_IN",
    "DEVICES",
    "PRECISIONS",
    "Accuracy",
    "Breakdown",
    "Calibration",
    "Comparison",
    "ConstantTable",
    "CostEstimate",
    "DeviceProfile",
    "EdgeTpuAnalytical",
    "Encoders",
    "LatencyModel",
    "LearnedLatencyModel",
    "MeasuredTflite",
    "Measurement",
    "Measurements",
    "OpGraph",
    "OpGraphBatch",
    "OperationKind",
    "Operations",
    "Precision",
    "Source",
    "TfliteFile",
    "TfliteOperation",
    "TfliteTensor",
    "Validation",
    "ValidationRow",
    "accuracy_of",
    "calibrate",
    "check_precision",
    "left_to_host",
    "load",
    "measure_file",
    "read_tflite",
    "refusal",
    "validate",
]
