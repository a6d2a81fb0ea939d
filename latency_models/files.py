"""Files that are latency models: measurements to learn from, a model that was saved, a regression."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from latency_models.contract import LatencyModel
from latency_models.learned import LearnedLatencyModel
from latency_models.measurements import Measurements
from latency_models.regression_file import SUFFIXES as REGRESSION_SUFFIXES
from latency_models.regression_file import RegressionFile

MEASUREMENTS, SAVED = ".csv", ".safetensors"
SUFFIXES = (MEASUREMENTS, SAVED, *REGRESSION_SUFFIXES)


def maker_of(path: str) -> Callable[[str], LatencyModel] | None:
    """What makes the latency model of a file for a device; None if its name has none of `SUFFIXES`."""
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        return None

    def make(device: str) -> LatencyModel:
        if suffix == SAVED:
            return LearnedLatencyModel.load(path, device)
        if suffix == MEASUREMENTS:
            return LearnedLatencyModel.learn(Measurements.read(Path(path)), device=device)
        return RegressionFile(Path(path), device)

    return make
